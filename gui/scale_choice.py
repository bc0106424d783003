"""ScaleChoice: the scale that a melody is brought into, and how far."""

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QComboBox, QWidget

from gui.value_slider import ValueSlider
from rtvc.scales import KINDS, NOTES


class ScaleChoice(ValueSlider):
    """Its slider is the strength; the scale is the engine's text, `C-major`, or none."""

    changed = pyqtSignal(object)  # the text, or None

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(self.tr("Scale"), (0, 1), 0.05, lambda value: f"{value:.0%}", 1.0, parent)
        self.slider.setAccessibleName(self.tr("Strength of the scale"))
        self.note = self._box(self.tr("Key of the scale"), {"": self.tr("none"), **{n: n for n in NOTES}})
        self.kind = self._box(self.tr("Kind of scale"), {kind: self._kind_name(kind) for kind in KINDS})
        self.head.insertWidget(1, self.note)
        self.head.insertWidget(2, self.kind)
        for box in (self.note, self.kind):
            box.activated.connect(self._tell_change)
        self.show_scale(None)

    def _box(self, name: str, choices: dict[str, str]) -> QComboBox:
        box = QComboBox()
        box.setAccessibleName(name)
        box.setProperty("compact", True)
        for key, text in choices.items():
            box.addItem(text, key)
        return box

    def _kind_name(self, kind: str) -> str:
        return kind.replace("-", " ")

    def show_scale(self, scale: str | None) -> None:
        """Show it; says nothing."""
        note, _, kind = (scale or "").partition("-")
        self.note.setCurrentIndex(max(0, self.note.findData(note)))
        if kind:
            self.kind.setCurrentIndex(max(0, self.kind.findData(kind)))
        self._enable()

    def _enable(self) -> None:
        has_scale = bool(self.note.currentData())
        self.kind.setEnabled(has_scale)
        self.slider.setEnabled(has_scale)

    def _tell_change(self) -> None:
        self._enable()
        note = self.note.currentData()
        self.changed.emit(f"{note}-{self.kind.currentData()}" if note else None)
