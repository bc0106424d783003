"""MelComb, the stage that puts partials into mels which say where sound is, but not at which pitch."""

import numpy as np
from numpy.typing import NDArray

from rtvc.frames import PitchedMels
from rtvc.harmonic_comb import HarmonicComb
from rtvc.mel import MelSpec, filterbank

_LEAST_SHARE = 0.05  # of a band that lies between two partials: what is left of it


class MelComb:
    """A Stage. Low bands are narrower than the way from one partial to the next, so that they take its place.

    A network that never hears the pitch it is to speak at can but guess a smooth spectrum there, and smooth
    spectra are whispers. Frames without a pitch stay as they are.
    """

    latency_samples = 0.0

    def __init__(self, spec: MelSpec) -> None:
        self.output_rate = spec.sample_rate
        bank = filterbank(spec)
        self._shares = bank / bank.sum(axis=1, keepdims=True)
        self._comb = HarmonicComb(spec, spec.n_bins)
        self._floor = spec.log_floor

    def reset(self) -> None:
        pass  # it remembers nothing

    def process(self, mels: PitchedMels) -> PitchedMels:
        frames = zip(mels.log_mel, mels.f0_hz.tolist(), mels.voiced.tolist(), strict=True)
        combed = [self._combed(mel, f0_hz, voiced) for mel, f0_hz, voiced in frames]
        return PitchedMels(np.array(combed, np.float32).reshape(mels.log_mel.shape), mels.f0_hz, mels.voiced)

    def _combed(self, mel: NDArray[np.float32], f0_hz: float, voiced: float) -> NDArray[np.float32]:
        weights = self._comb.weights(f0_hz, voiced)
        if weights is None:
            return mel
        left: NDArray[np.float32] = mel + np.log(np.maximum(self._shares @ weights, _LEAST_SHARE))
        return np.maximum(left, self._floor)
