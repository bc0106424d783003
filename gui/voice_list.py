"""The list of voices: its rows, what of them is searched for, and how one is drawn."""

from typing import Any

from PyQt6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPointF,
    QRect,
    QRectF,
    QSize,
    QSortFilterProxyModel,
    Qt,
    pyqtSignal,
)
from PyQt6.QtGui import QColor, QFont, QMouseEvent, QPainter
from PyQt6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from gui.icons import pixmap
from gui.theme import current_theme

Voice = dict[str, Any]
VOICE = Qt.ItemDataRole.UserRole
_ROW_PIXELS, _BADGE_PIXELS, _ICON_PIXELS, _SIDE = 50, 34, 18, 8


class VoiceRows(QAbstractListModel):
    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._voices: list[Voice] = []

    def show_voices(self, voices: list[Voice]) -> None:
        self.beginResetModel()
        self._voices = sorted(voices, key=lambda voice: (not is_own(voice), str(voice["name"]).casefold()))
        self.endResetModel()

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        return len(self._voices)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        voice = self._voices[index.row()]
        if role == VOICE:
            return voice
        if role == Qt.ItemDataRole.DisplayRole:
            return voice["name"]
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.AccessibleDescriptionRole):
            kind = {"F": self.tr("female"), "M": self.tr("male")}.get(voice["gender"], "")
            return ", ".join(part for part in (voice["name"], kind, self.describe(voice)) if part)
        if role == Qt.ItemDataRole.ToolTipRole:
            licence = self.tr("Licence: {0}").format(voice["licence"])
            return f"{voice['source']}\n{licence}" if voice["source"] else licence
        return None

    def describe(self, voice: Voice) -> str:
        """Beside the badge, which shows the gender."""
        mark = self.tr("yours") if is_own(voice) else source_mark(voice)
        return " · ".join(part for part in (f"{voice['median_hz']} Hz", mark) if part)


class VoiceFilter(QSortFilterProxyModel):
    """Keeps what has all the words in its name or source, and is of the kind asked for."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._words: list[str] = []
        self._kind = "all"

    def look_for(self, text: str, kind: str) -> None:
        self._words, self._kind = text.casefold().split(), kind
        self.invalidate()

    def filterAcceptsRow(self, row: int, parent: QModelIndex) -> bool:
        rows = self.sourceModel()
        assert rows is not None
        voice: Voice = rows.index(row, 0, parent).data(VOICE)
        if self._kind == "own" and not is_own(voice):
            return False
        if self._kind in ("F", "M") and voice["gender"] != self._kind:
            return False
        text = f"{voice['id']} {voice['name']} {voice['source']}".casefold()
        return all(word in text for word in self._words)


class VoiceDelegate(QStyledItemDelegate):
    """A badge in the colour of the register, name and particulars, and a button to listen."""

    preview_asked = pyqtSignal(dict)

    def __init__(self, describe, parent: QObject | None = None) -> None:  # type: ignore[no-untyped-def]
        super().__init__(parent)
        self._describe = describe

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        return QSize(160, _ROW_PIXELS)

    def paint(self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        assert painter is not None
        theme, voice = current_theme(), index.data(VOICE)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        place = QRectF(option.rect).adjusted(2, 1, -2, -1)
        painter.setPen(Qt.PenStyle.NoPen)
        is_chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        is_under = bool(option.state & QStyle.StateFlag.State_MouseOver)
        if is_chosen or is_under:
            painter.setBrush(QColor(theme.accent_soft if is_chosen else theme.raised))
            painter.drawRoundedRect(place, 8, 8)
        if bool(option.state & QStyle.StateFlag.State_HasFocus):
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QColor(theme.accent))
            painter.drawRoundedRect(place.adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
        self._badge(painter, place, voice, is_chosen)
        self._texts(painter, place, voice)
        if (is_chosen or is_under) and voice.get("preview"):
            drawn = pixmap("play", theme.accent, _ICON_PIXELS, painter.device().devicePixelRatioF())
            painter.drawPixmap(QPointF(_preview_place(option.rect).topLeft()), drawn)
        painter.restore()

    def _badge(self, painter: QPainter, place: QRectF, voice: Voice, is_chosen: bool) -> None:
        theme = current_theme()
        top = place.top() + (place.height() - _BADGE_PIXELS) / 2
        badge = QRectF(place.left() + _SIDE, top, _BADGE_PIXELS, _BADGE_PIXELS)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.accent if is_chosen else theme.sunken))
        painter.drawEllipse(badge)
        painter.setPen(QColor(theme.on_accent if is_chosen else theme.muted))
        font = QFont(painter.font())
        font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        letters = voice["gender"] or str(voice["name"])[:1].upper()
        painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, letters)

    def _texts(self, painter: QPainter, place: QRectF, voice: Voice) -> None:
        theme = current_theme()
        left = place.left() + _SIDE + _BADGE_PIXELS + 10
        width = place.right() - left - _ICON_PIXELS - 16
        font = QFont(painter.font())
        metrics = painter.fontMetrics()
        above = QRectF(left, place.top() + 6, width, metrics.height())
        painter.setPen(QColor(theme.text))
        elide = Qt.TextElideMode.ElideRight
        name = metrics.elidedText(voice["name"], elide, int(width))
        painter.drawText(above, Qt.AlignmentFlag.AlignLeft, name)
        font.setWeight(QFont.Weight.Normal)
        font.setPixelSize(max(9, font.pixelSize() - 1))
        painter.setFont(font)
        painter.setPen(QColor(theme.muted))
        metrics = painter.fontMetrics()
        below = QRectF(left, place.bottom() - 6 - metrics.height(), width, metrics.height())
        text = metrics.elidedText(self._describe(voice), elide, int(width))
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft, text)

    def editorEvent(  # type: ignore[no-untyped-def]
        self, event: QEvent | None, model, option: QStyleOptionViewItem, index: QModelIndex
    ) -> bool:
        if isinstance(event, QMouseEvent) and event.type() == QEvent.Type.MouseButtonPress:
            voice = index.data(VOICE)
            near = _preview_place(option.rect).adjusted(-6, -10, 8, 10)
            if voice.get("preview") and near.contains(event.position().toPoint()):
                self.preview_asked.emit(voice)
                return True  # to listen is not to choose
        return super().editorEvent(event, model, option, index)


def _preview_place(rect: QRect) -> QRect:
    top = rect.top() + (rect.height() - _ICON_PIXELS) // 2
    return QRect(rect.right() - _ICON_PIXELS - 10, top, _ICON_PIXELS, _ICON_PIXELS)


def is_own(voice: Voice) -> bool:
    return bool(voice.get("own"))


def source_mark(voice: Voice) -> str:
    """The corpus in a word or two, out of a sentence such as 'CSTR VCTK Corpus 0.92, speaker p230'."""
    source = str(voice["source"]).split(",")[0]
    return source.replace("Voice Conversion Challenge", "VCC").replace("CSTR ", "").replace(" Corpus", "")
