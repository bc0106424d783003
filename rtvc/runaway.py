"""RunawayGuard: threads of the sound system that never rest lose their rank, until they rest again.

Where sound from the microphone has piled up after a stall, PortAudio polls ALSA's devices without a pause.
Two such threads of real-time rank leave nobody else a processor, the keeper included, who could open the
devices again.
"""

import threading
import time
from types import TracebackType

from rtvc import realtime
from rtvc.log import LOGGER

_LOOK_SECONDS = 0.25
_SPINS, _RESTS = 0.5, 0.25  # of a processor; callbacks take less than a tenth


class RunawayGuard:
    """A thread that looks, while inside the context. On Linux; elsewhere there are no such ranks."""

    def __init__(self) -> None:
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="rtvc runaway guard", daemon=True)
        self._computed: dict[int, float] = {}  # seconds, by thread
        self._degraded: dict[int, int] = {}  # the rank it had, by thread

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
            seconds, looked = time.monotonic() - looked, time.monotonic()
            for thread, rank in realtime.ranks().items():
                if rank >= realtime.CALLBACK_PRIORITY:
                    self._judge(thread, rank, seconds)

    def _judge(self, thread: int, rank: int, seconds: float) -> None:
        """Guard's thread."""
        computed = realtime.cpu_seconds(thread)
        if computed is None:
            self._computed.pop(thread, None)
            self._degraded.pop(thread, None)
            return
        share = (computed - self._computed.get(thread, computed)) / seconds
        self._computed[thread] = computed
        if share > _SPINS and thread not in self._degraded:
            self._degraded[thread] = rank
            realtime.take_rank(thread)
            LOGGER.warning("a thread of the sound system never rests and loses its rank")
        elif share < _RESTS and thread in self._degraded:
            realtime.give_rank(thread, self._degraded.pop(thread))
