"""Edges that do not click: into silence, out of it, and across a cut. Knows no clock and no thread."""

import numpy as np

from rtvc.continuation import Continuation
from rtvc.ring import Ring
from rtvc.stage import Audio

FADE_SECONDS = 0.005
SINK_SECONDS = 0.020  # most gaps are shorter: where sound is late, it is by one to three milliseconds


def rising_ramp(length: int) -> Audio:
    """Half a cosine from just above 0 to just below 1; `1 - ramp` is its fall."""
    phase = (np.arange(length) + 0.5) / max(1, length)
    return (0.5 - 0.5 * np.cos(np.pi * phase)).astype(np.float32)


class EdgeFader:
    """Rounds off where sound begins and ends inside blocks that follow each other.

    Where sound ends nothing is left to fade: what would most likely have followed sinks to zero instead.
    """

    def __init__(self, rate: int) -> None:
        self._rise = rising_ramp(round(FADE_SECONDS * rate))
        self._fall = 1.0 - rising_ramp(round(SINK_SECONDS * rate))
        self._risen = 0  # how much of the rise has been applied since sound began
        self._fallen = len(self._fall)  # how much of the fall has been put out since sound ended
        self._continuation = Continuation(rate)
        self._is_sounding = False

    @property
    def is_settled(self) -> bool:
        """Whether sound would now pass unchanged."""
        return self._risen >= len(self._rise)

    def shape(self, block: Audio, start: int, stop: int) -> None:
        """Keep the sound in block[start:stop], put silence elsewhere, and round the edges."""
        if start > 0 or stop <= start:
            self._sink(block[: start if stop > start else len(block)])
        if stop > start:
            self._lift(block[start:stop])
            if stop < len(block):
                self._sink(block[stop:])

    def _lift(self, sound: Audio) -> None:
        rise = self._rise[self._risen : self._risen + len(sound)]
        if len(rise):
            self._risen += len(rise)
            sound[: len(rise)] *= rise
            sinking = self._sinking(len(rise))  # where the gap was shorter than the fall
            sound[: len(sinking)] += sinking * (1.0 - rise[: len(sinking)])
        self._is_sounding = True
        self._continuation.remember(sound)

    def _sink(self, gap: Audio) -> None:
        if self._is_sounding and len(gap):
            self._is_sounding = False
            self._fallen = self._risen = 0
            self._continuation.begin()
        sinking = self._sinking(len(gap))
        gap[: len(sinking)] = sinking
        gap[len(sinking) :] = 0.0
        self._continuation.remember(gap)

    def _sinking(self, count: int) -> Audio:
        """What is left of the fall, as far as it is wanted."""
        fall = self._fall[self._fallen : self._fallen + count]
        self._fallen += len(fall)
        return fall * self._continuation.next(len(fall))


def read_across_cut(ring: Ring, out: Audio, cut: int, rise: Audio, scratch: Audio) -> int:
    """Reader's thread. Throw `cut` samples away, read after them, and fade over from what was thrown.

    `scratch` is as long as `rise`. So is the fade, unless `out` is shorter: it has to end with the block,
    because the next one is new sound alone.
    """
    length = min(len(rise), len(out))
    length = ring.peek_into(scratch[:length])
    ring.skip(cut)
    count = ring.read_into(out)
    length = min(length, count)
    fade, old = rise if length == len(rise) else rising_ramp(length), scratch[:length]
    out[:length] -= old
    out[:length] *= fade
    out[:length] += old  # old + (new - old) * rise
    return count
