"""FileRunner, the process that converts files, as the window sees it. Started when there is work first."""

import json
from collections.abc import Sequence
from typing import Any

from PyQt6.QtCore import QObject, QProcess, QProcessEnvironment, pyqtSignal

from gui.program import module_command, surroundings


class FileRunner(QObject):
    told = pyqtSignal(dict)  # a line of the worker
    ended = pyqtSignal()  # unasked; what it was at is lost

    def __init__(self, command: Sequence[str] | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._command = list(command or module_command("gui.file_worker"))
        self._process: QProcess | None = None
        self._begun = b""

    def send(self, **order: Any) -> None:
        if self._process is None:
            self._start()
        assert self._process is not None
        self._process.write(json.dumps(order).encode() + b"\n")

    def close(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.blockSignals(True)
            process.terminate()
            if not process.waitForFinished(1000):
                process.kill()
                process.waitForFinished(1000)

    def _start(self) -> None:
        process = QProcess(self)
        environment = QProcessEnvironment.systemEnvironment()
        for name, value in surroundings().items():
            environment.insert(name, value)
        process.setProcessEnvironment(environment)
        process.setStandardErrorFile(QProcess.nullDevice())
        process.readyReadStandardOutput.connect(self._read)
        process.finished.connect(self._has_ended)
        process.errorOccurred.connect(self._has_failed)
        self._process, self._begun = process, b""
        process.start(self._command[0], self._command[1:])

    def _read(self) -> None:
        if self._process is None:
            return
        *lines, self._begun = (self._begun + self._process.readAllStandardOutput().data()).split(b"\n")
        for line in lines:
            self.told.emit(json.loads(line))

    def _has_failed(self, error: QProcess.ProcessError) -> None:
        if error is QProcess.ProcessError.FailedToStart:
            self._has_ended()

    def _has_ended(self) -> None:
        if self._process is not None:
            self._read()
            self._process.deleteLater()
            self._process = None
            self.ended.emit()
