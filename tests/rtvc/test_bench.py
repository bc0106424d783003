"""The bench adds up and declares what the chain declares; how fast a machine is, no test can say."""

import json

import pytest

from rtvc import bench, vocoder_quality
from rtvc.chain import build_chain
from rtvc.presets import PRESETS
from rtvc.settings import ChainSettings
from rtvc.vocoder_quality import Row, Scores

BYPASS = ["--mode", "bypass", "--seconds", "0.5", "--rate", "16000"]


def test_report(capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.main([*BYPASS, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    chain = build_chain(ChainSettings(mode="bypass"), 16_000, 16_000)
    speed = report["speed"]
    assert [cost["stage"] for cost in speed["stages"]] == [type(stage).__name__ for stage in chain.stages]
    assert speed["hop_ms"] == pytest.approx(11.6, abs=0.1)
    assert speed["block_ms"] == pytest.approx(4.0, abs=0.1)
    assert 0.4 < speed["seconds"] <= 0.5
    assert speed["whole"]["cpu_p99_ms"] >= speed["whole"]["cpu_median_ms"] > 0
    assert 0 < speed["cpu_factor"] <= speed["process_factor"]
    assert report["latency_ms"] == pytest.approx(dict.fromkeys(PRESETS, 1e3 * chain.latency_seconds))


def test_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.main(BYPASS) == 0
    said = capsys.readouterr().out
    assert "Resampler" in said and "balanced" in said


def test_vocoder_rows_are_shown(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    scores = Scores(3.5, 0.99, 0.97, -17.0)
    row = Row("lookahead 0", "mels", 46.4, 1.0, 5, 60.0, scores, Scores(0.7, 0.01, 0.03, -5.0), scores)
    monkeypatch.setattr(vocoder_quality, "compare", lambda *_: [row])
    assert bench.main([*BYPASS, "--speech", "speech"]) == 0
    said = capsys.readouterr().out
    assert "3.50" in said and "+0.70" in said and "0.9700" in said


def test_an_error_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.main(["--target", "nobody"]) == 4
    assert "nobody" in capsys.readouterr().err
