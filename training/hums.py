"""Singing that is made up, so that everything about it is known: glides, notes and hummed phrases."""

from dataclasses import dataclass

import numpy as np

from training.sound_measures import RATE

_FORMANTS = ((600.0, 90.0, 1.0), (1100.0, 110.0, 0.5), (2600.0, 160.0, 0.25))  # Hz, width, strength: an "ah"
_NOISE = 1e-3  # a quiet room
_REST_SECONDS = 0.4


@dataclass(frozen=True)
class Hum:
    sound: np.ndarray
    f0_hz: np.ndarray  # of each sample; 0 where nothing is sung


def voice(f0_hz: np.ndarray, loudness: np.ndarray, seed: int = 0) -> np.ndarray:
    """Partials under the formants of a vowel, of this pitch at each sample."""
    phase = 2.0 * np.pi * np.cumsum(f0_hz) / RATE
    sound = np.zeros(len(f0_hz))
    for k in range(1, int(8000.0 / f0_hz[f0_hz > 0.0].min()) + 1):
        hz = k * f0_hz
        strength = sum(s / (1.0 + ((hz - at) / width) ** 2) for at, width, s in _FORMANTS) + 0.05
        sound += np.sin(k * phase) * strength / k**0.7 * (hz < 8000.0)
    random = np.random.default_rng(seed)
    return (0.1 * loudness * sound + _NOISE * 0.1 * random.standard_normal(len(sound))).astype(np.float32)


def _sung(f0_hz: np.ndarray, loudness: np.ndarray) -> Hum:
    """With a rest before and after, and edges as soft as a mouth's."""
    rest = int(_REST_SECONDS * RATE)
    edge = np.minimum(1.0, np.minimum(np.arange(len(f0_hz)), np.arange(len(f0_hz))[::-1]) / (0.01 * RATE))
    pitch = np.pad(f0_hz, rest, mode="edge")
    sound = voice(pitch, np.pad(loudness * edge, rest))
    return Hum(sound, np.pad(f0_hz, rest))


def glide(low_hz: float, high_hz: float, seconds: float, vibrato_cents: float = 0.0) -> Hum:
    time = np.arange(int(seconds * RATE)) / RATE
    pitch = low_hz * (high_hz / low_hz) ** (time / seconds)
    pitch *= 2.0 ** (vibrato_cents / 1200.0 * np.sin(2.0 * np.pi * 5.5 * time))
    return _sung(pitch, np.ones(len(time)))


def note(hz: float, seconds: float) -> Hum:
    """Steady, and of a sudden."""
    count = int(seconds * RATE)
    return _sung(np.full(count, hz), np.ones(count))


def phrase(lowest_hz: float, seed: int, seconds: float = 6.0) -> Hum:
    """Notes of a scale within an octave and a half, scooped and swelling, with vibrato and breaths."""
    random = np.random.default_rng(seed)
    pitch, loudness = [], []
    steps = np.array([0, 2, 4, 5, 7, 9, 11, 12, 14, 16])
    while sum(map(len, pitch)) < seconds * RATE:
        time = np.arange(int(random.uniform(0.3, 0.9) * RATE)) / RATE
        semitones = float(random.choice(steps)) - 0.6 * np.exp(-time / 0.04)
        semitones = semitones + 0.3 * np.minimum(1.0, time / 0.4) * np.sin(2.0 * np.pi * 5.3 * time)
        pitch.append(lowest_hz * 2.0 ** (semitones / 12.0))
        swell = random.uniform(0.3, 1.0) * (0.5 + 0.5 * np.sin(np.pi * np.linspace(0.05, 0.95, len(time))))
        if random.random() < 0.25:  # a breath before the next
            swell[-int(0.12 * RATE) :] = 0.0
        loudness.append(swell)
    smooth = np.convolve(np.concatenate(loudness), np.hanning(441) / np.hanning(441).sum(), "same")
    return _sung(np.concatenate(pitch), smooth)
