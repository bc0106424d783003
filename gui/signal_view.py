"""SignalView: what goes in and what comes out, side by side, as level and as spectrogram."""

from typing import Any

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtGui import QHideEvent, QShowEvent
from PyQt6.QtWidgets import QHBoxLayout, QWidget

from gui.level_meter import LevelMeter
from gui.parts import GAP, Card, Elided, row, words
from gui.spectrogram import Spectrogram


class _End(Card):
    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = Elided(name, "heading")
        self.pitch = words("", "muted")
        self.meter = LevelMeter(self.tr("Level: {0}").format(name))
        self.spectrogram = Spectrogram(self.tr("Spectrogram: {0}").format(name))
        head = row(self.name)
        head.setStretch(0, 1)
        head.addWidget(self.pitch)
        self.body.setContentsMargins(12, 10, 12, 12)
        self.body.setSpacing(6)
        self.body.addLayout(head)
        self.body.addWidget(self.meter)
        self.body.addWidget(self.spectrogram, 1)


class SignalView(QWidget):
    seen = pyqtSignal(bool)  # columns are of use only then

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.input = _End(self.tr("You"))
        self.output = _End(self.tr("What others hear"))
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(GAP)
        line.addWidget(self.input, 1)
        line.addWidget(self.output, 1)
        self._line = line
        self._first: QWidget = self.input
        self._f0_hz: float | None = None

    def describe(self, meaning: dict[str, Any]) -> None:
        for end in (self.input, self.output):
            end.spectrogram.describe(meaning)

    def show_stats(self, stats: dict[str, Any]) -> None:
        self.input.meter.show_level(stats["input_peak"])
        self.output.meter.show_level(stats["output_peak"])
        self._f0_hz = stats.get("f0_hz")
        self.input.pitch.setText(f"{self._f0_hz:.0f} Hz" if self._f0_hz else "")

    def show_spectrum(self, event: dict[str, Any]) -> None:
        self.input.spectrogram.add(event.get("input", ""), self._f0_hz)
        self.output.spectrogram.add(event.get("output", ""), None)

    def show_voice(self, name: str) -> None:
        self.output.name.say(name)

    def begin_with(self, widget: QWidget | None) -> None:
        """In place of the microphone's end, where nothing of it is heard; None puts that back."""
        first = widget or self.input
        if first is not self._first:
            self._first.hide()
            if self._line.indexOf(first) < 0:
                self._line.insertWidget(0, first, 1)
            first.show()
            self._first = first

    def rest(self) -> None:
        """Sound has ended; the last seconds stay to be looked at."""
        self.input.pitch.setText("")
        self.input.meter.rest()
        self.output.meter.rest()

    def showEvent(self, event: QShowEvent | None) -> None:
        super().showEvent(event)
        self.seen.emit(True)

    def hideEvent(self, event: QHideEvent | None) -> None:
        super().hideEvent(event)
        self.seen.emit(False)
