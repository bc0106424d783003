"""A window without a display, on an engine that pretends."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PyQt6.QtWidgets import QApplication  # noqa: E402
from pytestqt.qtbot import QtBot  # noqa: E402

from gui.app import Session  # noqa: E402
from gui.demo_link import DemoLink  # noqa: E402
from gui.window_settings import SettingsFile  # noqa: E402

Open = Callable[..., Session]


@pytest.fixture
def link(qapp: QApplication) -> DemoLink:
    return DemoLink()


@pytest.fixture
def open_session(qapp: QApplication, qtbot: QtBot, link: DemoLink, tmp_path: Path) -> Iterator[Open]:
    """Opens a window on `link`; the settings of all of them are in one folder. One at a time."""
    opened: list[Session] = []

    def open_one() -> Session:
        session = Session(qapp, SettingsFile(tmp_path / "config"), link, tmp_path)
        opened.append(session)
        qtbot.addWidget(session.window)
        session.open()
        qtbot.waitExposed(session.window)
        return session

    yield open_one
    for session in opened:
        if session.is_open:
            session.close()


@pytest.fixture
def session(open_session: Open) -> Session:
    return open_session()
