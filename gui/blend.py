"""Blend: a second voice, and how much of it is mixed into the first."""

from typing import Any

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QComboBox, QSizePolicy, QWidget

from gui.value_slider import ValueSlider
from rtvc import blend

_HALF = 50.0


class Blend(ValueSlider):
    """Speaks the engine's text for a target: `p230`, or `p230:0.70,p226:0.30`."""

    changed = pyqtSignal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(self.tr("Blend with"), (0, 95), 5, lambda value: f"{value:.0f} %", 0.0, parent)
        self.other = QComboBox()
        self.other.setAccessibleName(self.tr("Second voice"))
        self.other.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.other.setProperty("compact", True)
        self.head.insertWidget(1, self.other)
        self._target, self._voices = "", []
        self.moved.connect(self._tell_change)
        self.other.activated.connect(self._choose_other)

    def show_voices(self, voices: list[dict[str, Any]]) -> None:
        chosen = self.other.currentData()
        self.other.clear()
        self.other.addItem(self.tr("no other"), "")
        for voice in voices:
            self.other.addItem(voice["name"], voice["id"])
        self.other.setCurrentIndex(max(0, self.other.findData(chosen)))
        self._enable()

    def show_target(self, target: str) -> None:
        """Of more than two voices the first two are shown."""
        shares = blend.parts(target)
        self._target = shares[0].voice
        if len(shares) > 1:
            self.other.setCurrentIndex(max(0, self.other.findData(shares[1].voice)))
            self.show_value(100 * shares[1].weight)
        else:
            self.show_value(0.0)
        self._enable()

    def _choose_other(self) -> None:
        if self.other.currentData() and not self.value:
            self.show_value(_HALF)
        self._enable()
        self._tell_change()

    def _enable(self) -> None:
        self.slider.setEnabled(bool(self.other.currentData()))

    def _tell_change(self, _: float = 0.0) -> None:
        other, share = self.other.currentData(), self.value / 100
        if not other or not share or other == self._target:
            self.changed.emit(self._target)
        else:
            self.changed.emit(f"{self._target}:{1 - share:.2f},{other}:{share:.2f}")


def first_voice(target: str) -> str:
    """The one that a blend is built on."""
    return blend.parts(target)[0].voice
