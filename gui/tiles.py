"""Tiles, a choice of some, each a picture with its name."""

from PyQt6.QtCore import QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QAbstractButton, QButtonGroup, QGridLayout, QSizePolicy, QWidget

from gui.icons import pixmap
from gui.parts import GAP
from gui.theme import current_theme

_LEAST_PIXELS, _LARGEST_PICTURE, _PICTURE_SHARE = 58, 72, 0.46
_BETWEEN, _RADIUS = 6, 10


class Tile(QAbstractButton):
    """As large as there is room, its picture in proportion."""

    def __init__(self, icon_name: str, text: str, hint: str) -> None:
        super().__init__()
        self._icon_name = icon_name
        self.setText(text)
        self.setAccessibleName(text)
        self.setToolTip(hint)
        self.setCheckable(True)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(_LEAST_PIXELS)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def sizeHint(self) -> QSize:
        return QSize(_LEAST_PIXELS, _LEAST_PIXELS)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        theme, painter = current_theme(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        is_chosen, is_outlined = self.isChecked(), self.isChecked() or self.hasFocus()
        edge = theme.accent if is_outlined else theme.muted if self.underMouse() else theme.border
        width = 2 if self.hasFocus() else 1
        painter.setPen(QPen(QColor(edge), width))
        painter.setBrush(QColor(theme.accent_soft if is_chosen else theme.raised))
        inset = width / 2
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(inset, inset, -inset, -inset), _RADIUS, _RADIUS)
        self._draw_content(painter, theme.accent if is_chosen else theme.muted, theme.text)
        painter.end()

    def _draw_content(self, painter: QPainter, picture_colour: str, text_colour: str) -> None:
        """Picture and name, as one, in the middle."""
        font = self.font()
        if self.isChecked():
            font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        line = painter.fontMetrics().height()
        side = min(_LARGEST_PICTURE, round(self.height() * _PICTURE_SHARE))
        top = (self.height() - side - _BETWEEN - line) / 2
        drawn = pixmap(self._icon_name, picture_colour, side, self.devicePixelRatioF())
        painter.drawPixmap(QPointF((self.width() - side) / 2, top), drawn)
        painter.setPen(QColor(text_colour))
        below = QRectF(4, top + side + _BETWEEN, self.width() - 8, line)
        name = painter.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, int(below.width()))
        painter.drawText(below, Qt.AlignmentFlag.AlignCenter, name)


class Tiles(QWidget):
    chosen = pyqtSignal(str)  # by the user

    def __init__(self, name: str, columns: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self._columns = columns
        self._tiles: dict[str, Tile] = {}
        self._last: QWidget | None = None
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        self._group.buttonClicked.connect(self._has_clicked)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(GAP - 4)

    def end_with(self, widget: QWidget) -> None:
        """In the place after the last tile, or below them where no place is left."""
        self._last = widget

    def offer(self, tiles: dict[str, Tile]) -> None:
        """In order; what was offered before is gone."""
        for old in self._tiles.values():
            self._group.removeButton(old)
            self._grid.removeWidget(old)
            old.deleteLater()
        self._tiles = tiles
        for place, tile in enumerate(tiles.values()):
            self._group.addButton(tile)
            self._grid.addWidget(tile, *divmod(place, self._columns))
        if self._last is not None:
            line, column = divmod(len(tiles), self._columns)
            self._grid.addWidget(self._last, line, column, 1, self._columns - column)

    def keys(self) -> list[str]:
        return list(self._tiles)

    def tile(self, key: str) -> Tile:
        return self._tiles[key]

    def choose(self, key: str) -> None:
        """Show a choice; says nothing."""
        if key in self._tiles:
            self._tiles[key].setChecked(True)

    def _has_clicked(self, tile: Tile) -> None:
        self.chosen.emit(next(key for key, one in self._tiles.items() if one is tile))
