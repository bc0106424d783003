"""Outflow: takes a little delay back without anybody hearing it. Knows no clock and no thread."""

import numpy as np

from rtvc.ring import Ring
from rtvc.stage import Audio

_ONE_SAMPLE_IN = 320  # 0.3 %, or 5 cents, which nobody hears


class Outflow:
    """For a while sound flows faster than it is played: now and then a block holds one sample more."""

    def __init__(self) -> None:
        self.left = 0  # samples to be taken back
        self._since = 0  # samples played since the last was
        self._longer = np.zeros(1, np.float32)
        self._ramp = np.zeros(0, np.float32)

    def begin(self, samples: int) -> None:
        self.left = samples

    def end(self) -> None:
        self.left = 0

    def squeeze_into(self, out: Audio, ring: Ring) -> bool:
        """Reader's thread. Fill `out` with one sample more than it holds.

        False where it is not time for that, or not as many are there: then nothing was read.
        """
        self._since += len(out)
        if not self.left or self._since < _ONE_SAMPLE_IN or ring.available <= len(out):
            return False
        if len(self._longer) != len(out) + 1:
            self._longer = np.zeros(len(out) + 1, np.float32)
            self._ramp = np.arange(1, len(out) + 1, dtype=np.float32) / np.float32(len(out) + 1)
        ring.read_into(self._longer)
        np.subtract(self._longer[1:], self._longer[:-1], out=out)
        out *= self._ramp
        out += self._longer[:-1]  # between two samples, nearer and nearer to the later one
        self.left -= 1
        self._since = 0
        return True
