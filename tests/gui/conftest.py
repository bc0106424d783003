"""A window without a display, on an engine that pretends."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PyQt6.QtCore import QEvent  # noqa: E402
from PyQt6.QtWidgets import QApplication  # noqa: E402
from pytestqt.qtbot import QtBot  # noqa: E402

from gui.demo_link import DemoLink  # noqa: E402
from gui.session import Session  # noqa: E402
from gui.window_settings import SettingsFile, WindowSettings  # noqa: E402

Open = Callable[..., Session]


@pytest.fixture
def link(qapp: QApplication) -> DemoLink:
    return DemoLink()


@pytest.fixture
def open_session(qapp: QApplication, qtbot: QtBot, link: DemoLink, tmp_path: Path) -> Iterator[Open]:
    """Opens a window on `link`; the settings of all of them are in one folder. One at a time."""
    opened: list[Session] = []

    def open_one() -> Session:
        while opened:  # one at a time
            end(opened.pop())
        if not (tmp_path / "config" / "window.json").exists():
            SettingsFile(tmp_path / "config").save(WindowSettings(is_welcomed=True))
        session = Session(qapp, SettingsFile(tmp_path / "config"), link, tmp_path)
        opened.append(session)
        session.open()
        qtbot.waitExposed(session.window)
        return session

    yield open_one
    while opened:
        end(opened.pop())


def end(session: Session) -> None:
    """The window is gone at once: every one that is left makes the next change of style slower."""
    if session.is_open:
        session.close()
    session.window.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


@pytest.fixture
def session(open_session: Open) -> Session:
    return open_session()
