"""PresetButton: the presets as a menu. Asks for names and files, and leaves the sound to others."""

from pathlib import Path
from typing import Any

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QFileDialog, QInputDialog, QMenu, QPushButton, QWidget

from gui.presets import Presets, clean_name, read_preset, write_preset


class PresetButton(QPushButton):
    chosen = pyqtSignal(dict)
    said = pyqtSignal(str, str)

    def __init__(self, presets: Presets, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._presets = presets
        self.settings: dict[str, Any] = {}
        self.setText(self.tr("Presets"))
        self.setToolTip(self.tr("Keep this sound under a name, or take one that was kept"))
        self._menu = QMenu(self)
        self._menu.aboutToShow.connect(self.fill)
        self.setMenu(self._menu)

    def fill(self) -> QMenu:
        menu, names = self._menu, self._presets.names()
        menu.clear()
        for name in names:
            menu.addAction(name, lambda name=name: self.use(name))
        if names:
            menu.addSeparator()
        menu.addAction(self.tr("Save as …"), self._ask_save)
        if names:
            removing = menu.addMenu(self.tr("Delete"))
            assert removing is not None
            for name in names:
                removing.addAction(name, lambda name=name: self._presets.remove(name))
        menu.addSeparator()
        menu.addAction(self.tr("Import …"), self._ask_import)
        menu.addAction(self.tr("Export …"), self._ask_export)
        return menu

    def use(self, name: str) -> None:
        try:
            self.chosen.emit(self._presets.load(name))
        except ValueError as error:
            self.said.emit(self.tr("The preset can't be read: {0}").format(error), "error")

    def save(self, name: str) -> None:
        error = self._presets.save(name, self.settings)
        if error:
            self.said.emit(self.tr("The preset can't be saved: {0}").format(error), "error")
        else:
            self.said.emit(self.tr("Saved as {0}.").format(clean_name(name)), "info")

    def take_in(self, path: Path) -> None:
        try:
            self._presets.take_in(path)
            self.chosen.emit(read_preset(path))
        except ValueError as error:
            self.said.emit(self.tr("The preset can't be read: {0}").format(error), "error")

    def give_out(self, path: Path) -> None:
        error = write_preset(path, self.settings)
        if error:
            self.said.emit(self.tr("The preset can't be saved: {0}").format(error), "error")

    def _ask_save(self) -> None:
        name, is_given = QInputDialog.getText(self, self.tr("Save the sound"), self.tr("Name"))
        if is_given and name.strip():
            self.save(name)

    def _ask_import(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, self.tr("Import a preset"), "", "JSON (*.json)")
        if name:
            self.take_in(Path(name))

    def _ask_export(self) -> None:
        name, _ = QFileDialog.getSaveFileName(
            self, self.tr("Export this sound"), "sound.json", "JSON (*.json)"
        )
        if name:
            self.give_out(Path(name))
