"""A ring of float32 samples between one writing and one reading thread. Has no lock and never waits."""

import numpy as np

from rtvc.stage import Audio


class Ring:
    """Samples in one end, out of the other; what does not fit is refused, never overwritten.

    Why no lock is needed: `_written` is stored by the writer alone, `_consumed` by the reader alone, and each
    is stored only after the samples it speaks of were copied. The other side therefore sees the old count or
    the new one, both true: it may find less to read (or less room) than there is, never more. Both counts
    run on for good (Python integers do not wrap), so full and empty cannot be mistaken for each other, and
    every sample has a number that stays its own.
    """

    def __init__(self, capacity: int) -> None:
        assert capacity > 0
        self._data = np.zeros(capacity, np.float32)
        self._written = 0
        self._consumed = 0

    @property
    def capacity(self) -> int:
        return len(self._data)

    @property
    def written(self) -> int:
        """Samples ever written: the number of the sample that comes next."""
        return self._written

    @property
    def consumed(self) -> int:
        """Samples ever read or skipped: the number of the oldest sample still here."""
        return self._consumed

    @property
    def available(self) -> int:
        return self._written - self._consumed

    def write(self, samples: Audio) -> int:
        """Writer's thread. Take what fits and return how many samples that was."""
        count = min(len(samples), self.capacity - self.available)
        start = self._written % self.capacity
        first = min(count, self.capacity - start)
        self._data[start : start + first] = samples[:first]
        self._data[: count - first] = samples[first:count]
        self._written += count
        return count

    def write_silence(self, count: int) -> int:
        """Writer's thread. Like `write` with zeros."""
        count = min(count, self.capacity - self.available)
        start = self._written % self.capacity
        first = min(count, self.capacity - start)
        self._data[start : start + first] = 0.0
        self._data[: count - first] = 0.0
        self._written += count
        return count

    def peek_into(self, out: Audio) -> int:
        """Reader's thread. Copy the oldest samples, keep them here and return how many were copied."""
        count = min(len(out), self.available)
        start = self._consumed % self.capacity
        first = min(count, self.capacity - start)
        out[:first] = self._data[start : start + first]
        out[first:count] = self._data[: count - first]
        return count

    def read_into(self, out: Audio) -> int:
        """Reader's thread. Move the oldest samples to the start of `out` and return how many there were."""
        count = self.peek_into(out)
        self._consumed += count
        return count

    def skip(self, count: int) -> int:
        """Reader's thread. Throw the oldest samples away and return how many were thrown."""
        count = max(0, min(count, self.available))
        self._consumed += count
        return count
