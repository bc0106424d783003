import math

import numpy as np
import pytest

from rtvc.errors import UsageError
from rtvc.intonation import SEMITONE, Intonation, Tuning
from rtvc.scales import scale_named, semitones_of

HOP_SECONDS = 256 / 22050


def sung(log_f0, tuning):
    intonation = Intonation(HOP_SECONDS, tuning)
    return np.array([intonation.step(float(x), index == 0) for index, x in enumerate(log_f0)])


def note(midi, frames=200):
    return np.full(frames, math.log(440.0) + (midi - 69) * SEMITONE)


def vibrato(frames=400, cents=50.0):
    return cents / 100.0 * SEMITONE * np.sin(2 * np.pi * 5.0 * HOP_SECONDS * np.arange(frames))


def test_scales_by_name():
    assert scale_named("C-major").notes == (0, 2, 4, 5, 7, 9, 11)
    assert scale_named("f#-Minor").notes == scale_named("Gb-minor").notes == scale_named("A-major").notes
    assert scale_named("Bb-major").notes == (0, 2, 3, 5, 7, 9, 10)
    assert scale_named("C-major").nearest(61.2) == 62
    assert scale_named("C-major").nearest(60.8) == 60
    assert semitones_of(math.log(880.0)) == pytest.approx(81.0)


@pytest.mark.parametrize("name", ["", "H-major", "C", "C-", "C-majorr", "C##-major", "major"])
def test_what_is_no_scale_is_told_what_is(name):
    with pytest.raises(UsageError, match="C-major or F#-minor"):
        scale_named(name)


def test_left_alone_it_changes_nothing():
    melody = note(60.3, 400) + vibrato()
    np.testing.assert_allclose(sung(melody, Tuning()), melody, atol=1e-9)


def test_transposed_by_semitones():
    np.testing.assert_allclose(sung(note(60.3), Tuning(transpose_semitones=7)), note(67.3), atol=1e-9)


@pytest.mark.parametrize("strength, reached", [(1.0, 60.0), (0.5, 60.2), (0.0, 60.4)])
def test_brought_to_the_nearest_note_by_strength(strength, reached):
    found = sung(note(60.4), Tuning(scale="C-major", strength=strength))
    np.testing.assert_allclose(found[50:], note(reached)[50:], atol=1e-3 * SEMITONE)


def test_between_two_notes_it_does_not_flutter():
    wobble = 0.1 * SEMITONE * np.sin(np.arange(400))
    found = sung(note(61.0, 400) + wobble, Tuning(scale="C-major", vibrato=0.0))
    assert np.ptp(found[100:]) < 0.2 * SEMITONE


def test_glide_sets_how_long_the_way_to_the_next_note_takes():
    melody = np.concatenate([note(60.0), note(61.9)])
    slow = sung(melody, Tuning(scale="C-major", glide_seconds=0.3))
    fast = sung(melody, Tuning(scale="C-major", glide_seconds=0.0))
    assert abs(fast[215] - slow[215]) > 0.01 * SEMITONE
    np.testing.assert_allclose([slow[-1], fast[-1]], note(62.0)[-1], atol=0.02 * SEMITONE)


def test_vibrato_is_taken_out_and_put_in():
    melody = note(60.0, 400) + vibrato()
    assert np.ptp(sung(melody, Tuning(vibrato=0.0))[100:]) < 0.4 * np.ptp(melody)
    added = sung(note(60.0, 400), Tuning(added_vibrato_cents=40.0))
    assert np.ptp(added[100:]) == pytest.approx(0.8 * SEMITONE, rel=0.02)
    assert np.abs(added[:3] - note(60.0, 3)).max() < 0.1 * SEMITONE
