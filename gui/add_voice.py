"""AddVoice: a voice of your own, from recordings or ten seconds at the microphone."""

import tempfile
from pathlib import Path
from typing import Any

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtGui import QCloseEvent
from PyQt6.QtWidgets import QCheckBox, QDialog, QFileDialog, QLineEdit, QProgressBar, QVBoxLayout, QWidget

from gui.controller import Controller
from gui.level_meter import LevelMeter
from gui.microphone_take import MicrophoneTake
from gui.parts import GAP, IconButton, button, row, words
from gui.program_call import ProgramCall

_SECONDS = 10.0


class AddVoice(QDialog):
    added = pyqtSignal(str, str)  # its name, and what would make it better

    def __init__(self, controller: Controller, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Add a voice"))
        self.setMinimumWidth(480)
        self._folder = tempfile.TemporaryDirectory(prefix="rtvc-voice-")
        self._files: list[Path] = []
        self.call = ProgramCall
        self.name = QLineEdit()
        self.name.setPlaceholderText(self.tr("Name of the voice"))
        self.name.setAccessibleName(self.tr("Name of the voice"))
        self.record = IconButton("record", self.tr("Record 10 seconds"), "", "danger")
        self.choose = IconButton("folder", self.tr("Choose recordings"))
        self.meter = LevelMeter(self.tr("Level of the microphone"))
        self.bar = QProgressBar()
        self.bar.setRange(0, 100)
        self.bar.setTextVisible(False)
        self.source = words(
            self.tr("Read something aloud as you usually speak, alone and without music. More is better."),
            "muted",
            wraps=True,
        )
        self.consent = QCheckBox(self.tr("This is my voice, or its owner agreed to this"))
        self.note = words("", "warning", wraps=True)
        self.make = button(self.tr("Make the voice"), "primary")
        self.take = MicrophoneTake(controller, _SECONDS, self)
        self._lay_out()
        self._wire()
        self._show()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 18, 20, 18)
        column.setSpacing(GAP)
        column.addWidget(words(self.tr("A voice of your own"), "title"))
        column.addWidget(self.name)
        column.addLayout(row(self.record, self.choose, stretch=True))
        for widget in (self.meter, self.bar, self.source, self.consent, self.note):
            column.addWidget(widget)
        line = row()
        line.addStretch(1)
        cancel = button(self.tr("Cancel"))
        cancel.clicked.connect(self.reject)
        line.addWidget(cancel)
        line.addWidget(self.make)
        column.addLayout(line)
        self.make.setDefault(True)

    def _wire(self) -> None:
        self.record.clicked.connect(lambda: self._record())
        self.choose.clicked.connect(self._ask_files)
        self.make.clicked.connect(self._make)
        self.name.textChanged.connect(lambda _: self._show())
        self.consent.clicked.connect(lambda _: self._show())
        self.take.heard.connect(self._hear)
        self.take.finished.connect(self._has_taken)
        self.take.failed.connect(self._has_failed)

    def use_files(self, files: list[Path]) -> None:
        self._files = files
        names = ", ".join(path.name for path in files)
        self.source.setText(self.tr("From: {0}").format(names))
        self._show()

    def _record(self) -> None:
        self.note.setText("")
        self.source.setText(self.tr("Speak now …"))
        self.take.begin(Path(self._folder.name) / "take.wav")
        self._show()

    def _hear(self, level: float, share: float) -> None:
        self.meter.show_level(level)
        self.bar.setValue(round(100 * share))

    def _has_taken(self, path: str, fault: str) -> None:
        self.meter.rest()
        self.note.setText(fault)
        self._files = [Path(path)]
        self.source.setText(self.tr("From: your recording of 10 seconds"))
        self._show()

    def _has_failed(self, why: str) -> None:
        self.meter.rest()
        self.note.setText(why)
        self._show()

    def _show(self) -> None:
        is_taking = self.take.is_on
        self.record.setEnabled(not is_taking)
        self.choose.setEnabled(not is_taking)
        self.bar.setVisible(is_taking)
        self.meter.setVisible(is_taking)
        is_ready = bool(self.name.text().strip() and self._files and self.consent.isChecked())
        self.make.setEnabled(is_ready and not is_taking)

    def _ask_files(self) -> None:
        names, _ = QFileDialog.getOpenFileNames(self, self.tr("Recordings of one person"))
        if names:
            self.use_files([Path(name) for name in names])

    def _make(self) -> None:
        self.make.setEnabled(False)
        self.note.setText(self.tr("The voice is being made …"))
        paths = [str(path) for path in self._files]
        self.call(["--enroll", self.name.text().strip(), *paths], self._has_made, self)

    def _has_made(self, answer: dict[str, Any]) -> None:
        if "error" in answer:
            self.note.setText(str(answer["error"]))
            self._show()
            return
        self.added.emit(str(answer["id"]), str(answer.get("hint", "")))
        self.accept()

    def done(self, result: int) -> None:
        self.take.cancel()
        super().done(result)
        self._folder.cleanup()

    def closeEvent(self, event: QCloseEvent | None) -> None:
        self.reject()
