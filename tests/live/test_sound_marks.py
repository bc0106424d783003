"""What the live tests measure sound with, tried on sound that was damaged on purpose."""

import numpy as np
import pytest

from tests.live.delay import delay_ms
from tests.live.sound_marks import delay_and_likeness, noise_bursts, peak_above
from tests.live.virtual_card import RATE

LATE = round(0.04 * RATE)


def heard_and_said(sound):
    """As two recordings of one clock, the second later."""
    quiet = np.zeros(round(0.3 * RATE), np.float32)
    return np.concatenate([quiet, sound, quiet]), np.concatenate(
        [np.zeros(LATE, np.float32), quiet, sound, quiet]
    )


def test_sound_that_is_only_late_is_the_same():
    heard, said = heard_and_said(noise_bursts(1.5))
    delay_ms, likeness = delay_and_likeness(heard, said[: len(heard)])
    assert delay_ms == pytest.approx(40.0, abs=0.05)
    assert likeness > 0.999


def test_a_slow_stretch_is_no_damage():
    sound = noise_bursts(1.5)
    stretched = np.interp(np.arange(0, len(sound), 1.003), np.arange(len(sound)), sound).astype(np.float32)
    heard, _ = heard_and_said(sound)
    _, said = heard_and_said(stretched)
    delay_ms, likeness = delay_and_likeness(heard, said[: len(heard)])
    assert delay_ms == pytest.approx(40.0 - 0.003 * 750, abs=1.0)
    assert likeness > 0.98


@pytest.mark.parametrize("gap_ms", [40, 100])
def test_a_gap_is_damage(gap_ms):
    heard, said = heard_and_said(noise_bursts(1.5))
    said[RATE : RATE + gap_ms * RATE // 1000] = 0.0
    assert delay_and_likeness(heard, said[: len(heard)])[1] < 0.985


@pytest.mark.parametrize("skip_ms", [1.5, 5, 11])
def test_a_skip_is_damage_however_short(skip_ms):
    heard, said = heard_and_said(noise_bursts(1.5))
    skipped = np.delete(said, slice(RATE, RATE + round(skip_ms * RATE / 1000)))
    assert delay_and_likeness(heard, skipped[: len(heard)])[1] < 0.95


def test_crackling_is_damage():
    heard, said = heard_and_said(noise_bursts(1.5))
    for start in range(RATE // 2, RATE + RATE // 2, RATE // 25):
        said[start : start + 96] = 0.0  # 2 ms, 25 times a second
    assert delay_and_likeness(heard, said[: len(heard)])[1] < 0.98


def test_of_one_clock_the_whole_sound_is_compared():
    heard, said = heard_and_said(noise_bursts(1.5, highest_hz=RATE / 2))
    assert delay_and_likeness(heard, said[: len(heard)])[1] > 0.999
    between = np.interp(np.arange(len(said)) - 0.5, np.arange(len(said)), said).astype(np.float32)
    assert delay_and_likeness(heard, between[: len(heard)])[1] < 0.9, "half a sample late, half of it dulled"


def test_another_sound_is_not_alike():
    heard, said = heard_and_said(noise_bursts(1.5))
    assert delay_and_likeness(heard, np.roll(said[::-1], 7)[: len(heard)])[1] < 0.6


def test_a_voice_in_another_is_found_by_how_it_swells():
    rng, late = np.random.default_rng(3), round(0.09 * RATE)
    swell = np.repeat(rng.uniform(0, 1, 20), RATE // 8).astype(np.float32)
    one, other = (swell * rng.standard_normal(len(swell)).astype(np.float32) for _ in range(2))
    said = np.concatenate([np.zeros(late, np.float32), other])[: len(one)]
    assert delay_ms(one, said) == pytest.approx(90.0, abs=2.0)


def low_tone(seconds):
    return 0.2 * np.sin(2 * np.pi * 200.0 / RATE * np.arange(round(seconds * RATE)))


def test_a_tone_that_breaks_off_does_not_click():
    for missing in range(0, 240, 30):  # wherever in its period
        assert peak_above(6000.0, low_tone(1.0)[: RATE - missing]) < 1e-4


@pytest.mark.parametrize("at", [RATE // 20, RATE // 2, RATE - RATE // 20])
def test_a_leap_and_a_lost_piece_click(at):
    leaping, skipping = low_tone(1.0), np.delete(low_tone(1.1), slice(at, at + 24))
    leaping[at + 60 :] *= 0.9
    assert peak_above(6000.0, leaping) > 0.005
    assert peak_above(6000.0, skipping) > 0.005
