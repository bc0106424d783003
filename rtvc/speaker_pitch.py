"""SpeakerPitch: the middle of the pitch somebody speaks at, as a running median of what was heard.

A median, since creak and octave errors would pull a mean about; a slowly fading histogram of log f0
gives it frame by frame. Until enough was heard it leans on what is known of voices in general, or on
what was known of this speaker before.
"""

import math

import numpy as np
from numpy.typing import NDArray

_MEMORY_SECONDS = 15.0  # of voiced speech
_RANGE_HZ = (60.0, 1100.0)
_BIN = math.log(2.0) / 48.0  # a quarter of a semitone
_TYPICAL_HZ = (112.0, 200.0)  # where men and women mostly speak
_SPREAD_BETWEEN = 0.15  # of speakers of one group about that
_SPREAD_WITHIN = 0.2  # of one speaker's frames
_FRAMES_PER_NEWS = 20.0  # neighbouring frames repeat each other: so many count as one observation
_TYPICAL_FRAMES = 35.0  # how many frames the group's pitch counts for at first
_ENOUGH_FRAMES = 300.0  # from which on it counts for nothing

Histogram = NDArray[np.float64]


class SpeakerPitch:
    """Feed it voiced frames; `log_hz` is the best guess so far."""

    def __init__(self, hop_seconds: float, known_hz: float | None = None) -> None:
        self._keep = math.exp(-hop_seconds / _MEMORY_SECONDS)
        self._bins = np.arange(math.log(_RANGE_HZ[0]), math.log(_RANGE_HZ[1]), _BIN)
        self._groups = np.log(_TYPICAL_HZ)
        self._priors = np.stack([self._bell(centre) for centre in self._groups]) * _TYPICAL_FRAMES
        self.known_hz = known_hz  # takes effect with the next `reset`, as does the next
        self.certainty = 1.0  # of that, 0..1
        self._memory_frames = _MEMORY_SECONDS / hop_seconds
        self.reset()

    def reset(self) -> None:
        self._heard = np.zeros(len(self._bins))
        self.log_hz = float(self._groups.mean())
        if self.known_hz is not None:
            self.log_hz = math.log(self.known_hz)
            self._heard += self.certainty * self._memory_frames * self._bell(self.log_hz)

    @property
    def is_known(self) -> bool:
        """Whether enough was heard to tell others."""
        return bool(self._heard.sum() >= _ENOUGH_FRAMES)

    def hear(self, log_f0: float) -> None:
        place = round((log_f0 - self._bins[0]) / _BIN)
        self._heard *= self._keep
        self._heard[min(max(place, 0), len(self._bins) - 1)] += 1.0
        self.log_hz = self._median(self._heard + self._prior())

    def take_over(self, other: "SpeakerPitch") -> None:
        """Go on with what another one has heard, unless another pitch was asked for than there."""
        if self.known_hz in (None, other.known_hz):
            self._heard, self.log_hz = other._heard.copy(), other.log_hz

    def _prior(self) -> Histogram:
        """The group of voices that what was heard fits, or both as far as it fits both."""
        frames = float(self._heard.sum())
        if frames >= _ENOUGH_FRAMES:
            return np.zeros(1)
        spread = _SPREAD_BETWEEN**2 + _SPREAD_WITHIN**2 * _FRAMES_PER_NEWS / frames
        distance = (self._median(self._heard) - self._groups) ** 2 / (2.0 * spread)
        fits = np.exp(distance.min() - distance)
        prior: Histogram = (1.0 - frames / _ENOUGH_FRAMES) * (fits / fits.sum()) @ self._priors
        return prior

    def _median(self, counts: Histogram) -> float:
        below = np.cumsum(counts)
        return float(np.interp(below[-1] / 2.0, below, self._bins))

    def _bell(self, centre: float) -> Histogram:
        shape = np.exp(-0.5 * ((self._bins - centre) / _SPREAD_BETWEEN) ** 2)
        bell: Histogram = shape / shape.sum()
        return bell
