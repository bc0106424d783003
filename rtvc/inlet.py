"""Inlet: sound that no microphone heard, mixed into a live chain before or after it. Makes none of it.

    microphone -> + -> chain -> + -> speaker
                  ^ "input"     ^ "output"

An utterance is filled piece by piece by whoever makes it, and taken by the worker as its time comes. Both
sides only append to, or pop from, a deque, and set flags of their own; nobody waits for a lock.
"""

from collections import deque
from typing import Literal

import numpy as np

from rtvc.stage import Audio

End = Literal["input", "output"]

_FADE_SECONDS = 0.008  # in which other sound gives way, and comes back


class Utterance:
    """One thing that is said."""

    def __init__(self, end: End, rate: int, is_alone: bool = False) -> None:
        """`is_alone`: what else is heard there gives way meanwhile."""
        self.end, self.rate, self.is_alone = end, rate, is_alone
        self._pieces: deque[Audio] = deque()
        # Stored by the maker.
        self._added = 0
        self._is_finished = self._is_cancelled = False
        # Stored by the worker.
        self._taken = 0
        self.is_over = False
        self.is_cut = False  # ended before all of it was heard

    # ---- maker's thread

    def add(self, piece: Audio) -> None:
        self._pieces.append(piece)
        self._added += len(piece)

    def finish(self) -> None:
        """There is no more to come."""
        self._is_finished = True

    def cancel(self) -> None:
        """Any thread. End it now, with a fade."""
        self._is_cancelled = True

    @property
    def waiting_seconds(self) -> float:
        """Any thread. Made and not heard yet."""
        return (self._added - self._taken) / self.rate

    @property
    def seconds(self) -> float:
        """Any thread. Heard so far."""
        return self._taken / self.rate

    # ---- worker thread

    def take(self, count: int, rate: int) -> Audio:
        """As much as there is, up to `count` samples."""
        is_finished = self._is_finished  # looked at first: nothing is added after it is set
        parts: list[Audio] = []
        wanted = count
        while wanted and self._pieces:
            piece = self._pieces.popleft()
            parts.append(piece[:wanted])
            if len(piece) > wanted:
                self._pieces.appendleft(piece[wanted:])
            wanted -= len(parts[-1])
        taken = np.concatenate(parts) if parts else np.zeros(0, np.float32)
        self._taken += len(taken)
        if self._is_cancelled or rate != self.rate:
            self.is_over = self.is_cut = True
            taken = taken * np.linspace(1.0, 0.0, len(taken), dtype=np.float32)
        elif is_finished and not self._pieces:
            self.is_over = True
        return taken


class Inlet:
    """Utterances one after the other."""

    def __init__(self) -> None:
        self._waiting: deque[Utterance] = deque()
        # Of the worker alone: the one being heard, and how far other sound is let through at each end.
        self._present: Utterance | None = None
        self._others: dict[End, float] = {"input": 1.0, "output": 1.0}

    def put(self, utterance: Utterance) -> None:
        """Any thread but the worker's."""
        self._waiting.append(utterance)

    def mixed(self, end: End, rate: int, block: Audio) -> Audio:
        """Worker thread. The block with what is to be heard in it; the same array when that is nothing."""
        if self._present is None and self._waiting:
            self._present = self._waiting.popleft()
        present = self._present if self._present is not None and self._present.end == end else None
        wanted = 0.0 if present is not None and present.is_alone else 1.0
        if not len(block) or (present is None and self._others[end] == wanted):
            return block
        out = block * self._gains(end, wanted, len(block), rate)
        if present is not None:
            said = present.take(len(block), rate)
            out[: len(said)] += said
            np.clip(out, -1.0, 1.0, out=out)
            if present.is_over:
                self._present = None
        return out

    def _gains(self, end: End, wanted: float, count: int, rate: int) -> Audio:
        """Worker thread. From where the other sound is to where it shall be, as fast as does not click."""
        now = np.float32(self._others[end])
        steps = np.arange(1, count + 1, dtype=np.float32) / np.float32(_FADE_SECONDS * rate)
        goal = np.float32(wanted)
        gains: Audio = np.minimum(now + steps, goal) if goal > now else np.maximum(now - steps, goal)
        self._others[end] = float(gains[-1])
        return gains
