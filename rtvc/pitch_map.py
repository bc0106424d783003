"""Moves the speaker's pitch to the target's: the source's mean is tracked live, the melody is kept."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_MEMORY_SECONDS = 15.0  # of voiced speech
_PRIOR_LOG_HZ = math.log(155.0)  # between men and women
_PRIOR_FRAMES = 8.0  # how many frames the prior counts for: it fades within a syllable
_VOICED_FROM = 0.5


@dataclass
class MeanState:
    total: float
    weight: float


def initial_state() -> MeanState:
    return MeanState(_PRIOR_LOG_HZ * _PRIOR_FRAMES, _PRIOR_FRAMES)


class PitchMap:
    """Log f0 of the source to log f0 of the target, frame by frame."""

    def __init__(self, target_mean_log_f0: float, hop_seconds: float) -> None:
        self.target = target_mean_log_f0
        self._decay = math.exp(-hop_seconds / _MEMORY_SECONDS)
        self.reset()

    def reset(self) -> None:
        self._state = initial_state()

    def process(self, log_f0: NDArray[np.float32], voiced: NDArray[np.float32]) -> NDArray[np.float32]:
        mapped = np.empty_like(log_f0)
        state = self._state
        for index, (value, voicing) in enumerate(zip(log_f0.tolist(), voiced.tolist(), strict=True)):
            if voicing > _VOICED_FROM:
                state.total = self._decay * state.total + value
                state.weight = self._decay * state.weight + 1.0
            mapped[index] = value - state.total / state.weight + self.target
        return mapped
