"""Errands, what takes its time done one after the other on a thread of its own."""

import contextlib
import queue
import threading
from collections.abc import Callable

from rtvc.errors import UsageError

_MOST_WAITING = 32
_PATIENCE_SECONDS = 2.0  # with an errand that is under way at the end


class Errands:
    """Takes them from one thread; each says itself what became of it, and lets no exception out."""

    def __init__(self, name: str) -> None:
        self._waiting: queue.Queue[Callable[[], None] | None] = queue.Queue(_MOST_WAITING)
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def add(self, errand: Callable[[], None]) -> None:
        try:
            self._waiting.put_nowait(errand)
        except queue.Full:
            raise UsageError(f"This was not done: {_MOST_WAITING} commands wait already.") from None

    def end(self) -> None:
        """What waits is left undone, what is under way is waited for: a library at work in it would crash."""
        with contextlib.suppress(queue.Empty):
            while True:
                self._waiting.get_nowait()
        self._waiting.put(None)
        self._thread.join(_PATIENCE_SECONDS)

    def _run(self) -> None:
        """Errands' thread."""
        while (errand := self._waiting.get()) is not None:
            errand()
