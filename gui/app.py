"""The application: puts window, controller and engine together, and takes care of their end."""

import signal
import sys
import tempfile
import traceback
from pathlib import Path
from types import TracebackType
from typing import Any

from PyQt6.QtCore import QTimer
from PyQt6.QtGui import QCloseEvent, QGuiApplication
from PyQt6.QtWidgets import QApplication

from gui.cables import LINUX_SINK, make_cable
from gui.controller import Controller
from gui.engine_link import EngineLink
from gui.icons import write_svg
from gui.main_window import MainWindow
from gui.microphone_test import MicrophoneTest
from gui.player import Player
from gui.program import engine_command
from gui.theme import dress, wanted_theme
from gui.window_settings import SettingsFile

_SIGNAL_LOOK_MS = 200


def run() -> int:
    """Open the window and return the exit code when it was closed."""
    application = QApplication.instance() or QApplication(["rtvc"])
    assert isinstance(application, QApplication)
    application.setApplicationName("RTVC")
    application.setDesktopFileName("rtvc")
    with tempfile.TemporaryDirectory(prefix="rtvc-") as images:
        session = Session(application, SettingsFile(), EngineLink(engine_command()), Path(images))
        sys.excepthook = session.has_faulted
        session.open()
        stop = _end_on_signals(application)
        code = application.exec()
        stop.stop()
        session.close()
    return code


class Session:
    """One window with its engine, from opening to closing; tests make their own with a link that pretends."""

    def __init__(self, application: QApplication, file: SettingsFile, link: EngineLink, images: Path) -> None:
        self._application, self._file, self._images = application, file, images
        self.settings, self._damage = file.load()
        self.is_open = False
        self.dress()
        self.controller = Controller(link, self.settings.engine)
        self.window = MainWindow(self.controller)
        self.player = Player(self.window)
        self.microphone_test = MicrophoneTest(self.controller, self.window)
        self._wire()
        hints = QGuiApplication.styleHints()
        if hints is not None:
            hints.colorSchemeChanged.connect(lambda _: self.dress())

    def _wire(self) -> None:
        window, devices = self.window, self.window.devices
        window.closing.connect(self._is_closing)
        self.player.said.connect(window.notices.say)
        devices.tone_asked.connect(self.player.play_tone)
        devices.microphone_test_asked.connect(self.microphone_test.switch)
        devices.cable_asked.connect(self._make_cable)
        self.microphone_test.ended.connect(devices.end_test)
        window.live.voices.preview_asked.connect(self._preview)

    def _preview(self, voice: dict[str, Any]) -> None:
        if voice["preview"]:
            self.player.play_file(Path(voice["preview"]), self.window.devices.output.device_name())

    def _make_cable(self) -> None:
        error = make_cable()
        if error:
            self.window.notices.say(error, "error")
            return
        self.controller.play_into(LINUX_SINK)
        self.window.devices.show_cable(True)

    def open(self) -> None:
        self.window.resize(self.settings.width, self.settings.height)
        self.window.show()
        self.is_open = True
        self.controller.open()
        if self._damage:
            text = self.window.tr(
                "The remembered settings could not be read, so all is as it was at first: {0}"
            )
            self.window.notices.say(text.format(self._damage), "warning")

    def dress(self) -> None:
        theme = wanted_theme(self.settings.theme)
        images = {
            "arrow": write_svg("down", theme.muted, self._images),
            "check": write_svg("check", theme.on_accent, self._images),
        }
        dress(self._application, theme, images)

    def close(self) -> None:
        self.is_open = False
        self.save()
        self.controller.close()

    def save(self) -> None:
        self.settings.engine = self.controller.remembered()
        size = self.window.size()
        self.settings.width, self.settings.height = size.width(), size.height()
        self._file.save(self.settings)

    def has_faulted(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        """A fault in the window is said and printed, and the sound goes on."""
        traceback.print_exception(kind, error, trace)
        text = self.window.tr("The window met a fault of its own ({0}: {1}); please report it.")
        self.window.notices.say(text.format(kind.__name__, error), "error")

    def _is_closing(self, event: QCloseEvent) -> None:
        self._application.quit()


def _end_on_signals(application: QApplication) -> QTimer:
    """Ctrl-C in the terminal closes the window; Python sees signals only when it is given a turn."""
    for name in ("SIGINT", "SIGTERM"):
        signal.signal(getattr(signal, name), lambda *_: application.quit())
    timer = QTimer()
    timer.timeout.connect(lambda: None)
    timer.start(_SIGNAL_LOOK_MS)
    return timer
