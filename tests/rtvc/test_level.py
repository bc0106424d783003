import numpy as np

from rtvc.level import NOMINAL_RMS, LevelTracker, log_energy_at

HOP = 256 / 22050


def speech(level_db, seconds=4.0):
    """Log energies of syllables and pauses around a level."""
    count = int(seconds / HOP)
    swing = np.where(np.arange(count) // 20 % 2 == 0, 0.0, -3.0)
    return (log_energy_at(10 ** (level_db / 20)) + swing).astype(np.float32)


def test_gain_brings_speech_to_the_nominal_level():
    gain = LevelTracker(HOP, nominal_rms=0.05).process(speech(-38.0))
    assert abs(gain[-1] * 8.686 - 12.0) < 1.5


def test_gain_follows_the_input_level_exactly():
    quiet = LevelTracker(HOP).process(speech(-38.0))
    loud = LevelTracker(HOP).process(speech(-14.0))
    np.testing.assert_allclose(quiet - loud, 24.0 / 8.686, atol=1e-3)


def test_pauses_do_not_raise_the_gain_much():
    tracker = LevelTracker(HOP)
    before = tracker.process(speech(-26.0))[-1]
    after = tracker.process(np.full(int(2.0 / HOP), log_energy_at(1e-3), np.float32))[-1]
    assert after - before < 3.0 / 8.686


def test_a_quieter_speaker_is_met_in_the_end():
    tracker = LevelTracker(HOP)
    tracker.process(speech(-10.0))
    gain = tracker.process(speech(-40.0, seconds=25.0))
    assert abs(gain[-1] * 8.686 - 14.0) < 2.0


def test_silence_alone_leaves_the_level_alone():
    gain = LevelTracker(HOP).process(np.full(100, -13.8, np.float32))
    assert np.all(gain == 0.0)


def test_reset_forgets():
    tracker = LevelTracker(HOP)
    first = tracker.process(speech(-20.0))
    tracker.process(speech(-50.0))
    tracker.reset()
    np.testing.assert_array_equal(tracker.process(speech(-20.0)), first)


def test_known_level_holds_from_the_first_frame():
    """Speech begins quietly; who is known is not taken for quiet."""
    tracker = LevelTracker(HOP)
    tracker.known_rms = 0.01
    tracker.reset()
    quiet_onset = np.full(5, log_energy_at(0.002), np.float32)
    gain = tracker.process(quiet_onset)
    np.testing.assert_allclose(gain, np.log(NOMINAL_RMS / 0.01), atol=0.1)
    loud = tracker.process(np.full(2000, log_energy_at(0.1), np.float32))
    assert abs(loud[-1] - np.log(NOMINAL_RMS / 0.1)) < 0.05, "a level that was wrong is found out"
