"""What is heard where sound breaks off and where it begins again."""

import numpy as np
import pytest

from rtvc.fades import EdgeFader
from rtvc.gap_quality import as_played, with_holes
from rtvc.stage import Audio

RATE = 48000
SILENT_AFTER = round(0.020 * RATE)


def voice(pitch_hz: float, seconds: float = 0.5) -> Audio:
    """Thirty harmonics, the higher the softer, with a pitch that moves by a semitone in that time."""
    time = np.arange(round(seconds * RATE)) / RATE
    phase = 2 * np.pi * pitch_hz * (time + 0.06 * time * time)
    return sum(0.3 / k * np.sin(k * phase + k * k) for k in range(1, 31)).astype(np.float32)


@pytest.mark.parametrize("pitch_hz", [70.0, 110.0, 213.0, 480.0])
@pytest.mark.parametrize("gap", [28, 96, 160])
def test_a_short_gap_in_a_voice_is_nearly_what_would_have_been_there(pitch_hz: float, gap: int) -> None:
    sound = voice(pitch_hz, 0.4)
    at = int(np.flatnonzero(with_holes(sound, gap) != sound)[0])
    around = slice(at, at + gap + round(0.005 * RATE))
    heard = as_played(sound, gap)
    wrong = np.mean((heard - sound)[around] ** 2) / np.mean(sound[around] ** 2)
    assert 10 * np.log10(wrong) < -10
    assert np.array_equal(heard[around.stop :], sound[around.stop :])


@pytest.mark.parametrize("pitch_hz", [70.0, 213.0, 480.0])
def test_sound_that_ends_sinks_without_a_step_and_is_silent_soon(pitch_hz: float) -> None:
    sound = voice(pitch_hz)
    fader, after = EdgeFader(RATE), np.ones(1000, np.float32)
    fader.shape(sound, 0, len(sound))
    fader.shape(after, 0, 0)
    assert np.abs(after[: SILENT_AFTER // 2]).max() > 0.1, "a hole would be heard"
    assert not after[SILENT_AFTER:].any()
    steps = np.abs(np.diff(np.concatenate([sound[-500:], after])))
    assert steps[499:].max() <= 1.3 * steps[:499].max()


def test_noise_does_not_step_either() -> None:
    noise = np.random.default_rng(3).normal(0, 0.1, 5000).astype(np.float32)
    fader, after = EdgeFader(RATE), np.ones(1000, np.float32)
    fader.shape(noise, 0, len(noise))
    fader.shape(after, 0, 0)
    steps = np.abs(np.diff(np.concatenate([noise[-500:], after])))
    assert steps[499:].max() <= 1.3 * steps[:499].max()
    assert not after[SILENT_AFTER:].any()


def test_before_any_sound_and_after_silence_there_is_silence() -> None:
    fader = EdgeFader(RATE)
    for has_sound in (False, True, False, False):
        block = np.zeros(480, np.float32)
        fader.shape(block, 0, len(block) if has_sound else 0)
        assert not block.any()


def test_the_size_of_blocks_is_not_heard() -> None:
    sound = voice(150.0)
    small, large = EdgeFader(RATE), EdgeFader(RATE)
    end = 9600
    expected = sound[: end + 960].copy()
    large.shape(expected, 0, end)
    pieces = expected.copy()
    pieces[:end] = sound[:end]
    for start in range(0, len(pieces), 48):
        small.shape(pieces[start : start + 48], 0, 48 if start < end else 0)
    assert np.array_equal(pieces, expected)


def test_sound_that_comes_back_rises_from_what_is_heard() -> None:
    """Interrupted again while it rises, too."""
    sound = voice(140.0)
    heard, fader = sound.copy(), EdgeFader(RATE)
    for start in range(0, len(heard), 96):
        piece = heard[start : start + 96]
        is_there = not 9600 <= start < 12000 or start // 96 % 2 == 0
        fader.shape(piece, 0, len(piece) if is_there else 0)
    assert np.abs(np.diff(heard[480:])).max() <= 1.3 * np.abs(np.diff(sound)).max()
