"""Every table has its rows; how large the numbers are, no test can say."""

import pytest

from rtvc import cost_growth
from rtvc.cost_growth import BLOCKS, by_block, by_jobs, by_length
from rtvc.settings import ChainSettings

BYPASS = ChainSettings(mode="bypass")


def shares(lines: list[tuple[str, ...]], column: int) -> list[float]:
    return [float(line[column]) for line in lines]


def test_blocks() -> None:
    head, *rows = by_block(BYPASS, 0.6)
    assert [int(row[0]) for row in rows] == list(BLOCKS) and len(head) == len(rows[0])
    assert all(0 <= share < 1 for share in shares(rows, 2))


def test_length() -> None:
    _, *rows = by_length(BYPASS, 0.5)
    assert [row[0] for row in rows] == ["0 s", "2 s", "8 s"]


def test_jobs() -> None:
    _, *rows = by_jobs(BYPASS, 0.2, 2)
    assert [row[0] for row in rows] == ["1", "2"] and rows[0][2] == "1.00"


def test_tables_are_markdown_and_nonsense_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert cost_growth.main(["length", "--seconds", "0.2", "--target", "p226"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == "|---|---|---|---|" and lines[2].startswith("| 0 s | ")
    assert cost_growth.main(["width"]) == 2
    assert "There is no part 'width'" in capsys.readouterr().err


def test_librosa_is_measured_beside_the_chain() -> None:
    pytest.importorskip("librosa")
    _, ours, its, ratio = cost_growth.beside_librosa(ChainSettings(mode="resynth"), 0.5)
    assert "our chain" in ours[0] and "librosa" in its[0] and float(ratio[1]) > 0
