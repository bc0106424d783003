"""LevelMeter, how loud it is: a bar, the loudest lately as a line, and a lamp for sound that was cut off."""

import math
import time
from collections.abc import Callable

from PyQt6.QtCore import QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QLinearGradient, QMouseEvent, QPainter, QPaintEvent
from PyQt6.QtWidgets import QSizePolicy, QWidget

from gui.theme import current_theme

LOWEST_DB = -60.0
_CLIP_LEVEL = 0.999
_HOLD_SECONDS = 1.5
_FALL_DB_PER_SECOND = 20.0
_LAMP_SECONDS = 3.0
_LAMP_PIXELS = 26


class LevelMeter(QWidget):
    clipped = pyqtSignal()

    def __init__(self, name: str, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self.level_db = self.peak_db = LOWEST_DB
        self._peak_time = self._clip_time = -math.inf
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setToolTip(self.tr("Level in dB below full scale; the lamp on the right: too loud"))

    def sizeHint(self) -> QSize:
        return QSize(200, 14)

    def minimumSizeHint(self) -> QSize:
        return QSize(80, 14)

    @property
    def is_clipped(self) -> bool:
        return self._clock() - self._clip_time < _LAMP_SECONDS

    def show_level(self, level: float) -> None:
        """Args: level: 1.0 is full scale."""
        now = self._clock()
        self.level_db = max(LOWEST_DB, 20 * math.log10(max(level, 1e-6)))
        fallen = self.peak_db - _FALL_DB_PER_SECOND * max(0.0, now - self._peak_time - _HOLD_SECONDS)
        if self.level_db >= fallen:
            self.peak_db, self._peak_time = self.level_db, now
        if level >= _CLIP_LEVEL:
            self._clip_time = now
            self.clipped.emit()
        self.setAccessibleDescription(f"{self.level_db:.0f} dB")
        self.update()

    def rest(self) -> None:
        self.level_db = self.peak_db = LOWEST_DB
        self._clip_time = -math.inf
        self.update()

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        self._clip_time = -math.inf
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        theme = current_theme()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        bar = QRectF(0, 2, self.width() - _LAMP_PIXELS - 6, self.height() - 4)
        painter.setBrush(QColor(theme.sunken))
        painter.drawRoundedRect(bar, 3, 3)
        full = QRectF(bar)
        full.setWidth(bar.width() * _share(self.level_db))
        painter.setBrush(self._gradient(bar))
        painter.drawRoundedRect(full, 3, 3)
        if self.peak_db > LOWEST_DB:
            place = bar.width() * _share(self.peak_db)
            painter.setBrush(QColor(theme.text))
            painter.drawRect(QRectF(max(0.0, place - 2), bar.top(), 2, bar.height()))
        lamp = QRectF(self.width() - _LAMP_PIXELS, 2, _LAMP_PIXELS, self.height() - 4)
        painter.setBrush(QColor(theme.danger if self.is_clipped else theme.sunken))
        painter.drawRoundedRect(lamp, 3, 3)
        painter.end()

    def _gradient(self, bar: QRectF) -> QLinearGradient:
        theme = current_theme()
        gradient = QLinearGradient(QPointF(bar.left(), 0), QPointF(bar.right(), 0))
        gradient.setColorAt(0, QColor(theme.good))
        gradient.setColorAt(_share(-12), QColor(theme.good))
        gradient.setColorAt(_share(-4), QColor(theme.warning))
        gradient.setColorAt(1, QColor(theme.danger))
        return gradient


def _share(decibels: float) -> float:
    return min(1.0, max(0.0, 1 - decibels / LOWEST_DB))
