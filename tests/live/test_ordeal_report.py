"""What an ordeal calls wrong, and what it does not."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.live.ordeal import exceptions_in
from tests.live.ordeal_report import Report, Survived

WELL = Report(
    is_quiet=True,
    faults=[Survived("killed", 0.5, 80.0, 80.5), Survived("killed", 0.9, 80.0, 80.1)],
    commands=100,
    resident_mb=[200.0, 231.0, 232.0, 232.5],
    calm_seconds=600.0,
    measured_ms=[(81.0, 80.0), (79.0, 80.0)],
    ended_well=True,
)


def test_well_is_well_and_the_table_has_a_row_a_kind() -> None:
    assert WELL.wrong() == []
    assert "| killed | 2 | 0.70 s | 0.90 s | 80.0 ms | 80.3 ms |" in list(WELL.lines())


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"faults": [Survived("killed", None, 80.0, 80.0)]}, "no sound came back"),
        ({"exceptions": ["ValueError: x"]}, "In the program: ValueError: x"),
        ({"ended_well": False}, "good order"),
        ({"resident_mb": [200.0, 210.0, 220.0, 240.0]}, "Memory grew by 20 MB"),
    ],
)
def test_what_is_wrong_on_any_machine(change: dict[str, object], says: str) -> None:
    for is_quiet in (True, False):
        assert any(says in sentence for sentence in replace(WELL, is_quiet=is_quiet, **change).wrong())


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"faults": [Survived("killed", 4.0, 80.0, 80.0)]}, "took 4.00 s"),
        ({"faults": [Survived("killed", 0.4, 80.0, 90.0)]}, "is 90.0, not 80.0 ms"),
        ({"refused": ["There is no voice."]}, "Refused: There is no voice."),
        ({"lost_outside": 50}, "50 interruptions"),
        ({"measured_ms": [(95.0, 80.0)]}, "95.0 ms where 80.0 ms"),
    ],
)
def test_what_only_a_quiet_and_quick_machine_can_tell(change: dict[str, object], says: str) -> None:
    assert any(says in sentence for sentence in replace(WELL, **change).wrong())
    for excuse in ({"is_quiet": False}, {"load": 0.5}, {"held_up": [0.02] * 30}):
        unfit = replace(WELL, **excuse, **change)
        assert unfit.wrong() == []
        assert any("are not judged" in line for line in unfit.lines())


def test_tracebacks_are_found_by_their_last_line(tmp_path: Path) -> None:
    errors = tmp_path / "errors.txt"
    errors.write_text("ALSA lib says\nTraceback (most recent call last):\n  File x\nValueError: y\nmore\n")
    assert exceptions_in(errors) == ["ValueError: y"]
