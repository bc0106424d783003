"""MelSpec, the audio front end as a value, and the mel filterbank it implies. No state lives here."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

# Slaney's mel scale: linear below 1 kHz, logarithmic above.
_HZ_PER_MEL = 200.0 / 3.0
_BREAK_HZ = 1000.0
_BREAK_MEL = _BREAK_HZ / _HZ_PER_MEL
_LOG_STEP = np.log(6.4) / 27.0


@dataclass(frozen=True)
class MelSpec:
    """Front end of a model: it travels with the model, nothing assumes one global rate."""

    sample_rate: int = 22050
    n_fft: int = 1024  # the window is as long as the transform
    hop: int = 256
    n_mels: int = 80
    fmin: float = 20.0
    fmax: float = 8000.0
    floor: float = 1e-5  # magnitude; log(floor) is the quietest value a mel can have

    def __post_init__(self) -> None:
        if self.sample_rate <= 0 or self.n_mels <= 0 or self.floor <= 0:
            raise ValueError(f"sample_rate, n_mels and floor must be positive: {self}")
        if self.n_fft <= 0 or self.hop <= 0 or self.n_fft % self.hop:
            raise ValueError(f"n_fft must be a positive multiple of hop: {self}")
        if not 0 <= self.fmin < self.fmax <= self.sample_rate / 2:
            raise ValueError(f"need 0 <= fmin < fmax <= sample_rate / 2: {self}")

    @property
    def n_bins(self) -> int:
        return self.n_fft // 2 + 1

    @property
    def overlap(self) -> int:
        """Frames that touch one sample."""
        return self.n_fft // self.hop

    @property
    def hop_seconds(self) -> float:
        return self.hop / self.sample_rate

    @property
    def log_floor(self) -> float:
        return float(np.log(self.floor))


def hz_to_mel(hz: NDArray[np.float64]) -> NDArray[np.float64]:
    hz = np.asarray(hz, dtype=np.float64)
    log_part = _BREAK_MEL + np.log(np.maximum(hz, _BREAK_HZ) / _BREAK_HZ) / _LOG_STEP
    return np.where(hz < _BREAK_HZ, hz / _HZ_PER_MEL, log_part)


def mel_to_hz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    mel = np.asarray(mel, dtype=np.float64)
    log_part = _BREAK_HZ * np.exp(_LOG_STEP * (np.maximum(mel, _BREAK_MEL) - _BREAK_MEL))
    return np.where(mel < _BREAK_MEL, mel * _HZ_PER_MEL, log_part)


@lru_cache(maxsize=16)
def filterbank(spec: MelSpec) -> NDArray[np.float32]:
    """Triangles of unit area, (n_mels, n_bins); the same numbers as librosa.filters.mel."""
    ends = hz_to_mel(np.array([spec.fmin, spec.fmax]))
    edges = mel_to_hz(np.linspace(ends[0], ends[1], spec.n_mels + 2))
    bins = np.linspace(0.0, spec.sample_rate / 2, spec.n_bins)
    widths = np.diff(edges)
    rising = (bins[None, :] - edges[:-2, None]) / widths[:-1, None]
    falling = (edges[2:, None] - bins[None, :]) / widths[1:, None]
    weights = np.maximum(0.0, np.minimum(rising, falling))
    weights *= (2.0 / (edges[2:] - edges[:-2]))[:, None]
    bank = weights.astype(np.float32)
    bank.setflags(write=False)  # cached and shared
    return bank


@lru_cache(maxsize=16)
def hann(length: int) -> NDArray[np.float32]:
    """Periodic Hann window."""
    window = 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(length) / length)
    result = window.astype(np.float32)
    result.setflags(write=False)
    return result


def log_mel(magnitude: NDArray[np.float32], spec: MelSpec) -> NDArray[np.float32]:
    """Magnitude spectra (frames, n_bins) to natural-log mels (frames, n_mels)."""
    mel = magnitude @ filterbank(spec).T
    result: NDArray[np.float32] = np.log(np.maximum(mel, spec.floor))
    return result
