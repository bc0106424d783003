"""Digits in the window: every control's effect on what the engine is asked to say, and on files."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import soundfile
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtWidgets import QAbstractButton, QFileDialog
from pytestqt.qtbot import QtBot

from gui.demo_link import DemoLink
from gui.digit_speech import DigitSpeech
from gui.session import Session
from tests.gui.conftest import Open

LEFT = Qt.MouseButton.LeftButton
PATIENCE_MS = 60_000


@pytest.fixture
def digits(session: Session) -> DigitSpeech:
    return shown(session)


def shown(session: Session) -> DigitSpeech:
    session.window.live.mode_asked.emit("digits")
    assert session.digits is not None
    return session.digits


def said(link: DemoLink) -> dict[str, Any]:
    return link.asked("say")[-1]


def end_of(link: DemoLink, digits: DigitSpeech) -> None:
    link.say("said", number=digits._number, digits="", seconds=0.5, whole=True)


def test_the_keypad_types_and_say_says(
    qtbot: QtBot, session: Session, link: DemoLink, digits: DigitSpeech
) -> None:
    session.controller.start()
    digits.pad.text.clear()
    assert not digits.pad.say.isEnabled() and not digits.pad.save.isEnabled()
    for key in "20 5":
        qtbot.mouseClick(digits.pad.keys[key], LEFT)
    qtbot.mouseClick(digits.pad.erase, LEFT)
    qtbot.keyClicks(digits.pad.text, "4x7")
    assert digits.pad.text.text() == "20 47"
    qtbot.mouseClick(digits.pad.say, LEFT)
    assert said(link) == {"digits": "20 47", "voice": "random", "variation": 1.0, "model": "cnn"}
    assert digits.pad.say.text() == "Be quiet"
    end_of(link, digits)
    assert digits.pad.say.text() == "Say it"
    qtbot.keyClick(digits.pad.text, Qt.Key.Key_Return)
    assert len(link.asked("say")) == 2


def test_what_is_said_can_be_ended(
    qtbot: QtBot, session: Session, link: DemoLink, digits: DigitSpeech
) -> None:
    session.controller.start()
    qtbot.mouseClick(digits.pad.say, LEFT)
    qtbot.mouseClick(digits.pad.say, LEFT)
    assert said(link) == {}
    link.say("said", number=99, digits="", seconds=0.1, whole=False)
    assert digits.pad.say.text() == "Be quiet", "that was somebody else's"
    end_of(link, digits)
    assert digits.pad.say.text() == "Say it"


def test_to_say_is_to_start(qtbot: QtBot, session: Session, link: DemoLink, digits: DigitSpeech) -> None:
    qtbot.mouseClick(digits.pad.say, LEFT)
    assert link.state == "running" and said(link)["digits"] == "2024"
    assert session.window.live.transport.state.whole_text() == "Live – type a number"
    names = [name for name, _ in link.requests if name in ("set", "start", "say")]
    assert names == ["set", "start", "say"], "the mode goes first: no microphone is heard"


def test_voice_model_variation_and_target(
    qtbot: QtBot, session: Session, link: DemoLink, digits: DigitSpeech
) -> None:
    session.controller.start()
    sound = digits.sound
    assert sound.voices.segment("random").text() == "Anyone" and len(sound.voices.keys()) == 7
    qtbot.mouseClick(sound.voices.segment("theo"), LEFT)
    qtbot.mouseClick(sound.model.segment("mlp"), LEFT)
    qtbot.keyClick(sound.variation.slider, Qt.Key.Key_Left)
    assert not sound.sliders["pitch_semitones"].slider.isEnabled(), "their own voices are as they are"
    sound.target.setCurrentIndex(sound.target.findData("p230"))
    sound.target.activated.emit(sound.target.currentIndex())
    qtbot.keyClick(sound.sliders["pitch_semitones"].slider, Qt.Key.Key_Right)
    qtbot.keyClick(sound.sliders["formant_semitones"].slider, Qt.Key.Key_Left)
    qtbot.mouseClick(digits.pad.say, LEFT)
    expected = {"digits": "2024", "voice": "theo", "variation": 0.95, "model": "mlp", "target": "p230"}
    assert said(link) == expected
    assert link.settings["pitch_semitones"] == 0.5 and link.settings["formant_semitones"] == -0.5


def test_the_map_is_dragged_on_and_heard(
    qtbot: QtBot, session: Session, link: DemoLink, digits: DigitSpeech
) -> None:
    session.controller.start()
    field, middle = digits.card.map, digits.card.map.rect().center()
    deviation = min(field.width(), field.height()) // 6
    qtbot.mousePress(field, LEFT, pos=middle)
    assert said(link)["digits"] == "7" and said(link)["at"] == pytest.approx([0, 0], abs=0.05)
    for right in (deviation // 2, deviation):
        qtbot.mouseMove(field, middle + QPoint(right, -deviation))
    qtbot.mouseRelease(field, LEFT, pos=middle)
    assert len(link.asked("say")) == 1, "one word after the other"
    end_of(link, digits)
    assert said(link)["at"] == pytest.approx([1, 1], abs=0.1), "where the hand is by now"
    end_of(link, digits)
    assert len(link.asked("say")) == 2
    qtbot.mousePress(field, LEFT, pos=QPoint(0, 0))
    assert max(abs(step) for step in said(link)["at"]) <= 4.0


def test_the_map_by_keys(qtbot: QtBot, session: Session, link: DemoLink, digits: DigitSpeech) -> None:
    session.controller.start()
    field = digits.card.map
    qtbot.keyClick(field, Qt.Key.Key_Up)
    assert said(link)["at"] == [0.0, 0.25] and field.accessibleDescription() == "0.00, 0.25"
    end_of(link, digits)
    qtbot.keyClick(field, Qt.Key.Key_Left)
    assert said(link)["at"] == [-0.25, 0.25]
    end_of(link, digits)
    qtbot.keyClick(field, Qt.Key.Key_Home)
    assert said(link)["at"] == [0.0, 0.0]
    end_of(link, digits)
    qtbot.mouseClick(digits.card.digits.segment("4"), LEFT)
    assert said(link)["digits"] == "4" and digits.card.name.text() == "Ways to say 4"
    end_of(link, digits)
    qtbot.mouseClick(digits.card.again, LEFT)
    assert said(link)["digits"] == "4" and len(link.asked("say")) == 5


def test_what_is_refused_is_said(qtbot: QtBot, session: Session, link: DemoLink, digits: DigitSpeech) -> None:
    session.controller.start()
    link.refusals["say"] = ("There is no model 'cnn' of digits.", 4)
    qtbot.mouseClick(digits.pad.say, LEFT)
    assert digits.pad.note.text() == "There is no model 'cnn' of digits."
    assert digits.pad.say.text() == "Say it"


def test_choices_are_remembered(qtbot: QtBot, open_session: Open, link: DemoLink) -> None:
    first = open_session()
    digits = shown(first)
    qtbot.waitUntil(lambda: link.settings["mode"] == "digits")
    digits.pad.text.setText("31 07")
    qtbot.mouseClick(digits.sound.voices.segment("jackson"), LEFT)
    digits.sound.target.setCurrentIndex(digits.sound.target.findData("p226"))
    digits.sound.target.activated.emit(digits.sound.target.currentIndex())
    first.close()
    again = open_session().digits
    assert again is not None, "the mode was remembered too"
    assert again.pad.text.text() == "31 07"
    expected = {"voice": "jackson", "variation": 1.0, "model": "cnn", "target": "p226"}
    assert again.sound.choices() == expected


def test_the_end_of_the_sound_is_the_end_of_speaking(
    qtbot: QtBot, session: Session, link: DemoLink, digits: DigitSpeech
) -> None:
    session.controller.start()
    qtbot.mouseClick(digits.pad.say, LEFT)
    link.lose()
    assert digits.pad.say.text() == "Say it"
    link.open()
    qtbot.mouseClick(digits.pad.say, LEFT)
    session.window.live.mode_asked.emit("speaker")
    assert said(link) == {}, "who leaves wants silence"


class Calls:
    """In place of ProgramCall: notes the arguments, and answers when the test says so."""

    def __init__(self) -> None:
        self.arguments: list[list[str]] = []
        self.thens: list[Callable[[dict[str, Any]], None]] = []

    def __call__(self, arguments: list[str], then: Callable[[dict[str, Any]], None], parent: object) -> None:
        self.arguments.append(arguments)
        self.thens.append(then)


def test_saving(
    qtbot: QtBot, session: Session, digits: DigitSpeech, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digits.call = calls = Calls()  # type: ignore[assignment]
    chosen = str(tmp_path / "year")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (chosen, ""))
    qtbot.mouseClick(digits.pad.save, LEFT)
    options = ["--digits=2024", "--voice=random", "--variation=1.0", "--model=cnn"]
    assert calls.arguments[-1] == ["--mode", "digits", *options, chosen + ".wav"]
    assert not digits.pad.save.isEnabled()
    calls.thens[-1]({"error": "The disk is full."})
    assert digits.pad.note.text() == "The disk is full." and digits.pad.save.isEnabled()
    digits.card.map.show_place((-1.0, 0.5))
    qtbot.mouseClick(digits.card.save, LEFT)
    assert "--digits=7" in calls.arguments[-1] and "--at=-1,0.5" in calls.arguments[-1]
    calls.thens[-1]({"seconds": 0.7})
    assert digits.pad.note.text() == "Saved as year.wav"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: ("", ""))
    qtbot.mouseClick(digits.pad.save, LEFT)
    assert len(calls.arguments) == 2


def test_without_a_sound_card_files_are_made_and_the_rest_says_what_is_missing(
    qtbot: QtBot, session: Session, link: DemoLink, digits: DigitSpeech, tmp_path: Path
) -> None:
    link.devices = []
    session.controller.refresh_devices()
    link.refusals["start"] = ("This machine has no microphone; connect one, or switch it on.", 3)
    qtbot.mouseClick(digits.pad.say, LEFT)
    assert "no microphone" in session.window.live.transport.detail.text()
    assert "a WAV file can be saved" in digits.pad.note.text() and link.asked("say") == []
    out = tmp_path / "real.wav"
    digits.save(out, digits="2024")
    qtbot.waitUntil(lambda: digits.pad.save.isEnabled(), timeout=PATIENCE_MS)
    assert digits.pad.note.text() == "Saved as real.wav" and soundfile.info(out).duration > 1.0


def test_a_place_in_another_voice_is_saved_by_the_program_itself(
    qtbot: QtBot, session: Session, digits: DigitSpeech, tmp_path: Path
) -> None:
    digits.sound.target.setCurrentIndex(digits.sound.target.findData("p230"))
    digits.sound.target.activated.emit(digits.sound.target.currentIndex())
    digits.save(tmp_path / "place.wav", digits="7", at=[-0.5, 1.0])
    qtbot.waitUntil(lambda: digits.pad.save.isEnabled(), timeout=PATIENCE_MS)
    assert digits.pad.note.text() == "Saved as place.wav"
    assert soundfile.info(tmp_path / "place.wav").samplerate == 22050


def test_everything_that_takes_the_focus_has_a_name(session: Session, digits: DigitSpeech) -> None:
    for button in session.window.pages.findChildren(QAbstractButton):
        if button.focusPolicy() != Qt.FocusPolicy.NoFocus and button.isVisible():
            assert button.accessibleName() or button.text(), button


def test_settings_of_digits_are_kept_in_the_file(
    qtbot: QtBot, session: Session, digits: DigitSpeech, tmp_path: Path
) -> None:
    digits.pad.text.setText("42")
    session.save()
    kept = json.loads((tmp_path / "config" / "window.json").read_text())
    assert kept["digits"]["digits"] == "42" and kept["digits"]["voice"] == "random"
