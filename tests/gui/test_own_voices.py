"""Voices of one's own, and the first steps; the program's command line is played by the test."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PyQt6.QtCore import QObject, Qt
from pytestqt.qtbot import QtBot

from gui.add_voice import AddVoice
from gui.demo_link import DemoLink, voice
from gui.program_call import ProgramCall
from gui.session import Session

LEFT = Qt.MouseButton.LeftButton


class Calls:
    """In place of ProgramCall: notes the arguments, and answers when the test says so."""

    def __init__(self) -> None:
        self.arguments: list[list[str]] = []
        self._thens: list[Callable[[dict[str, Any]], None]] = []

    def __call__(self, arguments: list[str], then: Callable[[dict[str, Any]], None], parent: object) -> None:
        self.arguments.append(arguments)
        self._thens.append(then)

    def answer(self, **answer: Any) -> None:
        self._thens.pop(0)(answer)


@pytest.fixture
def calls() -> Calls:
    return Calls()


@pytest.fixture
def dialog(session: Session, calls: Calls) -> AddVoice:
    dialog = session.own_voices.add()
    dialog.call = calls  # type: ignore[assignment]
    return dialog


def test_a_voice_from_files_takes_name_speech_and_consent(
    qtbot: QtBot, session: Session, link: DemoLink, dialog: AddVoice, calls: Calls, tmp_path: Path
) -> None:
    dialog.use_files([tmp_path / "me.wav", tmp_path / "me too.wav"])
    qtbot.keyClicks(dialog.name, "Zoe")
    assert not dialog.make.isEnabled()
    dialog.consent.click()
    qtbot.mouseClick(dialog.make, LEFT)
    assert calls.arguments == [["--enroll", "Zoe", str(tmp_path / "me.wav"), str(tmp_path / "me too.wav")]]
    calls.answer(error="There is no speech in me.wav.")
    assert dialog.note.text() == "There is no speech in me.wav." and dialog.isVisible()
    qtbot.mouseClick(dialog.make, LEFT)
    link.voices.append(voice("Zoe", "F", 210, own=True))
    calls.answer(id="Zoe", hint="More speech would make it better.")
    assert not dialog.isVisible()
    qtbot.waitUntil(lambda: link.settings["target"] == "Zoe")
    assert session.window.notices.text == "The voice Zoe is ready. More speech would make it better."


def test_a_voice_from_the_microphone(
    qtbot: QtBot, session: Session, link: DemoLink, dialog: AddVoice
) -> None:
    qtbot.mouseClick(dialog.record, LEFT)
    assert link.settings["mute"] is True and link.state == "running"
    link.tell_stats()
    path = Path(link.asked("record")[-1]["input"])
    link.tell_stats(recorded_seconds=5.0, input_peak=0.02)
    assert dialog.bar.value() == 50 and not dialog.record.isEnabled()
    link.tell_stats(recorded_seconds=10.0, input_peak=0.03)
    assert link.asked("record")[-1] == {} and link.state == "stopped"
    qtbot.waitUntil(lambda: link.settings["mute"] is False)
    assert "very quiet" in dialog.note.text() and path.parent.is_dir()
    dialog.reject()
    assert not path.parent.exists()


def test_a_microphone_that_does_not_open_is_said(qtbot: QtBot, link: DemoLink, dialog: AddVoice) -> None:
    link.refusals["start"] = ("It is in use.", 3)
    qtbot.mouseClick(dialog.record, LEFT)
    assert dialog.note.text() == "The microphone could not be opened." and dialog.record.isEnabled()


def test_closing_in_the_middle_ends_the_take(qtbot: QtBot, link: DemoLink, dialog: AddVoice) -> None:
    qtbot.mouseClick(dialog.record, LEFT)
    link.tell_stats()
    dialog.reject()
    assert link.state == "stopped" and link.asked("record")[-1] == {}
    link.tell_stats(recorded_seconds=10.0)  # too late to matter
    assert link.asked("record")[-1] == {}


def test_rename_and_remove(qtbot: QtBot, session: Session, link: DemoLink, calls: Calls) -> None:
    own = session.own_voices
    own.call = calls  # type: ignore[assignment]
    session.controller.change(target="Zoe")
    own.rename("Zoe", "Zoë")
    assert calls.arguments[-1] == ["--rename-voice", "Zoe", "Zoë"]
    calls.answer(name="Zoë")
    qtbot.waitUntil(lambda: link.settings["target"] == "Zoë")
    own.remove("Zoë")
    assert calls.arguments[-1] == ["--remove-voice", "Zoë"]
    qtbot.waitUntil(lambda: link.settings["target"] != "Zoë")
    calls.answer(error="The file is in use.")
    assert session.window.notices.text == "The file is in use."


def test_the_program_answers_in_json(qtbot: QtBot, tmp_path: Path) -> None:
    answers: list[dict[str, Any]] = []
    parent = QObject()
    ProgramCall([str(tmp_path / "none.wav"), str(tmp_path / "out.wav")], answers.append, parent)
    qtbot.waitUntil(lambda: bool(answers), timeout=60_000)
    assert "none.wav" in answers[0]["error"]


def test_the_first_steps(qtbot: QtBot, session: Session, link: DemoLink, calls: Calls) -> None:
    steps = session.welcome()
    steps.call = calls  # type: ignore[assignment]
    steps.input.setCurrentIndex(2)
    steps.input.activated.emit(2)
    qtbot.waitUntil(lambda: link.settings["input"] == "USB Microphone, Core Audio")
    for _ in range(3):
        qtbot.mouseClick(steps.onward, LEFT)
    qtbot.mouseClick(steps.try_it, LEFT)
    link.tell_stats()
    link.tell_stats(recorded_seconds=4.0, input_peak=0.3)
    source, result, *rest = calls.arguments[-1]
    assert Path(source).name == "take.wav" and rest == ["--target", "p230"]
    calls.answer(error="It could not be converted.")
    assert steps.note.text() == "It could not be converted." and steps.try_it.isEnabled()
    qtbot.mouseClick(steps.onward, LEFT)
    assert not steps.isVisible() and session.settings.is_welcomed


def test_measuring_the_delay(qtbot: QtBot, session: Session, link: DemoLink) -> None:
    session.window.show_page(1)
    page = session.window.devices
    qtbot.mouseClick(page.measure, LEFT)
    assert page.delay.text() == "88 ms from mouth to ear, of which the devices take 14 ms."
    link.refusals["measure"] = ("Nothing came back.", 3)
    qtbot.mouseClick(page.measure, LEFT)
    assert page.delay.text() == "Nothing came back." and page.measure.isEnabled()


def test_a_second_output(qtbot: QtBot, session: Session, link: DemoLink) -> None:
    box = session.window.devices.monitor
    assert box.currentText() == "Nowhere else"
    box.setCurrentIndex(box.findText("Headphones"))
    box.activated.emit(box.currentIndex())
    qtbot.waitUntil(lambda: link.settings["monitor"] == "Headphones, Core Audio")
    link.say("monitor", state="running", message="The second output went away.")
    assert session.window.notices.text == "The second output went away."
