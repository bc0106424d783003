"""OwnVoices: adding, renaming and deleting voices of one's own, by the program's command line."""

from collections.abc import Callable
from typing import Any

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtWidgets import QInputDialog, QMessageBox, QWidget

from gui.add_voice import AddVoice
from gui.controller import Controller
from gui.program_call import ProgramCall


class OwnVoices(QObject):
    said = pyqtSignal(str, str)

    def __init__(self, controller: Controller, window: QWidget) -> None:
        super().__init__(window)
        self._controller, self._window = controller, window
        self.call = ProgramCall

    def add(self) -> AddVoice:
        dialog = AddVoice(self._controller, self._window)
        dialog.added.connect(self._has_added)
        dialog.open()
        return dialog

    def ask_rename(self, voice: dict[str, Any]) -> None:
        title, name = self.tr("Rename {0}").format(voice["name"]), self.tr("Name of the voice")
        new, is_given = QInputDialog.getText(self._window, title, name, text=voice["name"])
        if is_given and new.strip() and new.strip() != voice["name"]:
            self.rename(voice["id"], new.strip())

    def ask_remove(self, voice: dict[str, Any]) -> None:
        text = self.tr("Delete the voice {0} and the speech it was made of?").format(voice["name"])
        answer = QMessageBox.question(self._window, self.tr("Delete a voice"), text)
        if answer == QMessageBox.StandardButton.Yes:
            self.remove(voice["id"])

    def rename(self, old: str, new: str) -> None:
        def then() -> None:
            if self._controller.settings.get("target") == old:
                self._controller.change(target=new)

        self._run(["--rename-voice", old, new], then)

    def remove(self, name: str) -> None:
        """Somebody else speaks before it goes."""
        if self._controller.settings.get("target") == name:
            others = [voice["id"] for voice in self._controller.voices if voice["id"] != name]
            if others:
                self._controller.change(target=others[-1])
        self._run(["--remove-voice", name], lambda: None)

    def _run(self, arguments: list[str], then: Callable[[], None]) -> None:
        def has_ended(answer: dict[str, Any]) -> None:
            if "error" in answer:
                self.said.emit(str(answer["error"]), "error")
            else:
                then()
            self._controller.refresh_voices()

        self.call(arguments, has_ended, self)

    def _has_added(self, name: str, hint: str) -> None:
        self._controller.refresh_voices()
        self._controller.change(target=name, mode="speaker")
        self.said.emit(f"{self.tr('The voice {0} is ready.').format(name)} {hint}".strip(), "info")
