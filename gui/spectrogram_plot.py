"""SpectrogramPlot, the part of a spectrogram that needs pyqtgraph: an image that moves left, a line on it."""

import math
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PyQt6.QtGui import QColor

from gui.theme import Theme
from rtvc.mel import hz_to_mel


class SpectrogramPlot:
    def __init__(
        self,
        meaning: dict[str, Any],
        seconds: int,
        levels: tuple[int, int],
        ticks_hz: dict[int, str],
        axis_pixels: int,
    ) -> None:
        self._bands = int(meaning["bands"])
        self._lowest_hz, self._highest_hz = float(meaning["lowest_hz"]), float(meaning["highest_hz"])
        width = seconds * round(meaning["columns_per_second"])
        self.image: NDArray[np.uint8] = np.zeros((width, self._bands), np.uint8)
        self._pitch = np.full(width, np.nan)
        self.widget = pg.PlotWidget(background=None)
        self._item = pg.ImageItem(self.image, levels=levels)
        self._line = pg.PlotCurveItem(connect="finite")
        self._arrange(width, ticks_hz, axis_pixels)

    def _arrange(self, width: int, ticks_hz: dict[int, str], axis_pixels: int) -> None:
        plot = self.widget.getPlotItem()
        plot.hideAxis("bottom")
        plot.hideButtons()
        plot.setMenuEnabled(False)
        plot.setMouseEnabled(False, False)
        plot.setContentsMargins(0, 0, 0, 0)
        plot.addItem(self._item)
        plot.addItem(self._line)
        box = plot.getViewBox()
        box.setDefaultPadding(0.0)
        box.setRange(xRange=(0, width), yRange=(0, self._bands), padding=0, disableAutoRange=True)
        axis = plot.getAxis("left")
        axis.setWidth(axis_pixels)
        axis.setTicks([[(self._band(hz), text) for hz, text in ticks_hz.items()]])
        axis.setStyle(tickLength=0, tickTextOffset=4)
        self.widget.setFrameShape(pg.QtWidgets.QFrame.Shape.NoFrame)

    def add(self, columns: bytes, f0_hz: float | None) -> None:
        new = np.frombuffer(columns, np.uint8).reshape(-1, self._bands)[-len(self.image) :]
        count = len(new)
        self.image[:-count] = self.image[count:]
        self.image[-count:] = new
        self._pitch[:-count] = self._pitch[count:]
        self._pitch[-count:] = self._band(f0_hz) if f0_hz else math.nan
        self._item.setImage(self.image, autoLevels=False)
        self._line.setData(np.arange(len(self._pitch)) + 0.5, self._pitch)

    def clear(self) -> None:
        self.image[:] = 0
        self._pitch[:] = np.nan

    def dress(self, theme: Theme) -> None:
        # From the page's own ground to the accent and beyond, so that silence is calm in both themes.
        peak = "#ffffff" if theme.is_dark else "#1b1d4d"
        stops = [QColor(theme.sunken), QColor(theme.accent_soft), QColor(theme.accent), QColor(peak)]
        places = [0.0, 0.25, 0.7, 1.0]
        shades = np.linspace(0, 1, 256)
        parts = [[getattr(stop, part)() for stop in stops] for part in ("red", "green", "blue")]
        table = np.stack([np.interp(shades, places, part) for part in parts], axis=1)
        self._item.setLookupTable(table.astype(np.uint8))
        self._line.setPen(pg.mkPen(theme.warning, width=2))
        axis = self.widget.getPlotItem().getAxis("left")
        axis.setTextPen(theme.muted)
        axis.setPen(pg.mkPen(None))
        font = self.widget.font()
        font.setPixelSize(10)
        axis.setStyle(tickFont=font)

    def _band(self, hz: float) -> float:
        """Where a pitch lies among the bands, which are evenly spaced in mels."""
        low, high, mel = hz_to_mel(np.array([self._lowest_hz, self._highest_hz, float(hz)]))
        return float(self._bands * (mel - low) / (high - low))
