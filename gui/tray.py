"""Tray: the program beside the clock, with what one needs while another window is in front."""

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtWidgets import QMenu, QSystemTrayIcon, QWidget

from gui.icons import icon
from gui.theme import current_theme


class Tray(QObject):
    shown = pyqtSignal()
    toggled = pyqtSignal()
    mute_switched = pyqtSignal(bool)
    quit_asked = pyqtSignal()

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._icon = QSystemTrayIcon(icon("voice", current_theme().accent), window)
        self.menu = QMenu(window)
        self.show_window = self.menu.addAction(self.tr("Show the window"), self.shown.emit)
        self.power = self.menu.addAction(self.tr("Start"), self.toggled.emit)
        self.mute = self.menu.addAction(self.tr("Mute"))
        assert self.mute is not None
        self.mute.setCheckable(True)
        self.mute.triggered.connect(self.mute_switched)
        self.menu.addSeparator()
        self.menu.addAction(self.tr("Quit"), self.quit_asked.emit)
        self._icon.setContextMenu(self.menu)
        self._icon.activated.connect(self._activated)

    @staticmethod
    def is_there() -> bool:
        return QSystemTrayIcon.isSystemTrayAvailable()

    def show(self) -> None:
        if self.is_there():
            self._icon.show()

    def hide(self) -> None:
        self._icon.hide()

    def show_state(self, state: str, message: str) -> None:
        sounds = state in ("starting", "running", "recovering")
        assert self.power is not None
        self.power.setText(self.tr("Stop") if sounds else self.tr("Start"))
        words = self.tr("live") if state == "running" else message
        self._icon.setToolTip(f"RTVC – {words}" if words else "RTVC")

    def show_mute(self, is_muted: bool) -> None:
        assert self.mute is not None
        self.mute.setChecked(is_muted)

    def _activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason is QSystemTrayIcon.ActivationReason.Trigger:
            self.shown.emit()
