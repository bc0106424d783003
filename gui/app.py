"""The application: makes the session, runs it, and takes care of its end."""

import signal
import sys
import tempfile
from pathlib import Path

from PyQt6.QtCore import QTimer
from PyQt6.QtGui import QIcon
from PyQt6.QtWidgets import QApplication

from gui.engine_link import EngineLink
from gui.program import engine_command
from gui.session import Session
from gui.window_settings import SettingsFile

_SIGNAL_LOOK_MS = 200
_ICON = Path(__file__).with_name("rtvc.svg")


def run() -> int:
    """Open the window and return the exit code when it was closed."""
    application = QApplication.instance() or QApplication(["rtvc"])
    assert isinstance(application, QApplication)
    application.setApplicationName("RTVC")
    application.setDesktopFileName("rtvc")
    application.setWindowIcon(QIcon(str(_ICON)))
    application.setQuitOnLastWindowClosed(False)
    with tempfile.TemporaryDirectory(prefix="rtvc-") as images:
        session = Session(application, SettingsFile(), EngineLink(engine_command()), Path(images))
        sys.excepthook = session.has_faulted
        session.open()
        stop = _end_on_signals(application)
        code = application.exec()
        stop.stop()
        session.close()
    return code


def _end_on_signals(application: QApplication) -> QTimer:
    """Ctrl-C in the terminal closes the window; Python sees signals only when it is given a turn."""
    for name in ("SIGINT", "SIGTERM"):
        signal.signal(getattr(signal, name), lambda *_: application.quit())
    timer = QTimer()
    timer.timeout.connect(lambda: None)
    timer.start(_SIGNAL_LOOK_MS)
    return timer
