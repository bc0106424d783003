"""First blocks: whether the sound of a stream that has just started is as young as it can be.

Where the machine is busy while both ends of a duplex stream start, the microphone begins a block or two
before the loudspeaker. What it says meanwhile stays queued as long as the stream runs; nothing else tells.
"""

import threading

_SKIPPED = 1  # the first one comes at once or waits for the loudspeaker
_JUDGED = 4  # with blocks smaller than the sound system's own, every other one is older
_PATIENCE_SECONDS = 0.2


class FirstBlocks:
    """Written by the input callback, asked by the one who starts the stream."""

    def __init__(self) -> None:
        self._count, self._least = 0, float("inf")
        self._are_there = threading.Event()

    def add(self, age_seconds: float) -> None:
        """Input callback."""
        if self._count >= _SKIPPED + _JUDGED:
            return
        self._count += 1
        if self._count > _SKIPPED:
            self._least = min(self._least, age_seconds)
        if self._count == _SKIPPED + _JUDGED:
            self._are_there.set()

    def are_younger_than(self, seconds: float) -> bool:
        """Waits for them. True also where none come: that is for others to find out."""
        return not self._are_there.wait(_PATIENCE_SECONDS) or self._least < seconds
