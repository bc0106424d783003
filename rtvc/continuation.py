"""Continuation: how sound might have gone on where it breaks off. Knows no clock and no thread.

For some milliseconds a voice mostly does what it did one period before. So the period that fits best is
repeated; what is heard then is a voice, not a hole. The same trick hides packets that telephony loses.
"""

import numpy as np

from rtvc.stage import Audio

_SHORTEST_SECONDS, _LONGEST_SECONDS = 0.002, 0.015  # of a period; of a higher voice, several
_ALIKE_SECONDS = 0.003  # so much of the end is looked for in what was before


class Continuation:
    """Told of all sound as it passes; asked only where no more comes."""

    def __init__(self, rate: int) -> None:
        self._shortest, self._longest = round(_SHORTEST_SECONDS * rate), round(_LONGEST_SECONDS * rate)
        self._alike = round(_ALIKE_SECONDS * rate)
        self._past = np.zeros(self._longest + self._alike, np.float32)
        self._period = np.zeros(1, np.float32)
        self._given = 0

    def remember(self, sound: Audio) -> None:
        kept = len(self._past) - len(sound)
        if kept > 0:
            self._past[:kept] = self._past[-kept:]
        self._past[max(0, kept) :] = sound[-len(self._past) :]

    def begin(self) -> None:
        """From here on sound is missing."""
        count = self._best_period()
        gap = self._past[-1] - self._past[-1 - count]  # by as much the next repetition would begin too low
        self._period = self._past[-count:] + gap * np.linspace(1.0, 0.0, count, dtype=np.float32)
        self._given = 0

    def next(self, count: int) -> Audio:
        places = np.arange(self._given, self._given + count) % len(self._period)
        self._given += count
        return self._period[places]

    def _best_period(self) -> int:
        """How far back the end was heard before, as nearly as possible."""
        end, before = self._past[-self._alike :], self._past[: -self._shortest]
        likeness = np.correlate(before, end)  # [0] is the longest period
        energy = np.cumsum(np.square(before, dtype=np.float64))
        energy = np.append(energy[self._alike - 1], energy[self._alike :] - energy[: -self._alike])
        fit = likeness / np.sqrt(np.maximum(energy, 1e-9))
        return self._longest - int(np.argmax(fit))
