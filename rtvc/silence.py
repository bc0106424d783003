"""How far silence and pauses are held down, so that a model left alone with nothing does not whisper."""

import math

import numpy as np
from numpy.typing import NDArray

_SILENCE_LOG_ENERGY = math.log(10.0 ** (-72.0 / 20.0))  # below this a frame is silence
_SLOPE = 3.0
_PAUSE_BELOW = math.log(10.0 ** (-18.0 / 20.0))  # so far below the level of speech a pause begins,
_PAUSE_RANGE = math.log(10.0 ** (10.0 / 20.0))  # and so much farther down it is one for sure


def attenuation(log_energy: NDArray[np.float32]) -> NDArray[np.float32]:
    """Natural log, 0 for frames with sound."""
    held_down: NDArray[np.float32] = np.maximum(_SILENCE_LOG_ENERGY - log_energy, 0.0) * _SLOPE
    return held_down.astype(np.float32)


def without_excess(
    spoken: NDArray[np.float32], heard: NDArray[np.float32], relative_energy: float
) -> NDArray[np.float32]:
    """In a pause nothing may be louder than what was heard there, band by band.

    Args:
        spoken: mels (n_mels,) that were made of `heard`, both at the level of speech.
        relative_energy: of the frame heard, natural log, 0 at the level of speech.
    """
    share = min(max((_PAUSE_BELOW - relative_energy) / _PAUSE_RANGE, 0.0), 1.0)
    if not share:
        return spoken
    quieter: NDArray[np.float32] = spoken - np.float32(share) * np.maximum(spoken - heard, np.float32(0.0))
    return quieter
