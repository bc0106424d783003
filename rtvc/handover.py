"""From one pipeline to another while sound runs, without a click and without a gap. Knows no thread."""

import time
from collections.abc import Callable

import numpy as np

from rtvc.fades import rising_ramp
from rtvc.stage import Audio, Pipeline

_SETTLE_SECONDS = 0.15  # what a model wants to have heard before it is listened to
_FADE_SECONDS = 0.03
_FULL_EFFORT_SECONDS = 0.06  # before it is listened to
_WARM_UP_BLOCK_SECONDS = 0.012  # about a hop
_REST_AFTER_SECONDS = 0.003  # of sums, in which what is heard gets less of the interpreter


def nap() -> None:
    """Any thread. One of real-time rank must rest now and then, or the system takes its rank away."""
    time.sleep(0.001)


def warm_up(
    pipeline: Pipeline, input_rate: int, seconds: float = 0.25, await_rest: Callable[[], None] = nap
) -> None:
    """Any thread. Let a pipeline run on silence before sound depends on it: first calls allocate and load.

    `await_rest` is called before each hop, or some short ones, and returns when they disturb nobody.
    """
    worked = _REST_AFTER_SECONDS
    pipeline.set_effort(0.0)
    silence = np.zeros(round(_WARM_UP_BLOCK_SECONDS * input_rate), np.float32)
    for _ in range(round(seconds / _WARM_UP_BLOCK_SECONDS)):
        if worked >= _REST_AFTER_SECONDS:
            await_rest()
            worked = 0.0
        began = time.perf_counter()
        pipeline.process(silence.copy())
        worked += time.perf_counter() - began
    pipeline.set_effort(1.0)
    pipeline.reset()


class Handover:
    """Runs both pipelines on the same sound, the old one heard first, then both across a fade, then the new.

    Positions count what this puts out, from 0 at its start; the new pipeline's first sample has position
    `lead`, which may be negative when it holds back less than the old one:

        old  |-----------------------------\\\\\\\\\\
        new          |---- settles --------/////-------------
             0      lead                   fade
    """

    def __init__(self, old: Pipeline, new: Pipeline, lead: int) -> None:
        self._old, self.new = old, new
        new.take_over(old)
        rate = new.output_rate
        self._rise = rising_ramp(round(_FADE_SECONDS * rate))
        self._fade_at = max(lead, 0) + round(_SETTLE_SECONDS * rate)
        self._fade_end = self._fade_at + len(self._rise)
        self._full_effort_at = self._fade_at - round(_FULL_EFFORT_SECONDS * rate)
        self._at = 0
        self._old_waiting = np.zeros(0, np.float32)  # from position `_at` on
        self._new_waiting = np.zeros(0, np.float32)  # from position `_new_at` on, which is never before `_at`
        self._new_at = max(lead, 0)
        self._too_early = max(-lead, 0)

    @property
    def is_done(self) -> bool:
        return self._at >= self._fade_end

    def set_effort(self, effort: float) -> None:
        """Until it is listened to, the new one need not do more than it must."""
        self._old.set_effort(effort)
        self.new.set_effort(effort if self._at >= self._full_effort_at else 0.0)

    def process(self, block: Audio) -> Audio:
        """Take a block; return what may be heard. After `is_done` only the new pipeline is to be used."""
        self._old_waiting = np.concatenate((self._old_waiting, self._old.process(block.copy())))
        fresh = self.new.process(block)
        skipped = min(self._too_early, len(fresh))
        self._too_early -= skipped
        self._new_waiting = np.concatenate((self._new_waiting, fresh[skipped:]))
        return np.concatenate((self._from_old(), self._from_both(), self._from_new()))

    def _from_old(self) -> Audio:
        count = max(0, min(len(self._old_waiting), self._fade_at - self._at))
        out = self._old_waiting[:count]
        self._advance(count)
        return out

    def _from_both(self) -> Audio:
        start = self._at - self._fade_at
        if not 0 <= start < len(self._rise):
            return self._old_waiting[:0]
        count = min(len(self._old_waiting), len(self._new_waiting), len(self._rise) - start)
        old, new = self._old_waiting[:count], self._new_waiting[:count]
        out = old + (new - old) * self._rise[start : start + count]
        self._advance(count)
        return out

    def _from_new(self) -> Audio:
        return self._new_waiting if self.is_done else self._new_waiting[:0]

    def _advance(self, count: int) -> None:
        """Both queues move on together; the new one has nothing yet before `lead`."""
        self._at += count
        self._old_waiting = self._old_waiting[count:]
        skipped = min(len(self._new_waiting), max(0, self._at - self._new_at))
        self._new_waiting = self._new_waiting[skipped:]
        self._new_at += skipped
