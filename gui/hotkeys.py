"""Hotkeys: keys for what one does while speaking. They work anywhere in the window, and can be changed."""

from collections.abc import Callable

from PyQt6.QtCore import QCoreApplication, QObject
from PyQt6.QtGui import QKeySequence, QShortcut
from PyQt6.QtWidgets import QWidget

DEFAULTS = {
    "start": "Ctrl+Return",
    "compare": "Ctrl+B",
    "mute": "Ctrl+M",
    "record": "Ctrl+R",
    "next_voice": "Ctrl+Down",
    "previous_voice": "Ctrl+Up",
    "search": "Ctrl+F",
}


def texts() -> dict[str, str]:
    translate = QCoreApplication.translate
    return {
        "start": translate("hotkeys", "Start or stop"),
        "compare": translate("hotkeys", "Compare with your own voice"),
        "mute": translate("hotkeys", "Mute"),
        "record": translate("hotkeys", "Record"),
        "next_voice": translate("hotkeys", "Next voice"),
        "previous_voice": translate("hotkeys", "Previous voice"),
        "search": translate("hotkeys", "Search voices"),
    }


class Hotkeys(QObject):
    def __init__(self, window: QWidget, actions: dict[str, Callable[[], None]]) -> None:
        super().__init__(window)
        self._shortcuts: dict[str, QShortcut] = {}
        for name, action in actions.items():
            shortcut = QShortcut(window)
            shortcut.setAutoRepeat(name.endswith("voice"))
            shortcut.activated.connect(action)
            self._shortcuts[name] = shortcut
        self.use({})

    def use(self, changed: dict[str, str]) -> None:
        """Args: changed: those that are not as they came; an empty text is no key."""
        for name, shortcut in self._shortcuts.items():
            shortcut.setKey(QKeySequence(changed.get(name, DEFAULTS[name])))

    def keys(self) -> dict[str, str]:
        return {name: shortcut.key().toString() for name, shortcut in self._shortcuts.items()}


def clash(keys: dict[str, str], name: str, key: str) -> str:
    """The other action that has this key; empty if none."""
    return next((other for other, taken in keys.items() if key and other != name and taken == key), "")
