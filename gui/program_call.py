"""ProgramCall: one run of the program's command line, and what it says in JSON."""

import json
from collections.abc import Callable
from typing import Any

from PyQt6.QtCore import QObject, QProcess

from gui.program import program_command

Then = Callable[[dict[str, Any]], None]


class ProgramCall(QObject):
    """Calls `then` once, with the program's answer, which has an `error` where it failed."""

    def __init__(self, arguments: list[str], then: Then, parent: QObject) -> None:
        super().__init__(parent)
        self._then: Then | None = then
        command = program_command(*arguments, "--json")
        self._process = QProcess(self)
        self._process.finished.connect(self._has_ended)
        self._process.errorOccurred.connect(self._has_ended)
        self._process.start(command[0], command[1:])

    def _has_ended(self, *_: Any) -> None:
        then, self._then = self._then, None
        if then is not None:
            then(_answer(self._process.readAllStandardOutput().data()))
            self.deleteLater()


def _answer(said: bytes) -> dict[str, Any]:
    for line in reversed(said.splitlines()):
        try:
            answer = json.loads(line)
        except ValueError:
            continue
        if isinstance(answer, dict):
            return answer
    return {"error": "The program ended without a word."}
