"""RunawayGuard: threads of the sound system that never rest lose their rank, until they rest again.

Where sound from the microphone has piled up after a stall, PortAudio polls ALSA's devices without a pause.
Two such threads of real-time rank leave nobody else a processor. So they come after the worker as soon as
they are found out, within a few blocks: it would be so late by then that its sound had to be dropped. And
where they go on like that they come after nobody: the keeper, who could open the devices again, has no rank.
"""

import threading
import time
from dataclasses import dataclass
from types import TracebackType

from rtvc import realtime
from rtvc.log import LOGGER

_LOOK_SECONDS = 0.02
_SPINS, _RESTS = 0.75, 0.25  # of a processor; callbacks take less than a tenth
_LONG_SECONDS = 0.25  # where several spin, none has a processor for itself


@dataclass
class _Watched:
    """What is known of a thread. Seconds."""

    computed: float  # when it was last looked at
    rank: int = 0  # it had when it was found out
    found_out_at: float | None = None
    spun_at: float = 0.0  # last, since then


class RunawayGuard:
    """A thread that looks, while inside the context. On Linux; elsewhere there are no such ranks."""

    def __init__(self) -> None:
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="rtvc runaway guard", daemon=True)
        self._watched: dict[int, _Watched] = {}

    def __enter__(self) -> "RunawayGuard":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_over.set()
        self._thread.join()

    def _watch(self) -> None:
        """Guard's thread."""
        # Below no thread that it watches.
        if not realtime.raise_thread_priority(realtime.LIBRARY_PRIORITY):
            return
        looked = time.monotonic()
        while not self._is_over.wait(_LOOK_SECONDS):
            before, looked = looked, time.monotonic()
            for thread, rank in realtime.ranks().items():
                if rank >= realtime.CALLBACK_PRIORITY or thread in self._watched:
                    self._look_at(thread, rank, looked, looked - before)

    def _look_at(self, thread: int, rank: int, now: float, seconds: float) -> None:
        """Guard's thread."""
        computed = realtime.cpu_seconds(thread)
        if computed is None:
            self._watched.pop(thread, None)
            return
        watched = self._watched.setdefault(thread, _Watched(computed))
        share = (computed - watched.computed) / seconds
        watched.computed = computed
        if watched.found_out_at is not None:
            self._look_again(thread, watched, share, now)
        elif share > _SPINS:
            LOGGER.warning("a thread of the sound system does not rest; its rank is taken until it does")
            realtime.give_rank(thread, realtime.ONLOOKER_PRIORITY)
            watched.rank, watched.found_out_at, watched.spun_at = rank, now, now

    def _look_again(self, thread: int, watched: _Watched, share: float, now: float) -> None:
        """Guard's thread. At one that was found out."""
        assert watched.found_out_at is not None
        if share > _RESTS:
            watched.spun_at = now
        if now - watched.spun_at > _LONG_SECONDS:
            realtime.give_rank(thread, watched.rank)
            watched.found_out_at = None
        elif now - watched.found_out_at > _LONG_SECONDS:
            realtime.take_rank(thread)
