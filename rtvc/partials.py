"""Partials, what an instrument's sound is made of frame by frame, and how its noise is laid out in bands."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from rtvc.mel import hz_to_mel, mel_to_hz

Float = NDArray[np.float32]


@dataclass(frozen=True)
class Partials:
    """n consecutive frames, one per hop; each says what holds in the middle of its window."""

    f0_hz: Float  # (n,) always > 0
    tones: Float  # (n, harmonics) amplitude of each harmonic, the fundamental first
    noise: Float  # (n, bands) RMS of the noise in each band

    def __len__(self) -> int:
        return len(self.f0_hz)


@lru_cache(maxsize=8)
def band_centres(bands: int, sample_rate: int) -> NDArray[np.float64]:
    """In Hz, evenly spaced on the mel scale from 0 to half the rate, (bands,)."""
    top = hz_to_mel(np.array([sample_rate / 2.0]))[0]
    return mel_to_hz(np.linspace(0.0, top, bands))


@lru_cache(maxsize=8)
def band_shares(bands: int, n_bins: int, sample_rate: int) -> Float:
    """How the power of each band is spread over the bins of a spectrum, (bands, n_bins), rows add up to 1.

    Triangles from centre to centre: bands of one density give a flat spectrum.
    """
    hz = np.linspace(0.0, sample_rate / 2.0, n_bins)
    centres = band_centres(bands, sample_rate)
    place = np.interp(hz, centres, np.arange(bands))
    rising = np.maximum(0.0, 1.0 - np.abs(place[None, :] - np.arange(bands)[:, None]))
    shares: Float = (rising / rising.sum(axis=1, keepdims=True)).astype(np.float32)
    shares.setflags(write=False)  # cached and shared
    return shares
