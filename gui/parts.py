"""The small parts that pages are put together from: cards, words, lines and buttons with an icon."""

from PyQt6.QtCore import QEvent, QSize, Qt
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from gui.icons import icon
from gui.theme import current_theme

GAP = 12  # between cards, and within them
_ICON_PIXELS = 18


class Card(QFrame):
    """A surface on the page, with its content in `body`."""

    def __init__(self, heading: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(16, 14, 16, 14)
        self.body.setSpacing(GAP)
        if heading:
            self.body.addWidget(words(heading, "heading"))


class Page(QWidget):
    """What one entry of the rail shows; `column` goes from top to bottom."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(16, 14, 16, 14)
        self.column.setSpacing(GAP)


class IconButton(QPushButton):
    """A button with a drawn icon, which follows the colours of the window."""

    def __init__(self, icon_name: str, text: str = "", role: str = "", colour: str = "text") -> None:
        super().__init__(text)
        self._icon_name, self._colour = icon_name, colour
        self._drawn = ("", "")  # icon and colour that are on it
        self.setProperty("role", role)
        self.setIconSize(QSize(_ICON_PIXELS, _ICON_PIXELS))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._draw()

    def show_icon(self, icon_name: str, colour: str) -> None:
        self._icon_name, self._colour = icon_name, colour
        self._draw()

    def _draw(self) -> None:
        wanted = self._icon_name, getattr(current_theme(), self._colour)
        if wanted != self._drawn:  # styles change often, and mostly not the colours
            self._drawn = wanted
            self.setIcon(icon(*wanted))

    def changeEvent(self, event: QEvent | None) -> None:
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.StyleChange:
            self._draw()


def button(text: str, role: str = "") -> QPushButton:
    made = QPushButton(text)
    made.setProperty("role", role)
    made.setCursor(Qt.CursorShape.PointingHandCursor)
    return made


def words(text: str = "", role: str = "", wraps: bool = False) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", role)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(wraps)
    if wraps:  # a label of many lines may be as narrow as there is room
        label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        label.setMinimumWidth(80)
    return label


class Elided(QLabel):
    """One line that ends in dots where there is no room; all of it is in the tool tip."""

    def __init__(self, text: str = "", role: str = "") -> None:
        super().__init__()
        self.setProperty("role", role)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setMinimumWidth(30)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._text = text
        self.say(text)

    def say(self, text: str) -> None:
        self._text = text
        self._fit()

    def whole_text(self) -> str:
        return self._text

    def _fit(self) -> None:
        fitting = self.fontMetrics().elidedText(self._text, Qt.TextElideMode.ElideRight, self.width())
        self.setText(fitting)
        self.setToolTip(self._text if fitting != self._text else "")

    def resizeEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        super().resizeEvent(event)
        self._fit()


def line() -> QFrame:
    made = QFrame()
    made.setProperty("role", "line")
    return made


def row(*widgets: QWidget, spacing: int = 8, stretch: bool = False) -> QHBoxLayout:
    layout = QHBoxLayout()
    layout.setSpacing(spacing)
    for widget in widgets:
        layout.addWidget(widget)
    if stretch:
        layout.addStretch(1)
    return layout


def set_role(widget: QWidget, role: str) -> None:
    """Change how a widget is drawn; the style sheet looks at properties only when asked to."""
    if widget.property("role") != role:
        widget.setProperty("role", role)
        restyle(widget)


def restyle(widget: QWidget) -> None:
    style = widget.style()
    if style is not None:
        style.unpolish(widget)
        style.polish(widget)
