"""Tap, where a live chain lets others listen in: both ends, moment for moment. Called by the worker alone."""

from typing import Protocol

import numpy as np

from rtvc.errors import RtvcError
from rtvc.fades import EdgeFader
from rtvc.stage import Audio

_FADE_SECONDS = 0.005
_NOTHING = np.zeros(0, np.float32)


class Listener(Protocol):
    """Someone who takes blocks and must not keep the worker waiting."""

    error: RtvcError | None  # why it takes nothing more

    def take(self, end: str, rate: int, samples: Audio, silence: int = 0) -> None:
        """Worker thread. `end` is "input" or "output"; `silence` samples of nothing come first."""
        ...


class Tap:
    """Passes on what the chain takes and gives, from a moment on that is the same for both."""

    def __init__(self, input_rate: int, output_rate: int) -> None:
        self._rates = {"input": input_rate, "output": output_rate}
        self._fader = EdgeFader(round(_FADE_SECONDS * output_rate))
        # One reference, replaced whole by another thread; the worker looks at it once a block.
        self.listener: Listener | None = None
        self._present: Listener | None = None  # whom the worker serves
        self._before = 0  # output samples to come that belong to a time before the listener did

    def begin_block(self, held_back: int) -> None:
        """Worker thread. Before a block is taken, of which `held_back` samples of output are still due."""
        if self.listener is not self._present:
            self._present, self._before = self.listener, max(0, held_back)

    def heard(self, block: Audio) -> None:
        """Worker thread."""
        if self._present is not None:
            self._present.take("input", self._rates["input"], block)

    def said(self, audio: Audio, is_muted: bool) -> None:
        """Worker thread."""
        if self._present is None:
            return
        if is_muted or not self._fader.is_settled:
            audio = audio.copy()
            self._fader.shape(audio, 0, 0 if is_muted else len(audio))
        skipped = min(self._before, len(audio))
        self._before -= skipped
        self._present.take("output", self._rates["output"], audio[skipped:])

    def missed(self, end: str, count: int) -> None:
        """Worker thread. Time that passed without sound."""
        if self._present is not None:
            self._present.take(end, self._rates[end], _NOTHING, count)
