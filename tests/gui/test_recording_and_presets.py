"""Recording, presets, hotkeys, the tray and the page of settings."""

import json
from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QCloseEvent, QKeySequence
from PyQt6.QtWidgets import QAbstractButton, QApplication
from pytestqt.qtbot import QtBot

from gui.demo_link import DemoLink
from gui.presets import Presets, clean_name
from gui.session import Session
from gui.theme import DARK, LIGHT, current_theme
from gui.tray import Tray

LEFT = Qt.MouseButton.LeftButton


def test_recording(qtbot: QtBot, session: Session, link: DemoLink, tmp_path: Path) -> None:
    transport = session.window.live.transport
    session.window.settings.recordings_chosen.emit(str(tmp_path / "takes"))
    assert not transport.record.isEnabled()  # nothing to record yet
    session.controller.start()
    qtbot.mouseClick(transport.record, LEFT)
    asked = link.asked("record")[-1]
    assert Path(asked["input"]).parent == Path(asked["output"]).parent == tmp_path / "takes"
    assert asked["input"] != asked["output"] and (tmp_path / "takes").is_dir()
    link.tell_stats(recorded_seconds=65.0)
    assert transport.record.text() == "1:05" and transport.record.isChecked()
    qtbot.mouseClick(transport.record, LEFT)
    assert link.asked("record")[-1] == {}
    assert not transport.record.isChecked() and transport.record.text() == "Record"
    assert session.window.notices.text == f"Recorded into {tmp_path / 'takes'}"


def test_a_recording_that_fails_or_breaks_off_is_said(
    qtbot: QtBot, session: Session, link: DemoLink, tmp_path: Path
) -> None:
    transport = session.window.live.transport
    session.settings.recordings = str(tmp_path)
    session.controller.start()
    link.refusals["record"] = ("The disk is full.", 5)
    qtbot.mouseClick(transport.record, LEFT)
    assert session.window.notices.text == "The disk is full." and not transport.record.isChecked()
    link.refusals.clear()
    qtbot.mouseClick(transport.record, LEFT)
    assert session.recording.is_on
    link.say("recording", state="running", message="The disk became too slow.")
    assert not transport.record.isChecked() and not session.recording.is_on
    qtbot.mouseClick(transport.record, LEFT)
    session.controller.stop()
    assert not transport.record.isChecked()


def test_a_preset_is_saved_and_brings_the_sound_back(qtbot: QtBot, session: Session, link: DemoLink) -> None:
    presets, controller = session.window.presets, session.controller
    controller.change(target="p227", pitch_semitones=2.0, output="Headphones, Core Audio")
    presets.save("Radio: evening?")
    controller.change(target="p230", pitch_semitones=0.0, output=None)
    assert [action.text() for action in presets.fill().actions()][0] == "Radio evening"
    presets.use("Radio evening")
    qtbot.waitUntil(lambda: link.settings["target"] == "p227" and link.settings["pitch_semitones"] == 2.0)
    assert link.settings["output"] is None  # devices are no part of a sound


def test_presets_travel_as_files(qtbot: QtBot, session: Session, link: DemoLink, tmp_path: Path) -> None:
    presets = session.window.presets
    session.controller.change(preset="quality")
    presets.give_out(tmp_path / "sound.json")
    session.controller.change(preset="low")
    presets.take_in(tmp_path / "sound.json")
    qtbot.waitUntil(lambda: link.settings["preset"] == "quality")
    assert "sound" in Presets(tmp_path / "config" / "presets").names()


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"volume": 11}'])
def test_a_preset_that_is_none_is_said(session: Session, link: DemoLink, tmp_path: Path, text: str) -> None:
    (tmp_path / "odd.json").write_text(text)
    session.window.presets.take_in(tmp_path / "odd.json")
    assert "can't be read" in session.window.notices.text and link.asked("set") == []


