"""EventWriter, JSON lines to a reader that may be slow or gone. Whoever sends an event never waits."""

import json
import os
import queue
import threading
from typing import Any

from rtvc import realtime

_MOST_WAITING = 1024  # events


class EventWriter:
    """Writes on a thread of its own; what the reader does not take in time is dropped."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = (
            descriptor  # not a file object, whose lock would be asked for when the program ends
        )
        self._waiting: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        # Stored by the writer's thread alone.
        self.is_broken = False
        self._thread = threading.Thread(target=self._write, name="rtvc control writer", daemon=True)
        self._thread.start()

    def send(self, event: str, **content: Any) -> None:
        """Any thread. What a reader should not miss; it is dropped only when a thousand wait already."""
        if self._waiting.qsize() < _MOST_WAITING:
            self._waiting.put({"event": event, **content})

    def send_if_room(self, event: str, **content: Any) -> None:
        """Any thread. What is soon out of date: at most a few wait."""
        if self._waiting.qsize() < 4:
            self._waiting.put({"event": event, **content})

    def close(self, patience_seconds: float = 1.0) -> None:
        """Write what waits, unless the reader does not take it."""
        self._waiting.put(None)
        self._thread.join(patience_seconds)

    def _write(self) -> None:
        """Writer's thread."""
        realtime.raise_thread_priority(realtime.ONLOOKER_PRIORITY)
        try:
            while (event := self._waiting.get()) is not None:
                line = json.dumps(event).encode() + b"\n"
                while line:
                    line = line[os.write(self._descriptor, line) :]
        except OSError:
            self.is_broken = True
