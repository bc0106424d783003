"""MicrophoneTake: some seconds of the microphone into a file, with nothing to be heard meanwhile."""

from pathlib import Path

from PyQt6.QtCore import QObject, pyqtSignal

from gui.controller import Controller
from gui.engine_link import Event
from gui.microphone_test import MicrophoneTest


class MicrophoneTake(QObject):
    heard = pyqtSignal(float, float)  # level, share of the time that is over
    finished = pyqtSignal(str, str)  # the file, and what was not good about it
    failed = pyqtSignal(str)

    def __init__(self, controller: Controller, seconds: float, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._controller, self._seconds = controller, seconds
        self._test = MicrophoneTest(controller, self)
        self._test.ended.connect(self._has_lost)
        self._path = Path()
        self._loudest = 0.0
        self._phase = "idle"  # idle, opening, recording, closing
        controller.stats_came.connect(self._take)

    @property
    def is_on(self) -> bool:
        return self._phase != "idle"

    def begin(self, path: Path) -> None:
        self._path, self._loudest, self._phase = path, 0.0, "opening"
        self._test.switch(True)

    def cancel(self) -> None:
        if self.is_on:
            self._phase = "idle"
            self._controller.stop_recording()
            self._test.switch(False)

    def _take(self, stats: Event) -> None:
        if self._phase == "opening":
            self._phase = "recording"
            aside = self._path.with_name(self._path.stem + " output.wav")
            self._controller.record(str(self._path), str(aside), self._has_begun)
        elif self._phase == "recording":
            self._loudest = max(self._loudest, stats["input_peak"])
            share = stats["recorded_seconds"] / self._seconds
            self.heard.emit(stats["input_peak"], min(1.0, share))
            if share >= 1.0:
                self._phase = "closing"
                self._controller.stop_recording(self._has_ended)

    def _has_begun(self, answer: Event) -> None:
        if not answer.get("ok"):
            self._phase = "idle"
            self._test.switch(False)
            self.failed.emit(str(answer.get("error")))

    def _has_ended(self, answer: Event) -> None:
        self._phase = "idle"
        self._test.switch(False)
        self.finished.emit(str(self._path), self._fault())

    def _has_lost(self) -> None:
        if self.is_on:
            self._phase = "idle"
            self.failed.emit(self.tr("The microphone could not be opened."))

    def _fault(self) -> str:
        if self._loudest >= 0.999:
            return self.tr("It was too loud in places; a little further from the microphone is better.")
        if self._loudest < 0.05:
            return self.tr("It is very quiet; come closer to the microphone.")
        return ""
