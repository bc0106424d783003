"""DigitPad: what is to be said, typed or pressed. Speaks and saves nothing itself."""

from functools import partial

from PyQt6.QtCore import QRegularExpression, QSize, pyqtSignal
from PyQt6.QtGui import QRegularExpressionValidator
from PyQt6.QtWidgets import QGridLayout, QLineEdit, QPushButton, QSizePolicy, QWidget

from gui.parts import Card, IconButton, button, row, set_role, words

_MOST_TYPED = 200
_KEYS = ("1", "2", "3", "4", "5", "6", "7", "8", "9", " ", "0")
_COLUMNS, _LEAST_PIXELS = 3, 38


class DigitPad(Card):
    say_asked = pyqtSignal(str)
    end_asked = pyqtSignal()
    save_asked = pyqtSignal(str)
    typed = pyqtSignal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self._is_speaking = False
        self.text = QLineEdit()
        self.text.setProperty("role", "display")
        self.text.setPlaceholderText(self.tr("A number"))
        self.text.setAccessibleName(self.tr("Digits to say"))
        self.text.setMaxLength(_MOST_TYPED)
        self.text.setValidator(QRegularExpressionValidator(QRegularExpression("[0-9 ]*"), self.text))
        self.keys: dict[str, QPushButton] = {}
        self.erase = IconButton("backspace", "", "key")
        self.erase.setIconSize(QSize(20, 20))
        self.erase.setAccessibleName(self.tr("Erase the last digit"))
        self.say = IconButton("play", self.tr("Say it"), "primary", "on_accent")
        self.save = IconButton("save", self.tr("Save WAV"))
        self.note = words("", "muted", wraps=True)
        self.note.hide()
        buttons = row(self.say, self.save)
        buttons.setStretch(0, 1)
        self.body.setContentsMargins(12, 10, 12, 12)
        self.body.setSpacing(8)
        self.body.addWidget(words(self.tr("Digits"), "heading"))
        self.body.addWidget(self.text)
        self.body.addLayout(self._keypad(), 1)
        self.body.addLayout(buttons)
        self.body.addWidget(self.note)
        self._wire()
        self._show()

    def _keypad(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setSpacing(8)
        for key in _KEYS:
            self.keys[key] = button(key if key.strip() else self.tr("pause"), "key" if key.strip() else "")
            self.keys[key].clicked.connect(partial(self._press, key))
        for place, widget in enumerate([*self.keys.values(), self.erase]):
            widget.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)
            widget.setMinimumHeight(_LEAST_PIXELS)
            grid.addWidget(widget, *divmod(place, _COLUMNS))
        return grid

    def _wire(self) -> None:
        self.erase.clicked.connect(self.text.backspace)
        self.text.textChanged.connect(self.typed)
        self.text.textChanged.connect(lambda _: self._show())
        self.text.returnPressed.connect(self._ask_say)
        self.say.clicked.connect(self._say_or_end)
        self.save.clicked.connect(lambda: self.save_asked.emit(self.text.text().strip()))

    def show_speaking(self, is_speaking: bool) -> None:
        self._is_speaking = is_speaking
        self._show()

    def show_note(self, text: str, role: str = "muted") -> None:
        set_role(self.note, role)
        self.note.setText(text)
        self.note.setVisible(bool(text))

    def _press(self, key: str) -> None:
        self.text.insert(key)

    def _show(self) -> None:
        has_digits = bool(self.text.text().strip())
        self.say.setEnabled(has_digits or self._is_speaking)
        self.save.setEnabled(has_digits)
        self.say.setText(self.tr("Be quiet") if self._is_speaking else self.tr("Say it"))
        self.say.show_icon("stop" if self._is_speaking else "play", "on_accent")

    def _say_or_end(self) -> None:
        if self._is_speaking:
            self.end_asked.emit()
        else:
            self._ask_say()

    def _ask_say(self) -> None:
        if self.text.text().strip():
            self.say_asked.emit(self.text.text().strip())
