"""Segmented, a choice of a few, all of them in sight."""

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QAbstractButton, QButtonGroup, QFrame, QHBoxLayout, QSizePolicy, QWidget

from gui.parts import button


class Segmented(QFrame):
    chosen = pyqtSignal(str)  # by the user; the key of the choice

    def __init__(self, name: str, segment_pixels: int = 0, parent: QWidget | None = None) -> None:
        """Args: segment_pixels: the least width of each."""
        super().__init__(parent)
        self._segment_pixels = segment_pixels
        self.setProperty("role", "segments")
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(3, 3, 3, 3)
        self._row.setSpacing(2)
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        self._keys: list[str] = []
        self._group.idClicked.connect(lambda place: self.chosen.emit(self._keys[place]))

    def offer(self, choices: dict[str, str], hints: dict[str, str] | None = None) -> None:
        """Key to text, in order; what was offered before is gone."""
        for old in self._group.buttons():
            self._group.removeButton(old)
            self._row.removeWidget(old)
            old.deleteLater()
        self._keys = list(choices)
        for place, (key, text) in enumerate(choices.items()):
            segment = button(text, "segment")
            segment.setCheckable(True)
            segment.setMinimumWidth(self._segment_pixels)
            segment.setToolTip((hints or {}).get(key, ""))
            segment.setAccessibleName(f"{self.accessibleName()}: {text}")
            self._group.addButton(segment, place)
            self._row.addWidget(segment, 1)

    def segment(self, key: str) -> QAbstractButton:
        segment = self._group.button(self._keys.index(key))
        assert segment is not None
        return segment

    def keys(self) -> list[str]:
        return list(self._keys)

    def choose(self, key: str) -> None:
        """Show a choice; says nothing."""
        if key in self._keys:
            self.segment(key).setChecked(True)
