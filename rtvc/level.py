"""The running level of the speech coming in, so that a quiet mic and a loud one meet the same model."""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

NOMINAL_RMS = 0.05  # -26 dBFS: the level of speech every model is trained at
HANN_RMS = math.sqrt(3.0 / 8.0)  # what the analysis window takes from a steady signal
_MEMORY_SECONDS = 2.0
_ACTIVE_RANGE_DB = 20.0  # a frame this far below the level is a pause and does not count
_KNOWN_FOR = 3.0  # times the memory: how much a level known beforehand counts for
_QUIETEST_DB = -70.0  # below this nothing is speech
_RELEASE_DB_PER_SECOND = 1.0  # how fast a level nobody reaches any more is let go


def log_energy_at(rms: float) -> float:
    """What Frames.log_energy is for a steady signal of this RMS."""
    return math.log(rms * HANN_RMS)


@dataclass
class LevelState:
    power: float  # weighted sum over active frames
    weight: float


def initial_state(known_rms: float | None, frames: float) -> LevelState:
    """Nothing heard yet, or as if the known level had been heard for some frames."""
    if known_rms is None:
        return LevelState(0.0, 0.0)
    return LevelState(frames * math.exp(2.0 * log_energy_at(known_rms)), frames)


class LevelTracker:
    """Frame energies in, the gain (natural log) that brings speech to the nominal level out."""

    def __init__(self, hop_seconds: float, nominal_rms: float = NOMINAL_RMS) -> None:
        self._decay = math.exp(-hop_seconds / _MEMORY_SECONDS)
        self._release = 10.0 ** (-_RELEASE_DB_PER_SECOND * hop_seconds / 10.0)
        self._active_share = 10.0 ** (-_ACTIVE_RANGE_DB / 10.0)
        self._quietest = 10.0 ** (_QUIETEST_DB / 10.0)
        self._nominal = math.exp(2.0 * log_energy_at(nominal_rms))
        self._memory_frames = _MEMORY_SECONDS / hop_seconds
        self.known_rms: float | None = None  # of this speaker's speech; takes effect with the next `reset`
        self.certainty = 1.0  # of that, 0..1
        self.reset()

    def reset(self) -> None:
        self._state = initial_state(self.known_rms, self.certainty * _KNOWN_FOR * self._memory_frames)

    @property
    def rms(self) -> float:
        """Of the speech heard so far; 0 before there was any."""
        state = self._state
        return math.sqrt(state.power / state.weight) / HANN_RMS if state.weight else 0.0

    def take_over(self, other: "LevelTracker") -> None:
        """Go on with what another one has heard."""
        self._state = replace(other._state)

    def process(self, log_energy: NDArray[np.float32]) -> NDArray[np.float32]:
        gains = [self._step(math.exp(2.0 * energy)) for energy in log_energy.tolist()]
        return np.array(gains, dtype=np.float32)

    def _step(self, power: float) -> float:
        state = self._state
        level = state.power / state.weight if state.weight else 0.0
        if power > max(level * self._active_share, self._quietest):
            state.power = self._decay * state.power + power
            state.weight = self._decay * state.weight + 1.0
        else:
            state.power *= self._release
        level = state.power / state.weight if state.weight else self._nominal
        return 0.5 * math.log(self._nominal / max(level, self._quietest))
