import sys

import pytest

from export.cost import main, measure
from tests import tiny_models, tiny_windowed


def test_a_window_is_paid_for_by_the_frames_it_brings(tmp_path):
    windowed = measure(tiny_windowed.write(tmp_path / "w.onnx"), calls=20)
    stateful = measure(tiny_models.write(tmp_path / "s.onnx"), calls=20)
    assert (windowed.frames_per_call, windowed.held_frames) == (4, tiny_windowed.WINDOW.hold)
    assert (stateful.frames_per_call, stateful.held_frames) == (1, 1)
    assert 0.0 < windowed.median_ms <= windowed.p99_ms
    assert windowed.share_of_real_time == pytest.approx(windowed.median_ms / (4 * 256 / 22.050))


def test_the_table_names_every_file(tmp_path, monkeypatch, capsys):
    path = tiny_windowed.write(tmp_path / "w.onnx")
    monkeypatch.setattr(sys, "argv", ["cost", str(path)])
    monkeypatch.setenv("COLUMNS", "150")
    assert main() == 0
    told = capsys.readouterr().out
    assert "tiny" in told and "windowed" in told
