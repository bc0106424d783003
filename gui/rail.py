"""Rail: the pages of the window, at its left; icons alone where there is little room."""

from PyQt6.QtCore import QSize, Qt, pyqtSignal
from PyQt6.QtWidgets import QButtonGroup, QVBoxLayout, QWidget

from gui.parts import IconButton

_WIDE, _NARROW = 148, 58


class Rail(QWidget):
    chosen = pyqtSignal(int)

    def __init__(self, entries: list[tuple[str, str]], parent: QWidget | None = None) -> None:
        """Args: entries: icon and text of each page."""
        super().__init__(parent)
        self.setObjectName("rail")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._texts = [text for _, text in entries]
        self._group = QButtonGroup(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 14, 8, 14)
        column.setSpacing(4)
        for place, (icon_name, text) in enumerate(entries):
            entry = IconButton(icon_name, text, "rail")
            entry.setCheckable(True)
            entry.setIconSize(QSize(20, 20))
            entry.setAccessibleName(text)
            entry.setToolTip(f"{text} (Ctrl+{place + 1})")
            self._group.addButton(entry, place)
            column.addWidget(entry)
        column.addStretch(1)
        self._group.idClicked.connect(self.chosen)
        self.be_narrow(False)

    def choose(self, place: int) -> None:
        entry = self._group.button(place)
        assert entry is not None
        entry.setChecked(True)

    def be_narrow(self, is_narrow: bool) -> None:
        self.setFixedWidth(_NARROW if is_narrow else _WIDE)
        for entry, text in zip(self._group.buttons(), self._texts, strict=True):
            entry.setText("" if is_narrow else text)
