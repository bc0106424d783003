"""DigitMapCard: one digit, and its map to drag on."""

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QWidget

from gui.digit_map import DigitMap
from gui.parts import Card, IconButton, row, words
from gui.segmented import Segmented

_BUTTON = 30, 20  # pixels: no higher than the words beside it


class DigitMapCard(Card):
    place_asked = pyqtSignal()  # to be heard; `digit` and `map.place` have it
    save_asked = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.digit = "7"
        self.name = words("", "heading")
        self.again = IconButton("play", "", "small")
        self.again.setAccessibleName(self.tr("Say this place again"))
        self.save = IconButton("save", "", "small")
        self.save.setAccessibleName(self.tr("Save this place as WAV"))
        self.map = DigitMap()
        self.digits = Segmented(self.tr("Digit of the map"))
        self.digits.offer({digit: digit for digit in "0123456789"})
        for made in (self.again, self.save):
            made.setToolTip(made.accessibleName())
            made.setFixedSize(*_BUTTON)
        head = row(self.name, stretch=True)
        head.addWidget(self.again)
        head.addWidget(self.save)
        self.body.setContentsMargins(12, 10, 12, 12)
        self.body.setSpacing(6)
        self.body.addLayout(head)
        self.body.addWidget(self.map, 1)
        self.body.addWidget(self.digits)
        self.digits.chosen.connect(self._choose)
        self.map.moved.connect(self.place_asked)
        self.again.clicked.connect(self.place_asked)
        self.save.clicked.connect(self.save_asked)
        self.show_digit(self.digit)

    def show_digit(self, digit: str) -> None:
        """Says nothing."""
        self.digit = digit
        self.digits.choose(digit)
        self.name.setText(self.tr("Ways to say {0}").format(digit))

    def _choose(self, digit: str) -> None:
        self.show_digit(digit)
        self.map.forget()
        self.place_asked.emit()
