"""Errands, what takes its time done one after the other on a thread of its own."""

import contextlib
import queue
import threading
from collections.abc import Callable

from rtvc.errors import UsageError

_MOST_WAITING = 32
_IDLE_SECONDS = 0.1
_PATIENCE_SECONDS = 2.0  # with an errand that is under way at the end


class Errands:
    """Takes them from one thread; each says itself what became of it, and lets no exception out.

    `when_idle` is done a moment after the last of them, and after a nudge.
    """

    def __init__(self, name: str, when_idle: Callable[[], None] = lambda: None) -> None:
        self._when_idle = when_idle
        self._is_nudged = threading.Event()  # set by who nudges, cleared by the errands' thread
        self._waiting: queue.Queue[Callable[[], None] | None] = queue.Queue(_MOST_WAITING)
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def add(self, errand: Callable[[], None]) -> None:
        try:
            self._waiting.put_nowait(errand)
        except queue.Full:
            raise UsageError(f"This was not done: {_MOST_WAITING} commands wait already.") from None

    def nudge(self) -> None:
        """However often it happens before the next idle moment, it counts once."""
        if not self._is_nudged.is_set():
            self._is_nudged.set()
            try:
                self._waiting.put_nowait(self._is_nudged.clear)
            except queue.Full:  # what waits comes to an end without a nudge
                self._is_nudged.clear()

    def end(self) -> None:
        """What waits is left undone, what is under way is waited for: a library at work in it would crash."""
        with contextlib.suppress(queue.Empty):
            while True:
                self._waiting.get_nowait()
        self._waiting.put(None)
        self._thread.join(_PATIENCE_SECONDS)

    def _run(self) -> None:
        """Errands' thread."""
        is_idle = True
        while True:
            try:
                errand = self._waiting.get(timeout=None if is_idle else _IDLE_SECONDS)
            except queue.Empty:
                is_idle = True
                self._when_idle()
                continue
            if errand is None:
                return
            errand()
            is_idle = False
