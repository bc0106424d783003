"""Tap, where a live chain lets others listen in: both ends, moment for moment. Called by the worker alone."""

from typing import Protocol

import numpy as np

from rtvc.errors import RtvcError
from rtvc.fades import EdgeFader
from rtvc.stage import Audio

_NOTHING = np.zeros(0, np.float32)


class Listener(Protocol):
    """Someone who takes blocks and must not keep the worker waiting."""

    error: RtvcError | None  # why it takes nothing more

    def take(self, end: str, rate: int, samples: Audio, silence: int = 0) -> None:
        """Worker thread. `end` is "input" or "output"; `silence` samples of nothing come first."""
        ...


class Tap:
    """Passes on what the chain takes and gives; for each listener both begin with the same moment."""

    def __init__(self, input_rate: int, output_rate: int) -> None:
        self._rates = {"input": input_rate, "output": output_rate}
        self._fader = EdgeFader(output_rate)
        # One reference, replaced whole by another thread; the worker looks at it once a block.
        self.listeners: tuple[Listener, ...] = ()
        self._present: tuple[Listener, ...] = ()  # whom the worker serves
        self._before: dict[Listener, int] = {}  # output samples to come that are older than their listening

    def begin_block(self, held_back: int) -> None:
        """Worker thread. Before a block is taken, of which `held_back` samples of output are still due."""
        if self.listeners is not self._present:
            self._present = self.listeners
            since_now = max(0, held_back)
            self._before = {listener: self._before.get(listener, since_now) for listener in self._present}

    def heard(self, block: Audio) -> None:
        """Worker thread."""
        for listener in self._present:
            listener.take("input", self._rates["input"], block)

    def said(self, audio: Audio, is_muted: bool) -> None:
        """Worker thread."""
        if not self._present:
            return
        if is_muted or not self._fader.is_settled:
            audio = audio.copy()
        self._fader.shape(audio, 0, 0 if is_muted else len(audio))
        for listener in self._present:
            skipped = min(self._before[listener], len(audio))
            self._before[listener] -= skipped
            listener.take("output", self._rates["output"], audio[skipped:])

    def missed(self, end: str, count: int) -> None:
        """Worker thread. Time that passed without sound."""
        for listener in self._present:
            listener.take(end, self._rates[end], _NOTHING, count)
