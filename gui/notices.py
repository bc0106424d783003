"""Notices: sentences at the top of the window that go away by themselves, or when they are closed."""

from PyQt6.QtCore import Qt, QTimer
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from gui.icons import pixmap
from gui.parts import IconButton, button, words
from gui.theme import current_theme

_SHOWN_MS = {"info": 6_000, "warning": 12_000, "error": 20_000}


class Notices(QWidget):
    """One sentence at a time: the latest is what one looks at."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        card = QFrame()
        card.setProperty("role", "card")
        place = QVBoxLayout(self)
        place.setContentsMargins(16, 14, 16, 0)
        place.addWidget(card)
        self._sign = QLabel()
        self._text = words("", wraps=True)
        self._action = button("", "quiet")
        self._then = lambda: None
        self._tone = "info"
        close = IconButton("close", "", "quiet", "muted")
        close.setAccessibleName(self.tr("Close this message"))
        line = QHBoxLayout(card)
        line.setContentsMargins(14, 4, 6, 4)
        line.addWidget(self._sign)
        line.addWidget(self._text, 1)
        line.addWidget(self._action)
        line.addWidget(close)
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self.hide)
        close.clicked.connect(self.hide)
        self._action.clicked.connect(lambda: self._then())
        self.hide()

    @property
    def text(self) -> str:
        return self._text.text() if not self.isHidden() else ""

    def say(self, text: str, tone: str, action: str = "", then=None) -> None:  # type: ignore[no-untyped-def]
        """Args: tone: info, warning or error; action, then: a button, and what it does."""
        self._tone, self._then = tone, then or (lambda: None)
        self._text.setText(text)
        self.setAccessibleName(text)
        self._action.setText(action)
        self._action.setVisible(bool(action))
        self._draw()
        self.show()
        self._timer.start(_SHOWN_MS[tone])

    def _draw(self) -> None:
        theme = current_theme()
        colour = {"info": theme.accent, "warning": theme.warning, "error": theme.danger}[self._tone]
        name = "info" if self._tone == "info" else "warning"
        self._sign.setPixmap(pixmap(name, colour, 20, self.devicePixelRatioF()))
        self._sign.setAlignment(Qt.AlignmentFlag.AlignVCenter)

    def changeEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        super().changeEvent(event)
        if event.type() == event.Type.PaletteChange:
            self._draw()
