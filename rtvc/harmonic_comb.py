"""HarmonicComb: where the partials of a voice are, which bands as wide as ours no longer say."""

import numpy as np
from numpy.typing import NDArray

from rtvc.mel import MelSpec

_DEPTH = 0.9  # between partials a tenth is left: no voice is that regular
_TOP_HZ = 5000.0  # up there partials are blurred by the voice's own unsteadiness
_LOBE_BINS = 2.0  # half the width of a partial under the window
_LEAST_VOICED = 0.05

Real = NDArray[np.float32]


class HarmonicComb:
    """Keeps no state. `weights` are factors for a smooth spectrum, 1 on the partials."""

    def __init__(self, spec: MelSpec, n_bins: int) -> None:
        self._hz = np.arange(n_bins) * (spec.sample_rate / spec.n_fft)
        self._lobe_hz = _LOBE_BINS * spec.sample_rate / spec.n_fft
        self._depth = _DEPTH * np.sqrt(np.clip(1.0 - self._hz / _TOP_HZ, 0.0, 1.0))

    def weights(self, f0_hz: float, voiced: float) -> Real | None:
        """(n_bins,), or None for what has no pitch."""
        if not (voiced > _LEAST_VOICED and f0_hz > self._lobe_hz):
            return None
        partial = np.maximum(np.rint(self._hz / f0_hz), 1.0)
        away = np.clip(np.abs(self._hz - partial * f0_hz) / self._lobe_hz, 0.0, 1.0)
        between = 0.5 - 0.5 * np.cos(np.pi * away)
        comb: Real = (1.0 - min(voiced, 1.0) * self._depth * between).astype(np.float32)
        return comb
