"""Noise reduction: less of what is always there, as good as nothing of a voice, no delay."""

import numpy as np
import pytest

from rtvc.analysis import Analysis
from rtvc.framer import Framer
from rtvc.frames import Frames, joined
from rtvc.mel import MelSpec
from rtvc.noise_reduction import NoiseReduction
from rtvc.stage import Audio

SPEC = MelSpec()
RATE = SPEC.sample_rate
DB = 20.0 / np.log(10.0)
RNG = np.random.default_rng(9)


def syllables(seconds: float) -> Audio:
    """A voice that pauses twice a second."""
    time = np.arange(round(seconds * RATE)) / RATE
    phase = 2 * np.pi * 140.0 * (time + 0.02 * np.sin(2 * np.pi * time))
    voice = sum(np.sin(k * phase) / k for k in range(1, 25))
    return (0.1 * voice * (np.sin(2 * np.pi * 2.0 * time) > 0)).astype(np.float32)


def analysed(sound: Audio) -> Frames:
    return Analysis(SPEC).process(Framer(SPEC).process(sound))


def noise(seconds: float, level: float) -> Audio:
    return (level * RNG.standard_normal(round(seconds * RATE))).astype(np.float32)


@pytest.mark.parametrize(("strength", "decibels"), [(1.0, 10.0), (0.5, 5.0)])
def test_noise_that_stays_is_turned_down_as_far_as_asked(strength: float, decibels: float) -> None:
    frames = analysed(noise(6.0, 0.01))
    less = NoiseReduction(SPEC, strength).process(frames)
    change = DB * (less.log_mel - frames.log_mel)[300:]
    assert change.mean() < -decibels and change.min() >= -18.01 * strength and change.max() <= 0.01
    assert DB * (less.log_energy - frames.log_energy)[300:].mean() < -0.8 * decibels
    assert np.array_equal(less.f0_hz, frames.f0_hz) and np.array_equal(less.voiced, frames.voiced)


def test_a_voice_in_noise_comes_closer_to_the_voice_alone() -> None:
    voice, hiss = syllables(8.0), noise(8.0, 0.01)
    alone, both = analysed(voice), analysed(voice + hiss)
    less = NoiseReduction(SPEC, 1.0).process(both)
    known = slice(200, None)
    floor = analysed(hiss).log_mel.mean() - 2.0  # what is far below the noise is not heard

    def distance(frames: Frames) -> float:
        difference = np.maximum(frames.log_mel, floor) - np.maximum(alone.log_mel, floor)
        return float(np.sqrt(np.mean(difference[known] ** 2)))

    assert distance(less) < 0.75 * distance(both)
    loud = alone.log_mel[known] > floor + 6.0
    assert abs((less.log_mel - alone.log_mel)[known][loud].mean()) * DB < 1.5, "the voice itself stays"


def test_a_voice_without_noise_is_left_alone() -> None:
    frames = analysed(syllables(6.0))
    less = NoiseReduction(SPEC, 1.0).process(frames)
    loud = frames.log_mel > -4.0
    assert np.abs((less.log_mel - frames.log_mel)[loud]).max() * DB < 1.0


def test_without_strength_nothing_is_touched_and_it_may_be_turned_on_at_any_time() -> None:
    frames, stage = analysed(noise(6.0, 0.01)), NoiseReduction(SPEC)
    assert stage.process(frames) is frames and stage.latency_samples == 0.0
    stage.strength = 1.0
    less = stage.process(frames)
    assert DB * (less.log_mel - frames.log_mel)[300:].mean() < -10.0


def test_chunks_and_resets_are_invisible() -> None:
    frames, stage = analysed(syllables(3.0) + noise(3.0, 0.01)), NoiseReduction(SPEC, 0.8)
    whole = stage.process(frames)
    stage.reset()
    fields = ("log_mel", "f0_hz", "voiced", "log_energy")
    parts = [
        stage.process(Frames(*(getattr(frames, field)[start : start + 7] for field in fields)))
        for start in range(0, len(frames), 7)
    ]
    for field in fields:
        assert np.array_equal(getattr(joined(parts), field), getattr(whole, field))


def test_silence_does_no_harm() -> None:
    frames = analysed(np.zeros(3 * RATE, np.float32))
    less = NoiseReduction(SPEC, 1.0).process(frames)
    assert np.array_equal(less.log_mel, frames.log_mel) and np.isfinite(less.log_energy).all()
