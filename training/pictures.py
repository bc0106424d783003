"""Mels and curves as PNG files, drawn with Pillow: a plotting library is a heavy guest for two pictures."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from rtvc.spectrogram_png import coloured

_LINES = ("1f77b4", "d62728", "2ca02c", "9467bd", "ff7f0e", "17becf")
_PIXELS = 3  # a side of one mel value
_TITLE, _GAP, _MARGIN = 16, 8, 50
_CURVE_SIZE = (900, 420)
_AGAINST = "_identity"
_RANGE = (-10.0, 2.0)  # natural log of magnitude, dark to bright


def write_mels(path: Path, panels: Sequence[tuple[str, np.ndarray]]) -> None:
    """Log-mels (frames, n_mels) one below the other, low notes at the bottom, each under its title."""
    drawn = [(title, _coloured(mel)) for title, mel in panels]
    width = max(image.width for _, image in drawn)
    height = sum(image.height + _TITLE + _GAP for _, image in drawn)
    sheet = Image.new("RGB", (max(width, 120), height), "white")
    pen, top = ImageDraw.Draw(sheet), 0
    for title, image in drawn:
        pen.text((2, top + 2), title, fill="black")
        sheet.paste(image, (0, top + _TITLE))
        top += image.height + _TITLE + _GAP
    sheet.save(path)


def _coloured(mel: np.ndarray) -> Image.Image:
    low, high = _RANGE
    colours = coloured((mel.T[::-1].astype(float) - low) / (high - low))
    return Image.fromarray(colours.repeat(_PIXELS, axis=0).repeat(_PIXELS, axis=1))


def write_curves(path: Path, rows: Sequence[dict[str, float]], names: Sequence[str], x: str = "step") -> None:
    """Figures over steps, each on its own scale; `X_identity`, which `X` is measured against, on that of `X`."""
    width, height = _CURVE_SIZE
    sheet = Image.new("RGB", _CURVE_SIZE, "white")
    pen = ImageDraw.Draw(sheet)
    pen.rectangle((_MARGIN, _MARGIN, width - _MARGIN, height - _MARGIN), outline="gray")
    last = max((row[x] for row in rows), default=1.0)
    pen.text((width - _MARGIN - 60, height - _MARGIN + 4), f"{x} {last:g}", fill="black")
    for place, name in enumerate(names):
        points = [(row[x], row[name]) for row in rows if name in row]
        if not points:
            continue
        figure = name.removesuffix(_AGAINST)
        scale = [row[n] for row in rows for n in (figure, figure + _AGAINST) if n in row]
        low, high = min(scale), max(scale)
        line = [
            (
                _MARGIN + (width - 2 * _MARGIN) * at / max(last, 1e-9),
                height - _MARGIN - (height - 2 * _MARGIN) * (y - low) / max(high - low, 1e-12),
            )
            for at, y in points
        ]
        colour = f"#{_LINES[place % len(_LINES)]}"
        pen.line(line, fill=colour, width=2) if len(line) > 1 else pen.point(line, fill=colour)
        values = [y for _, y in points]
        pen.text((_MARGIN + 150 * place, 20), f"{name} {min(values):.4g}..{max(values):.4g}", fill=colour)
    sheet.save(path)
