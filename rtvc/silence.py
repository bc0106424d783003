"""How far a frame of silence is held down, so that a model left alone with nothing does not whisper."""

import math

import numpy as np
from numpy.typing import NDArray

_SILENCE_LOG_ENERGY = math.log(10.0 ** (-72.0 / 20.0))  # below this a frame is silence
_SLOPE = 3.0


def attenuation(log_energy: NDArray[np.float32]) -> NDArray[np.float32]:
    """Natural log, 0 for frames with sound."""
    held_down: NDArray[np.float32] = np.maximum(_SILENCE_LOG_ENERGY - log_energy, 0.0) * _SLOPE
    return held_down.astype(np.float32)
