"""FormantShift: makes a mouth sound longer or shorter, without touching the pitch."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from rtvc.frames import PitchedMels
from rtvc.mel import MelSpec, hz_to_mel, mel_to_hz

_CEPSTRA = 20  # of 80 bands: smooth enough to leave the harmonics of all but the highest voices alone

Float = NDArray[np.float32]


def cepstral_basis(n_mels: int, count: int) -> NDArray[np.float64]:
    """Orthonormal DCT-II, (n_mels, count): the envelope without the harmonics of the voice."""
    angle = np.pi / n_mels * (np.arange(n_mels) + 0.5)[:, None] * np.arange(count)[None, :]
    basis: NDArray[np.float64] = np.cos(angle) * np.sqrt(2.0 / n_mels)
    basis[:, 0] /= np.sqrt(2.0)
    return basis


def envelope_matrix(n_mels: int) -> NDArray[np.float64]:
    """Projects log-mels (n, n_mels) on their smooth part: x @ matrix."""
    basis = cepstral_basis(n_mels, _CEPSTRA)
    projection: NDArray[np.float64] = basis @ basis.T
    return projection


def warp_matrix(spec: MelSpec, factor: float) -> NDArray[np.float64]:
    """Moves what was at f to f * factor: x @ matrix. Beyond the last band the last one is repeated."""
    low, high = hz_to_mel(np.array([spec.fmin, spec.fmax]))
    centres = np.linspace(low, high, spec.n_mels + 2)[1:-1]
    wanted = hz_to_mel(mel_to_hz(centres) / factor)
    place = np.clip((wanted - centres[0]) / (centres[1] - centres[0]), 0.0, spec.n_mels - 1.0)
    below = np.minimum(place.astype(int), spec.n_mels - 2)
    matrix = np.zeros((spec.n_mels, spec.n_mels))
    bands = np.arange(spec.n_mels)
    matrix[below, bands] = 1.0 - (place - below)
    matrix[below + 1, bands] += place - below
    return matrix


class FormantShift:
    """Stage: mels to mels whose envelope is stretched; the fine structure stays where it was."""

    latency_samples = 0.0

    def __init__(self, spec: MelSpec, semitones: float) -> None:
        self.spec = spec
        envelope = envelope_matrix(spec.n_mels)
        moved = envelope @ warp_matrix(spec, 2.0 ** (semitones / 12.0))
        self._change = (moved - envelope).astype(np.float32)

    @property
    def output_rate(self) -> int:
        return self.spec.sample_rate

    def process(self, mels: PitchedMels) -> PitchedMels:
        # Row by row: a product of more rows rounds differently, and block sizes must not be heard.
        rows = [np.maximum(row + row @ self._change, self.spec.log_floor) for row in mels.log_mel]
        return replace(mels, log_mel=np.array(rows, dtype=np.float32).reshape(-1, self.spec.n_mels))

    def reset(self) -> None:
        pass