def test_a_preset_of_a_newer_version_sets_what_is_known(
    qtbot: QtBot, session: Session, link: DemoLink, tmp_path: Path
) -> None:
    (tmp_path / "newer.json").write_text(json.dumps({"target": "p226", "sparkle": 3}))
    session.window.presets.take_in(tmp_path / "newer.json")
    qtbot.waitUntil(lambda: link.settings["target"] == "p226")
    assert "sparkle" not in link.settings


@pytest.mark.parametrize(
    ("name", "kept"), [("a/b\\c", "abc"), ("  ..", "preset"), ("CON\n", "CON"), ("é x", "é x")]
)
def test_names_that_no_file_may_have(name: str, kept: str) -> None:
    assert clean_name(name) == kept


def test_hotkeys(qtbot: QtBot, session: Session, link: DemoLink, tmp_path: Path) -> None:
    window = session.window
    session.settings.recordings = str(tmp_path)
    control = Qt.KeyboardModifier.ControlModifier
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    qtbot.keyClick(window, Qt.Key.Key_Return, control)
    assert link.state == "running"
    qtbot.keyClick(window, Qt.Key.Key_M, control)
    qtbot.waitUntil(lambda: link.settings["mute"] is True)
    qtbot.keyClick(window, Qt.Key.Key_B, control)
    qtbot.waitUntil(lambda: link.settings["bypass"] is True)
    qtbot.keyClick(window, Qt.Key.Key_Down, control)
    qtbot.waitUntil(lambda: link.settings["target"] == "p232")
    qtbot.keyClick(window, Qt.Key.Key_R, control)
    assert session.recording.is_on
    qtbot.keyClick(window, Qt.Key.Key_4, control)
    assert window.pages.currentIndex() == 3


def test_a_hotkey_is_changed_and_remembered(session: Session, tmp_path: Path) -> None:
    page = session.window.settings
    page.edits["mute"].setKeySequence(QKeySequence("F9"))
    page.edits["mute"].editingFinished.emit()
    assert session.hotkeys.keys()["mute"] == "F9"
    kept = json.loads((tmp_path / "config" / "window.json").read_text())
    assert kept["hotkeys"] == {"mute": "F9"}
    page.edits["record"].setKeySequence(QKeySequence("F9"))
    page.edits["record"].editingFinished.emit()
    assert page.clash.text() == "F9 is the key for: Mute"
    assert session.hotkeys.keys()["record"] == "Ctrl+R"
    page.reset.click()
    assert session.hotkeys.keys()["mute"] == "Ctrl+M"


def test_light_and_dark(qtbot: QtBot, session: Session, qapp: QApplication) -> None:
    segments = session.window.settings.theme.findChildren(QAbstractButton)
    for place, theme in ((2, DARK), (1, LIGHT)):
        qtbot.mouseClick(segments[place], LEFT)
        assert current_theme() == theme
        assert qapp.palette().window().color().name() == theme.window


def test_closing_leaves_it_in_the_tray_where_that_is_wanted(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    quits: list[bool] = []
    monkeypatch.setattr(session._application, "quit", lambda: quits.append(True))
    monkeypatch.setattr(Tray, "is_there", staticmethod(lambda: True))
    session.window.settings.tray_switched.emit(True)
    event = QCloseEvent()
    session.window.closing.emit(event)
    assert not event.isAccepted() and not session.window.isVisible() and not quits
    session.tray.shown.emit()
    assert session.window.isVisible()
    session.window.settings.tray_switched.emit(False)
    session.window.closing.emit(QCloseEvent())
    assert quits


def test_the_tray_starts_mutes_and_tells(qtbot: QtBot, session: Session, link: DemoLink) -> None:
    tray = session.tray
    assert tray.power is not None and tray.mute is not None
    tray.power.trigger()
    assert link.state == "running" and tray.power.text() == "Stop"
    tray.mute.trigger()
    qtbot.waitUntil(lambda: link.settings["mute"] is True)
    session.controller.change(mute=False)
    assert not tray.mute.isChecked()
