"""Pitch for a model that wants one everywhere: what was last heard clearly is held through the unvoiced."""

import numpy as np
from numpy.typing import NDArray

_CLEARLY_VOICED = 0.75  # periodicity from which YIN's candidate is taken as the pitch
_RAMP = (0.55, 0.85)  # periodicity over which voicing goes from 0 to 1
_START_HZ = 150.0  # between men and women; used until the first voiced frame


class PitchHold:
    """f0 candidates and periodicity in; held log f0 and soft voicing out. Causal, one value of memory."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._held = float(np.log(_START_HZ))

    def take_over(self, other: "PitchHold") -> None:
        """Go on with what another one holds."""
        self._held = other._held

    def process(
        self, f0_hz: NDArray[np.float32], periodicity: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        log_f0 = np.empty_like(f0_hz)
        clear = periodicity >= _CLEARLY_VOICED
        for index, value in enumerate(np.log(f0_hz).tolist()):
            if clear[index]:
                self._held = value
            log_f0[index] = self._held
        low, high = _RAMP
        return log_f0, np.clip((periodicity - low) / (high - low), 0.0, 1.0)
