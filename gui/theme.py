"""Colours, and how Qt's widgets are drawn with them. One accent; everything else is a shade of grey."""

from dataclasses import dataclass

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette
from PyQt6.QtWidgets import QApplication

from gui.style import STYLE

_FAMILIES = ("Inter", "Segoe UI Variable", "Segoe UI", "SF Pro Text", "Cantarell", "Noto Sans", "DejaVu Sans")
_TEXT_PIXELS = 13


@dataclass(frozen=True)
class Theme:
    is_dark: bool
    window: str
    card: str
    raised: str  # buttons and fields on a card
    border: str
    text: str
    muted: str
    accent: str
    accent_hover: str
    accent_soft: str  # a chosen row
    on_accent: str
    good: str
    warning: str
    danger: str
    sunken: str  # behind meters and spectrograms


LIGHT = Theme(
    is_dark=False,
    window="#f4f5f8",
    card="#ffffff",
    raised="#f4f5f8",
    border="#dfe3ea",
    text="#1a1e27",
    muted="#5f6878",
    accent="#4f56d3",
    accent_hover="#434ac0",
    accent_soft="#e8e9fb",
    on_accent="#ffffff",
    good="#23966a",
    warning="#b7791f",
    danger="#cf3f45",
    sunken="#e9ecf1",
)
DARK = Theme(
    is_dark=True,
    window="#14161b",
    card="#1c1f26",
    raised="#272b34",
    border="#323743",
    text="#eceef2",
    muted="#9aa3b3",
    accent="#7f86f5",
    accent_hover="#959bf8",
    accent_soft="#2b2e4a",
    on_accent="#10121a",
    good="#45bf8d",
    warning="#e0a84a",
    danger="#f0686d",
    sunken="#101217",
)


def current_theme() -> Theme:
    """What the application was last dressed in; light before that."""
    application = QApplication.instance()
    return DARK if application and application.property("is_dark") else LIGHT


def wanted_theme(choice: str) -> Theme:
    """`system` asks the platform."""
    if choice == "system":
        hints = QGuiApplication.styleHints()
        choice = "dark" if hints and hints.colorScheme() == Qt.ColorScheme.Dark else "light"
    return DARK if choice == "dark" else LIGHT


def dress(application: QApplication, theme: Theme, images: dict[str, str]) -> None:
    """Give the whole application these colours; `images` are files for `arrow` and `check`."""
    application.setProperty("is_dark", theme.is_dark)
    if not application.styleSheet():  # each of these goes through all widgets there are
        application.setStyle("Fusion")
        application.setFont(_font())
    style = STYLE.substitute(vars(theme), **images)
    if style != application.styleSheet():
        application.setPalette(_palette(theme))
        application.setStyleSheet(style)


def _font() -> QFont:
    present = set(QFontDatabase.families())
    font = QFont(QApplication.font())
    font.setFamilies([family for family in _FAMILIES if family in present] or [font.family()])
    font.setPixelSize(_TEXT_PIXELS)
    return font


def _palette(theme: Theme) -> QPalette:
    palette = QPalette()
    roles = QPalette.ColorRole
    for role, colour in (
        (roles.Window, theme.window),
        (roles.Base, theme.card),
        (roles.AlternateBase, theme.raised),
        (roles.Button, theme.raised),
        (roles.WindowText, theme.text),
        (roles.Text, theme.text),
        (roles.ButtonText, theme.text),
        (roles.PlaceholderText, theme.muted),
        (roles.Highlight, theme.accent),
        (roles.HighlightedText, theme.on_accent),
        (roles.ToolTipBase, theme.text),
        (roles.ToolTipText, theme.card),
        (roles.Link, theme.accent),
    ):
        palette.setColor(role, QColor(colour))
    for role in (roles.WindowText, roles.Text, roles.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(theme.muted))
    return palette
