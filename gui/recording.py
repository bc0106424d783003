"""Recording: both ends into WAV files of a folder, named by time and voice."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from PyQt6.QtCore import QObject, QStandardPaths, pyqtSignal

from gui.controller import Controller
from gui.engine_link import Event


class Recording(QObject):
    began = pyqtSignal()
    ended = pyqtSignal(str)  # the folder; empty: nothing was recorded
    said = pyqtSignal(str, str)

    def __init__(
        self,
        controller: Controller,
        folder: Callable[[], str],
        now: Callable[[], datetime] = datetime.now,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._controller, self._folder, self._now = controller, folder, now
        self.is_on = False
        controller.recording_ended.connect(self._has_broken_off)
        controller.state_changed.connect(self._look)

    @property
    def place(self) -> Path:
        music = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.MusicLocation)
        return Path(self._folder() or Path(music) / "RTVC")

    def switch(self, is_on: bool) -> None:
        if is_on and not self.is_on:
            self._begin()
        elif self.is_on and not is_on:
            self._controller.stop_recording(self._has_ended)

    def _begin(self) -> None:
        try:
            self.place.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            self._refuse(self.tr("The folder {0} can't be used: {1}").format(self.place, error.strerror))
            return
        stem = self.place / f"{self._now():%Y-%m-%d %H-%M-%S}"
        heard, spoken = (f"{stem} {end}.wav" for end in ("you", "voice"))
        self._controller.record(heard, spoken, self._has_begun)

    def _has_begun(self, answer: Event) -> None:
        if answer.get("ok"):
            self.is_on = True
            self.began.emit()
        else:
            self._refuse(str(answer.get("error")))

    def _refuse(self, why: str) -> None:
        self.ended.emit("")
        self.said.emit(why, "error")

    def _has_ended(self, answer: Event) -> None:
        self.is_on = False
        self.ended.emit(str(self.place))

    def _has_broken_off(self, why: str) -> None:
        self.is_on = False
        self._refuse(why)

    def _look(self, state: str, message: str) -> None:
        if self.is_on and state in ("stopped", "lost"):  # the engine closes the files with the devices
            self._has_ended({})
