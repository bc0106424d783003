import numpy as np
import pytest

from training import timbre_pitch
from training.timbre_pitch import pitch_figures, pitch_row


def test_a_row_counts_frames_off_octaves_and_what_was_not_heard():
    row = pitch_row("some", [np.array([1.0, -3.0, 60.0]), np.array([1195.0, np.nan])])
    assert (row["input"], row["frames"]) == ("some", 5)
    assert row["median error, cents"] == pytest.approx(31.5)
    assert row["off by more than 50, %"] == pytest.approx(50.0)
    assert row["octave errors, %"] == pytest.approx(25.0)
    assert row["not heard, %"] == pytest.approx(20.0)


def test_all_recordings_together_have_a_row_of_their_own(monkeypatch):
    monkeypatch.setattr(timbre_pitch, "made_up_errors", lambda hum, timbre, model: np.zeros(1))
    monkeypatch.setattr(timbre_pitch, "recorded_errors", lambda sound, timbre, model: sound)
    val = {"flute": [np.zeros(3)], "violin": [np.full(1, 1200.0)]}
    rows = {row["input"]: row for row in pitch_figures("timbre", ["flute"], val, [])}
    assert rows["violin, val clips"]["octave errors, %"] == pytest.approx(100.0)
    assert rows["all val clips"]["octave errors, %"] == pytest.approx(25.0)
