"""EngineLink, the engine's process as the window sees it: commands go in, events come out. Knows no widget.

The engine writes to a pipe that this side reads when it has time. A window that is busy or frozen loses some
stats, and the sound loses nothing.
"""

import json
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from PyQt6.QtCore import QElapsedTimer, QObject, QProcess, QProcessEnvironment, QTimer, pyqtSignal

Event = dict[str, Any]
Then = Callable[[Event], None]

_STEADY_MS = 10_000  # an engine that ran so long is started again at once
_FIRST_WAIT_MS, _LONGEST_WAIT_MS = 100, 5_000
_FAREWELL_MS = 1_500
_STDERR_LINES = 20


class EngineLink(QObject):
    """Keeps one engine running. `open` starts it, `close` ends it, anything else that ends it is said."""

    event_came = pyqtSignal(dict)  # all but answers
    lost = pyqtSignal(str)  # the engine ended unasked; why, as far as it said

    def __init__(self, command: Sequence[str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._command = list(command)
        self._environment: dict[str, str] = {}
        self._process: QProcess | None = None
        self._begun = b""
        self._last_words: deque[str] = deque(maxlen=_STDERR_LINES)
        self._waiting: dict[int, Then] = {}
        self._number = 0
        self._age = QElapsedTimer()
        self._wait_ms = _FIRST_WAIT_MS
        self._reopen = QTimer(self, singleShot=True)
        self._reopen.timeout.connect(self.open)

    @property
    def process_id(self) -> int:
        """0 while there is none."""
        return self._process.processId() if self._process else 0

    def open(self) -> None:
        process = QProcess(self)
        process.readyReadStandardOutput.connect(self._read)
        process.readyReadStandardError.connect(self._read_error)
        process.finished.connect(self._has_ended)
        process.errorOccurred.connect(self._has_failed)
        self._process, self._begun = process, b""
        self._last_words.clear()
        self._age.start()
        surroundings = QProcessEnvironment.systemEnvironment()
        for name, value in self._environment.items():
            surroundings.insert(name, value)
        process.setProcessEnvironment(surroundings)
        process.start(self._command[0], self._command[1:])

    def close(self) -> None:
        """End the engine in good order, or after a while without it."""
        self._reopen.stop()
        process, self._process = self._process, None
        if process is None:
            return
        process.blockSignals(True)
        process.write(b'{"cmd": "quit"}\n')
        process.closeWriteChannel()
        if not process.waitForFinished(_FAREWELL_MS):
            process.kill()
            process.waitForFinished(_FAREWELL_MS)

    def reopen(self, environment: dict[str, str]) -> None:
        """End the engine and start it again with these variables on top of what the window has."""
        self._environment = environment
        self.close()
        self.open()

    def request(self, cmd: str, then: Then | None = None, **fields: Any) -> None:
        """Send a command; `then` gets its answer, also when the engine ends before it could give one."""
        self._number += 1
        if self._process is None:
            if then:
                then(_no_answer())
            return
        if then:
            self._waiting[self._number] = then
        line = json.dumps({"cmd": cmd, "id": self._number, **fields})
        self._process.write(line.encode() + b"\n")

    def _read(self) -> None:
        if self._process is None:
            return
        *lines, self._begun = (self._begun + self._process.readAllStandardOutput().data()).split(b"\n")
        for line in lines:
            self._take(line)

    def _take(self, line: bytes) -> None:
        try:
            event = json.loads(line)
        except ValueError:
            return  # a library that prints is no reason to stop
        if not isinstance(event, dict):
            return
        if event.get("event") != "answer":
            self.event_came.emit(event)
            return
        then = self._waiting.pop(event.get("id"), None)  # type: ignore[arg-type]
        if then:
            then(event)

    def _read_error(self) -> None:
        if self._process is not None:
            text = self._process.readAllStandardError().data().decode(errors="replace")
            self._last_words.extend(line for line in text.splitlines() if line.strip())

    def _has_failed(self, error: QProcess.ProcessError) -> None:
        if error is QProcess.ProcessError.FailedToStart:  # all others are followed by `finished`
            self._has_ended()

    def _has_ended(self) -> None:
        if self._process is None:
            return
        self._read()
        self._read_error()
        self._process.deleteLater()
        self._process = None
        waiting, self._waiting = self._waiting, {}
        self._wait_ms = (
            _FIRST_WAIT_MS if self._age.elapsed() > _STEADY_MS else min(2 * self._wait_ms, _LONGEST_WAIT_MS)
        )
        self._reopen.start(self._wait_ms)
        self.lost.emit(self._last_words[-1] if self._last_words else "")
        for then in waiting.values():
            then(_no_answer())


def _no_answer() -> Event:
    return {"event": "answer", "ok": False, "error": "", "is_lost": True}
