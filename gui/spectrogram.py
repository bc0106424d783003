"""Spectrogram, what was heard in the last seconds, scrolling, with the pitch as a line. Draws only when seen.

pyqtgraph and numpy are loaded at the first column, so that the window need not wait for them.
"""

import base64
from typing import Any

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QLabel, QStackedLayout, QWidget

from gui.theme import current_theme

_SECONDS = 6
_SILENT, _LOUD = 40, 225  # bytes of a column; what is drawn in the first and in the last colour
_TICKS_HZ = {300: "300", 1000: "1k", 3000: "3k"}
_AXIS_PIXELS = 30


class Spectrogram(QWidget):
    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setMinimumHeight(80)
        self._layers = QStackedLayout(self)
        self._none = QLabel(self.tr("The sound appears here"))
        self._none.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._none.setProperty("role", "muted")
        self._layers.addWidget(self._none)
        self._plot: Any = None
        self._meaning: dict[str, Any] = {}
        self._dress()

    def describe(self, meaning: dict[str, Any]) -> None:
        """Take what the engine says of its columns."""
        if meaning != self._meaning:
            self._meaning = dict(meaning)
            self._forget_plot()

    def add(self, columns: str, f0_hz: float | None) -> None:
        """Args: columns: base64, the lowest band first."""
        if not self._meaning or not self.isVisible():
            return
        data = base64.b64decode(columns)
        if data:
            if self._plot is None:
                self._make_plot()
            self._layers.setCurrentWidget(self._plot.widget)
            self._plot.add(data, f0_hz)

    def clear(self) -> None:
        if self._plot is not None:
            self._plot.clear()
        self._layers.setCurrentWidget(self._none)

    @property
    def columns(self) -> Any:
        """The picture as an array, newest column last; None before the first."""
        return None if self._plot is None else self._plot.image

    def _make_plot(self) -> None:
        from gui.spectrogram_plot import SpectrogramPlot

        self._plot = SpectrogramPlot(self._meaning, _SECONDS, (_SILENT, _LOUD), _TICKS_HZ, _AXIS_PIXELS)
        self._layers.addWidget(self._plot.widget)
        self._plot.dress(current_theme())

    def _forget_plot(self) -> None:
        if self._plot is not None:
            self._layers.removeWidget(self._plot.widget)
            self._plot.widget.deleteLater()
            self._plot = None

    def _dress(self) -> None:
        theme = current_theme()
        self._none.setStyleSheet(f"background: {theme.sunken}; border-radius: 6px;")
        if self._plot is not None:
            self._plot.dress(theme)

    def changeEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        super().changeEvent(event)
        if event.type() == event.Type.PaletteChange:
            self._dress()
