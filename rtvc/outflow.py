"""Outflow: takes a little delay back without anybody hearing it. Knows no clock and no thread."""

import numpy as np

from rtvc.ring import Ring
from rtvc.stage import Audio

_ONE_SAMPLE_IN = 320  # 0.3 %, or 5 cents, which nobody hears
_ONE_IN_HASTE = 64  # a quarter of a semitone, for two thirds of a second at most


class Outflow:
    """For a while sound flows faster than it is played: blocks hold some samples more."""

    def __init__(self) -> None:
        self.left = 0  # samples to be taken back
        self._one_in = _ONE_SAMPLE_IN
        self._since = 0  # samples played since the last was
        self._longer = self._share = np.zeros(0, np.float32)
        self._before = np.zeros(0, np.intp)

    def begin(self, samples: int, in_haste: bool = False) -> None:
        self.left = samples
        self._one_in = _ONE_IN_HASTE if in_haste else _ONE_SAMPLE_IN

    def end(self) -> None:
        self.left = 0

    def squeeze_into(self, out: Audio, ring: Ring) -> int:
        """Reader's thread. Fill `out` with some samples more than it holds; says how many.

        0 where it is not time for that, or not as many are there: then nothing was read.
        """
        self._since += len(out)
        extra = min(self.left, self._since // self._one_in, 1 + len(out) // self._one_in)
        if not extra or ring.available < len(out) + extra:
            return 0
        if len(self._share) != len(out) or len(self._longer) != len(out) + extra:
            self._prepare(len(out), extra)
        ring.read_into(self._longer)
        out[:] = self._longer[self._before]
        out += self._share * (self._longer[self._before + 1] - out)
        self.left -= extra
        self._since = 0
        return extra

    def _prepare(self, count: int, extra: int) -> None:
        """Each sample lies between two of those that were read, the last one on the last."""
        places = np.arange(1, count + 1) * (1 + extra / count) - 1
        self._longer = np.zeros(count + extra, np.float32)
        self._before = np.minimum(places.astype(np.intp), count + extra - 2)
        self._share = (places - self._before).astype(np.float32)
