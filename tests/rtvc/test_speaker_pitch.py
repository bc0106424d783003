import numpy as np
import pytest
import soundfile

from rtvc.speaker_pitch import SpeakerPitch
from rtvc.speaker_scan import scan

HOP = 256 / 22050


def heard(values, known=None):
    pitch = SpeakerPitch(HOP, known)
    for value in values:
        pitch.hear(float(value))
    return np.exp(pitch.log_hz)


@pytest.mark.parametrize("hz", [80.0, 112.0, 160.0, 240.0, 400.0])
def test_it_finds_the_middle_of_any_voice(hz):
    random = np.random.default_rng(0)
    frames = np.log(hz) + 0.15 * random.standard_normal(400)
    assert heard(frames) == pytest.approx(hz, rel=0.02)


def test_octave_errors_do_not_move_it():
    frames = np.full(400, np.log(200.0))
    frames[::5] = np.log(100.0)
    assert heard(frames) == pytest.approx(200.0, rel=0.02)


def test_first_frames_do_not_swing_it():
    """Speech begins high: a few frames are no reason to take a man for a woman."""
    assert heard(np.log([150.0] * 10)) == pytest.approx(135.0, rel=0.15)


def test_known_speaker_is_believed_from_the_start_and_corrected_later():
    assert heard([], known=180.0) == pytest.approx(180.0)
    assert heard(np.full(20, np.log(240.0)), known=180.0) == pytest.approx(180.0, rel=0.02)
    assert heard(np.full(4000, np.log(240.0)), known=180.0) == pytest.approx(240.0, rel=0.02)


def test_it_follows_another_speaker():
    assert heard(np.log([110.0] * 1500 + [220.0] * 2000)) == pytest.approx(220.0, rel=0.03)


def test_what_was_heard_goes_on_but_not_against_what_was_asked_for():
    old = SpeakerPitch(HOP)
    for _ in range(400):
        old.hear(np.log(110.0))
    follows, asked = SpeakerPitch(HOP), SpeakerPitch(HOP, known_hz=180.0)
    follows.take_over(old)
    asked.take_over(old)
    assert np.exp(follows.log_hz) == pytest.approx(110.0, rel=0.02)
    assert np.exp(asked.log_hz) == pytest.approx(180.0)


def buzz(hz, seconds=2.0, rate=44100):
    time = np.arange(int(seconds * rate)) / rate
    wander = np.cumsum(hz * 2.0 ** (0.2 * np.sin(2 * np.pi * time)))
    return 0.05 * sum(np.sin(2 * np.pi * k * wander / rate) for k in range(1, 12)).astype(np.float32)


def test_scan_finds_the_pitch_of_a_recording(tmp_path):
    path = tmp_path / "gesprächig.wav"
    soundfile.write(path, buzz(140.0), 44100)
    speaker = scan(path)
    assert speaker.pitch_hz == pytest.approx(140.0, rel=0.03)
    assert speaker.rms == pytest.approx(np.sqrt(np.mean(buzz(140.0) ** 2)), rel=0.05)


def test_scan_of_noise_or_silence_says_nothing(tmp_path):
    path = tmp_path / "noise.wav"
    random = np.random.default_rng(0)
    for sound in (np.zeros(44100), 0.1 * random.standard_normal(44100)):
        soundfile.write(path, sound.astype(np.float32), 44100)
        assert scan(path) is None
