import librosa
import numpy as np
import pytest

from rtvc.pitch import MUSIC, SPEECH, PitchRange, yin

RATE = 22050


def tone(f0_hz, harmonics=1, seconds=0.5):
    time = np.arange(int(RATE * seconds)) / RATE
    partials = [k for k in range(1, harmonics + 1) if k * f0_hz < 10000]
    return sum(np.sin(2 * np.pi * k * f0_hz * time + k * k) / k for k in partials).astype(np.float32)


def frames_of(audio):
    return np.lib.stride_tricks.sliding_window_view(audio, 1024)[::256]


def cents(found, truth):
    return 1200 * np.abs(np.log2(found / truth))


@pytest.mark.parametrize("harmonics", [1, 20])
@pytest.mark.parametrize("f0_hz", [60.0, 62.0, 80.0, 113.0, 233.0, 440.0, 700.0, 1000.0, 1090.0])
def test_steady_speech_tones_within_two_cents(f0_hz, harmonics):
    f0, voiced = yin(frames_of(tone(f0_hz, harmonics)), RATE, SPEECH)
    assert cents(f0, f0_hz).max() < 2.0
    assert voiced.min() > 0.9


@pytest.mark.parametrize("f0_hz", [1200.0, 1500.0, 2000.0, 2390.0])
def test_high_notes_within_two_cents(f0_hz):
    f0, voiced = yin(frames_of(tone(f0_hz, 3)), RATE, MUSIC)
    assert cents(f0, f0_hz).max() < 2.0
    assert voiced.min() > 0.9


@pytest.mark.parametrize("f0_hz", [200.0, 263.0])
def test_a_low_note_whose_even_harmonics_are_the_strong_ones_is_no_octave_higher(f0_hz):
    time = np.arange(RATE // 2) / RATE
    strength = [1.0 if k % 2 == 0 else 0.14 for k in range(1, 20)]
    sound = sum(s * np.sin(2 * np.pi * k * f0_hz * time) / k for k, s in enumerate(strength, 1))
    frames = frames_of(sound.astype(np.float32))
    assert cents(yin(frames, RATE, PitchRange(60.0, 2400.0))[0], 2 * f0_hz).max() < 5.0
    assert cents(yin(frames, RATE, MUSIC)[0], f0_hz).max() < 5.0


@pytest.mark.parametrize("f0_hz", [300.0, 1234.0, 2200.0])
def test_a_note_in_noise_is_no_octave_lower(f0_hz):
    noise = 0.1 * np.random.default_rng(0).standard_normal(RATE // 2).astype(np.float32)
    f0, _ = yin(frames_of(tone(f0_hz, 8) + noise), RATE, MUSIC)
    assert cents(f0, f0_hz).max() < 50.0


def test_glide_is_followed_at_the_middle_of_the_frame():
    time = np.arange(RATE) / RATE
    instantaneous = 150.0 * 2.0**time  # an octave in a second
    audio = np.sin(2 * np.pi * np.cumsum(instantaneous) / RATE).astype(np.float32)
    f0, _ = yin(frames_of(audio), RATE)
    middle = instantaneous[512 : 512 + 256 * len(f0) : 256][: len(f0)]
    assert np.median(cents(f0, middle)) < 15.0
    assert cents(f0, middle).max() < 50.0


def test_agrees_with_librosa_where_the_sound_is_clear():
    audio = tone(180.0, 12) + 0.01 * np.random.default_rng(0).standard_normal(RATE // 2).astype(np.float32)
    ours, _ = yin(frames_of(audio), RATE)
    theirs = librosa.yin(audio, fmin=60, fmax=1100, sr=RATE, frame_length=1024, hop_length=256, center=False)
    assert np.median(cents(ours, theirs[: len(ours)])) < 5.0


def test_noise_and_silence_are_not_voiced():
    noise = np.random.default_rng(0).standard_normal(RATE).astype(np.float32)
    assert yin(frames_of(noise), RATE)[1].max() < 0.5
    silence = np.zeros((3, 1024), dtype=np.float32)
    f0, voiced = yin(silence, RATE)
    assert np.all(voiced == 0.0)
    assert np.all((f0 >= 60.0) & (f0 <= 1100.0))


def test_loudness_does_not_matter():
    audio = tone(210.0, 8)
    f0, voiced = yin(frames_of(audio), RATE)
    quiet_f0, quiet_voiced = yin(frames_of(audio * np.float32(1e-3)), RATE)
    np.testing.assert_allclose(quiet_f0, f0, rtol=1e-5)
    np.testing.assert_allclose(quiet_voiced, voiced, atol=1e-4)


def test_frames_do_not_influence_each_other():
    frames = frames_of(tone(300.0, 5))
    together, _ = yin(frames, RATE)
    alone = np.concatenate([yin(frames[i : i + 1], RATE)[0] for i in range(len(frames))])
    np.testing.assert_array_equal(together, alone)


def test_no_frames_give_no_pitch():
    for pitch_range in (SPEECH, MUSIC):
        f0, voiced = yin(np.zeros((0, 1024), dtype=np.float32), RATE, pitch_range)
        assert len(f0) == len(voiced) == 0


def test_frames_too_short_for_the_range_are_refused():
    with pytest.raises(ValueError, match="too short"):
        yin(np.zeros((1, 256), dtype=np.float32), RATE)
    with pytest.raises(ValueError, match="fmin < fmax"):
        PitchRange(500.0, 100.0)
