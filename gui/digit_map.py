"""DigitMap: where the clips of a digit lie along the two ways they differ most in, to be dragged on."""

from collections import deque

from PyQt6.QtCore import QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QRadialGradient
from PyQt6.QtWidgets import QSizePolicy, QWidget

from gui.theme import Theme, current_theme
from rtvc.digit_settings import FARTHEST_PLACE

_SHOWN = 3.0  # standard deviations from the middle to the nearer edges: beyond lies next to no clip
_STEP = 0.25  # of a key
_SIGNIFICANT = 2  # figures behind the point
_HANDLE_PIXELS, _HEARD_PIXELS, _RADIUS = 8.0, 2.5, 10.0
_REMEMBERED = 40  # places that were heard
_LEAST_PIXELS = 90
_KEYS = {
    Qt.Key.Key_Left: (-_STEP, 0.0),
    Qt.Key.Key_Right: (_STEP, 0.0),
    Qt.Key.Key_Up: (0.0, _STEP),
    Qt.Key.Key_Down: (0.0, -_STEP),
}


class DigitMap(QWidget):
    """Rings are one and two standard deviations: most clips lie within the second."""

    moved = pyqtSignal()  # by the user; `place` has it

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.place = 0.0, 0.0
        self._heard: deque[tuple[float, float]] = deque(maxlen=_REMEMBERED)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setMinimumSize(_LEAST_PIXELS, _LEAST_PIXELS)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(self.tr("Map of a digit"))
        self.setToolTip(self.tr("Drag, or use the arrow keys: every place is the digit said in another way."))
        self._describe()

    def sizeHint(self) -> QSize:
        return QSize(260, 260)

    def show_place(self, place: tuple[float, float]) -> None:
        """Says nothing."""
        self.place = place
        self._describe()
        self.update()

    def forget(self) -> None:
        """Another digit has another map."""
        self._heard.clear()
        self.update()

    def mark_heard(self, place: tuple[float, float]) -> None:
        self._heard.append(place)
        self.update()

    def _describe(self) -> None:
        self.setAccessibleDescription("{:.2f}, {:.2f}".format(*self.place))

    # ---- the hand

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        assert event is not None
        if event.button() == Qt.MouseButton.LeftButton:
            self._go(self._place_at(event.position()))

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        assert event is not None
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._go(self._place_at(event.position()))

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        assert event is not None
        key = Qt.Key(event.key())
        if key in _KEYS:
            self._go((self.place[0] + _KEYS[key][0], self.place[1] + _KEYS[key][1]))
        elif key == Qt.Key.Key_Home:
            self._go((0.0, 0.0))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.moved.emit()
        else:
            super().keyPressEvent(event)

    def _go(self, place: tuple[float, float]) -> None:
        """As far as the field reaches."""
        middle, unit = self._middle(), self._unit()
        limits = self._most(middle.x(), unit), self._most(middle.y(), unit)
        x, y = (
            round(min(most, max(-most, step)), _SIGNIFICANT) for step, most in zip(place, limits, strict=True)
        )
        self.show_place((x, y))
        self.moved.emit()

    # ---- from places to pixels and back

    def _middle(self) -> QPointF:
        return QRectF(self.rect()).center()

    def _unit(self) -> float:
        """Pixels of a standard deviation."""
        return max(1.0, min(self.width(), self.height()) / (2 * _SHOWN))

    def _most(self, pixels: float, unit: float) -> float:
        return min(FARTHEST_PLACE, (pixels - _HANDLE_PIXELS) / unit)

    def _point(self, place: tuple[float, float]) -> QPointF:
        return self._middle() + QPointF(place[0], -place[1]) * self._unit()

    def _place_at(self, point: QPointF) -> tuple[float, float]:
        away = (point - self._middle()) / self._unit()
        return away.x(), -away.y()

    # ---- the picture

    def paintEvent(self, event: QPaintEvent | None) -> None:
        theme, painter = current_theme(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        field = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(QPen(QColor(theme.accent if self.hasFocus() else theme.border), 1))
        painter.setBrush(QColor(theme.sunken))
        painter.drawRoundedRect(field, _RADIUS, _RADIUS)
        self._draw_crowd(painter, theme, field)
        painter.setPen(Qt.PenStyle.NoPen)
        faint = QColor(theme.accent)
        faint.setAlphaF(0.55)
        painter.setBrush(faint)
        for place in self._heard:
            painter.drawEllipse(self._point(place), _HEARD_PIXELS, _HEARD_PIXELS)
        painter.setPen(QPen(QColor(theme.card), 2))
        painter.setBrush(QColor(theme.accent))
        painter.drawEllipse(self._point(self.place), _HANDLE_PIXELS, _HANDLE_PIXELS)
        painter.end()

    def _draw_crowd(self, painter: QPainter, theme: Theme, field: QRectF) -> None:
        """How close clips lie to each other, and the rings."""
        middle, unit = self._middle(), self._unit()
        glow = QRadialGradient(middle, _SHOWN * unit)
        for share, alpha in ((0.0, 0.38), (0.33, 0.23), (0.67, 0.05), (1.0, 0.0)):
            colour = QColor(theme.accent)
            colour.setAlphaF(alpha)
            glow.setColorAt(share, colour)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(glow)
        painter.drawEllipse(middle, _SHOWN * unit, _SHOWN * unit)
        line = QColor(theme.muted)
        line.setAlphaF(0.35)
        painter.setPen(QPen(line, 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for deviations in (1, 2):
            painter.drawEllipse(middle, deviations * unit, deviations * unit)
        painter.drawLine(QPointF(field.left() + 8, middle.y()), QPointF(field.right() - 8, middle.y()))
        painter.drawLine(QPointF(middle.x(), field.top() + 8), QPointF(middle.x(), field.bottom() - 8))
