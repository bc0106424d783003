"""Icons as strokes on a 24 by 24 field, drawn in any colour and at any density."""

from functools import lru_cache
from pathlib import Path

from PyQt6.QtCore import QByteArray, QRectF, Qt
from PyQt6.QtGui import QIcon, QPainter, QPixmap
from PyQt6.QtSvg import QSvgRenderer

from gui.instrument_strokes import INSTRUMENTS, TURNED_DEGREES

_STROKES = INSTRUMENTS | {
    "voice": "M12 3a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3z M6 11a6 6 0 0 0 12 0 M12 17v4 M9 21h6",
    "devices": "M4 10v4h4l5 4V6L8 10z M16.5 9a4 4 0 0 1 0 6 M19 6.5a8 8 0 0 1 0 11",
    "files": "M13 3H7a2 2 0 0 0-2 2v14a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2V9z M13 3v6h6 M9 13v4 M12 12v6 M15 14v2",
    "settings": "M4 7h9 M17 7h3 M15 5v4 M4 12h3 M11 12h9 M9 10v4 M4 17h11 M19 17h1 M17 15v4",
    "play": "M8 5.5v13l10.5-6.5z",
    "stop": "M7 7h10v10H7z",
    "record": "M12 6a6 6 0 1 0 0 12a6 6 0 1 0 0-12z",
    "compare": "M4 8h13l-3-3 M20 16H7l3 3",
    "mute": "M4 10v4h4l5 4V6L8 10z M17 10l4 4 M21 10l-4 4",
    "search": "M11 5a6 6 0 1 0 0 12a6 6 0 1 0 0-12z M15.5 15.5L20 20",
    "add": "M12 6v12 M6 12h12",
    "more": "M6 12h.01 M12 12h.01 M18 12h.01",
    "refresh": "M19 12a7 7 0 1 1-2-5 M19 4v4h-4",
    "folder": "M4 7a2 2 0 0 1 2-2h4l2 2h6a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2z",
    "close": "M7 7l10 10 M17 7L7 17",
    "check": "M6 12.5l4 4 8-9",
    "down": "M7 10l5 5 5-5",
    "warning": "M12 4L2.8 20h18.4z M12 10v5 M12 17.5h.01",
    "info": "M12 3.5a8.5 8.5 0 1 0 0 17a8.5 8.5 0 1 0 0-17z M12 11v5.5 M12 7.8h.01",
    "star": "M12 4l2.5 5.2 5.7.8-4.1 4 1 5.6-5.1-2.7-5.1 2.7 1-5.6-4.1-4 5.7-.8z",
    "note": "M9 17.5a2.5 2.5 0 1 1-5 0a2.5 2.5 0 1 1 5 0z M9 17.5V5l10-2v12.5 M19 15.5a2.5 2.5 0 1 1-5 0"
    "a2.5 2.5 0 1 1 5 0z M9 8.5l10-2",
    "backspace": "M9 6h10a1.5 1.5 0 0 1 1.5 1.5v9A1.5 1.5 0 0 1 19 18H9l-5.5-6z"
    " M12 9.8l4.4 4.4 M16.4 9.8L12 14.2",
    "save": "M12 4v10 M8 10.5l4 4 4-4 M5 18.5h14",
}
_FILLED = ("play", "stop", "record")
_SIZES = (18, 20, 36, 40)


def icon(name: str, colour: str) -> QIcon:
    """In all the sizes that are used, for screens of usual and of double density."""
    made = QIcon()
    for size in _SIZES:
        made.addPixmap(pixmap(name, colour, size, 1.0))
    return made


def pixmap(name: str, colour: str, size: int, ratio: float) -> QPixmap:
    """For a label, at the density of the screen it is on."""
    drawn = QPixmap(round(size * ratio), round(size * ratio))
    drawn.fill(Qt.GlobalColor.transparent)
    painter = QPainter(drawn)
    QSvgRenderer(QByteArray(_svg(name, colour))).render(painter, QRectF(drawn.rect()))
    painter.end()
    drawn.setDevicePixelRatio(ratio)
    return drawn


def write_svg(name: str, colour: str, folder: Path) -> str:
    """A file with the icon, for style sheets, which take no others; returns its path as they want it."""
    path = folder / f"{name}-{colour.lstrip('#')}.svg"
    path.write_bytes(_svg(name, colour))
    return path.as_posix()


@lru_cache(maxsize=256)
def _svg(name: str, colour: str) -> bytes:
    fill = colour if name in _FILLED else "none"
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="24" height="24">'
        f'<path {_turned(name)}d="{_STROKES[name]}" fill="{fill}" stroke="{colour}" '
        f'stroke-width="{_width(name)}" stroke-linecap="round" stroke-linejoin="round"/></svg>'
    ).encode()


def _width(name: str) -> float:
    """Instruments are drawn larger than what stands in a line of text."""
    return 1.3 if name in INSTRUMENTS else 1.8


def _turned(name: str) -> str:
    return f'transform="rotate({TURNED_DEGREES[name]} 12 12)" ' if name in TURNED_DEGREES else ""
