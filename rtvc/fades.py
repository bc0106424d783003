"""Edges that do not click: into silence, out of it, and across a cut. Knows no clock and no thread."""

import numpy as np

from rtvc.ring import Ring
from rtvc.stage import Audio


def rising_ramp(length: int) -> Audio:
    """Half a cosine from just above 0 to just below 1; `1 - ramp` is its fall."""
    phase = (np.arange(length) + 0.5) / max(1, length)
    return (0.5 - 0.5 * np.cos(np.pi * phase)).astype(np.float32)


class EdgeFader:
    """Rounds off where sound begins and ends inside blocks that follow each other.

    Where sound ends there is nothing left to fade: the last value is held and let sink to zero instead.
    """

    def __init__(self, fade_samples: int) -> None:
        self._rise = rising_ramp(fade_samples)
        self._fall = 1.0 - self._rise
        self._risen = 0  # how much of the rise has been applied since sound began
        self._fallen = fade_samples  # how much of the fall has been put out since sound ended
        self._held = 0.0  # where the fall began
        self._is_sounding = False
        self._last = 0.0

    @property
    def is_settled(self) -> bool:
        """Whether sound would now pass unchanged."""
        return self._risen >= len(self._rise) and self._fallen >= len(self._fall)

    def shape(self, block: Audio, start: int, stop: int) -> None:
        """Keep the sound in block[start:stop], put silence elsewhere, and round the edges."""
        if start > 0 or stop <= start:
            self._sink(block[: start if stop > start else len(block)])
        if stop > start:
            self._lift(block[start:stop])
            if stop < len(block):
                self._sink(block[stop:])

    def _lift(self, sound: Audio) -> None:
        count = min(len(sound), len(self._rise) - self._risen)
        if count > 0:
            sound[:count] *= self._rise[self._risen : self._risen + count]
            self._risen += count
        count = min(len(sound), len(self._fall) - self._fallen)
        if count > 0:  # the gap was shorter than the fall, which now runs on below the rise
            sound[:count] += self._held * self._fall[self._fallen : self._fallen + count]
            self._fallen += count
        self._is_sounding = True
        self._last = float(sound[-1])

    def _sink(self, gap: Audio) -> None:
        if self._is_sounding:
            self._is_sounding = False
            self._held, self._fallen, self._risen = self._last, 0, 0
        count = min(len(gap), len(self._fall) - self._fallen)
        np.multiply(self._fall[self._fallen : self._fallen + count], self._held, out=gap[:count])
        gap[count:] = 0.0
        self._fallen += count


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
