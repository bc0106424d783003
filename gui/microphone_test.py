"""MicrophoneTest: the microphone is heard and nothing is played, so that nothing can howl."""

from PyQt6.QtCore import QObject, pyqtSignal

from gui.controller import Controller


class MicrophoneTest(QObject):
    ended = pyqtSignal()

    def __init__(self, controller: Controller, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self.is_on = False
        self._has_started = self._was_muted = False
        controller.state_changed.connect(self._look)

    def switch(self, is_on: bool) -> None:
        if is_on and not self.is_on:
            self._begin()
        elif self.is_on and not is_on:
            self._end()

    def _begin(self) -> None:
        controller = self._controller
        self._was_muted = bool(controller.settings.get("mute"))
        self._has_started = not controller.is_sounding
        self.is_on = True
        controller.change(mute=True)
        if self._has_started:
            controller.start()

    def _end(self) -> None:
        self.is_on = False
        if self._has_started:
            self._controller.stop()
        self._controller.change(mute=self._was_muted)
        self.ended.emit()

    def _look(self, state: str, message: str) -> None:
        if self.is_on and state in ("stopped", "failed", "lost"):
            self._has_started = False
            self._end()
