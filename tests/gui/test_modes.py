"""The three modes: what changes with them, what each keeps for itself, and every control of Timbre."""

import json
from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QComboBox
from pytestqt.qtbot import QtBot

from gui.demo_link import DemoLink
from gui.modes import DIGITS, SPEAKER, TIMBRE
from gui.session import Session
from tests.gui.conftest import Open

LEFT = Qt.MouseButton.LeftButton


def settled(qtbot: QtBot, link: DemoLink, **wanted: object) -> None:
    qtbot.waitUntil(lambda: {name: link.settings[name] for name in wanted} == wanted, timeout=2000)


def switch(qtbot: QtBot, session: Session, mode: str) -> None:
    qtbot.mouseClick(session.window.live.mode.segment(mode), LEFT)


def pick(box: QComboBox, text: str) -> None:
    box.setCurrentIndex(box.findText(text))
    box.activated.emit(box.currentIndex())


def test_a_mode_shows_its_own_panels_and_hides_what_makes_no_sense(
    qtbot: QtBot, session: Session, link: DemoLink
) -> None:
    live = session.window.live
    assert live.instruments is None and live.digits is None, "made when they are seen, not before"
    switch(qtbot, session, TIMBRE)
    settled(qtbot, link, mode="timbre")
    assert live.instruments is not None and live.sound.timbre is not None
    assert live.instruments.isVisible() and live.sound.timbre.scale.isVisible()
    assert not live.voices.isVisible() and not live.sound.blend.isVisible()
    assert not live.sound.sliders["formant_semitones"].isVisible()
    switch(qtbot, session, DIGITS)
    settled(qtbot, link, mode="digits")
    assert live.digits is not None
    assert live.digits.pad.isVisible() and live.digits.card.isVisible() and live.digits.sound.isVisible()
    for hidden in (live.instruments, live.sound, live.signal.input, live.transport.bypass):
        assert not hidden.isVisible()
    switch(qtbot, session, SPEAKER)
    settled(qtbot, link, mode="speaker")
    assert live.voices.isVisible() and live.signal.input.isVisible() and live.transport.bypass.isVisible()
    assert live.sound.blend.isVisible() and not live.sound.timbre.scale.isVisible()
    assert not live.digits.pad.isVisible() and not live.digits.card.isVisible()


def test_modes_are_switched_by_keys_alone(qtbot: QtBot, session: Session, link: DemoLink) -> None:
    speaker = session.window.live.mode.segment(SPEAKER)
    session.window.activateWindow()
    qtbot.waitUntil(session.window.isActiveWindow)
    speaker.setFocus()
    qtbot.keyClick(speaker, Qt.Key.Key_Right)
    settled(qtbot, link, mode="timbre")


def test_each_mode_keeps_its_own_pitch_and_model(
    qtbot: QtBot, open_session: Open, link: DemoLink, tmp_path: Path
) -> None:
    session = open_session()
    session.controller.change(pitch_semitones=-2.0, formant_semitones=1.0, bypass=True)
    switch(qtbot, session, TIMBRE)
    settled(qtbot, link, mode="timbre", pitch_semitones=0.0, formant_semitones=0.0, bypass=False)
    session.controller.change(pitch_semitones=12.0, model="timbre-mels")
    switch(qtbot, session, SPEAKER)
    settled(qtbot, link, mode="speaker", pitch_semitones=-2.0, formant_semitones=1.0, model="stream")
    session.close()
    kept = json.loads((tmp_path / "config" / "window.json").read_text())
    assert kept["modes"]["timbre"] == {
        "model": "timbre-mels",
        "pitch_semitones": 12.0,
        "formant_semitones": 0.0,
    }
    again = open_session()
    switch(qtbot, again, TIMBRE)
    settled(qtbot, link, pitch_semitones=12.0, model="timbre-mels")


def test_the_mode_is_remembered(qtbot: QtBot, open_session: Open, link: DemoLink) -> None:
    first = open_session()
    switch(qtbot, first, TIMBRE)
    first.controller.change(timbre="cello", scale="F#-dorian", vibrato=0.5)
    first.close()
    link.settings |= {"mode": "speaker", "timbre": "flute", "scale": None, "vibrato": 1.0}
    live = open_session().window.live
    assert (link.settings["mode"], link.settings["timbre"]) == ("timbre", "cello")
    assert live.instruments is not None and live.instruments.tiles.tile("cello").isChecked()
    assert live.sound.timbre is not None and live.sound.timbre.scale.note.currentText() == "F#"
    assert live.sound.timbre.scale.kind.currentText() == "dorian"


def test_an_instrument_is_chosen_by_its_tile_and_by_keys(
    qtbot: QtBot, session: Session, link: DemoLink
) -> None:
    switch(qtbot, session, TIMBRE)
    live = session.window.live
    assert live.instruments is not None
    tiles = live.instruments.tiles
    assert len(tiles.keys()) == 7 and tiles.tile("flute").isChecked()
    qtbot.mouseClick(tiles.tile("violin"), LEFT)
    settled(qtbot, link, timbre="violin")
    assert live.signal.output.name.whole_text() == "Violin"
    session.controller.start()
    assert live.transport.state.whole_text() == "Live – Violin plays what you hum"
    session.window.activateWindow()
    qtbot.waitUntil(session.window.isActiveWindow)
    tiles.tile("trumpet").setFocus()
    qtbot.keyClick(tiles.tile("trumpet"), Qt.Key.Key_Space)
    settled(qtbot, link, timbre="trumpet")
    qtbot.keyClick(session.window, Qt.Key.Key_Up, Qt.KeyboardModifier.ControlModifier)
    settled(qtbot, link, timbre="saxophone")
    assert link.settings["mode"] == "timbre"


@pytest.mark.parametrize(
    ("name", "steps", "value", "rest"),
    [
        ("pitch_semitones", 12, 12.0, 0.0),
        ("vibrato", -4, 0.8, 1.0),
        ("added_vibrato_cents", 4, 20.0, 0.0),
        ("breath", 2, 1.1, 1.0),
    ],
)
def test_how_an_instrument_plays(
    qtbot: QtBot, session: Session, link: DemoLink, name: str, steps: int, value: float, rest: float
) -> None:
    switch(qtbot, session, TIMBRE)
    controls = session.window.live.sound.timbre
    assert controls is not None
    slider = controls.sliders[name].slider
    for _ in range(abs(steps)):
        qtbot.keyClick(slider, Qt.Key.Key_Right if steps > 0 else Qt.Key.Key_Left)
    settled(qtbot, link, **{name: value})
    qtbot.mouseDClick(slider, LEFT)
    settled(qtbot, link, **{name: rest})


def test_scale(qtbot: QtBot, session: Session, link: DemoLink) -> None:
    switch(qtbot, session, TIMBRE)
    controls = session.window.live.sound.timbre
    assert controls is not None
    scale, glide = controls.scale, controls.sliders["scale_glide_ms"].slider
    assert not scale.slider.isEnabled() and not scale.kind.isEnabled() and not glide.isEnabled()
    pick(scale.note, "G")
    settled(qtbot, link, scale="G-major")
    pick(scale.kind, "minor pentatonic")
    settled(qtbot, link, scale="G-minor-pentatonic")
    qtbot.keyClick(scale.slider, Qt.Key.Key_Left)
    settled(qtbot, link, scale_strength=0.95)
    qtbot.keyClick(glide, Qt.Key.Key_Right)
    settled(qtbot, link, scale_glide_ms=70.0)
    pick(scale.note, "none")
    settled(qtbot, link, scale=None)


def test_models_are_those_of_the_mode(qtbot: QtBot, session: Session, link: DemoLink) -> None:
    model = session.window.live.sound.model
    assert not model.isVisible()  # one that speaks is no choice
    switch(qtbot, session, TIMBRE)
    assert [model.itemText(place) for place in range(model.count())] == ["timbre", "timbre-mels"]
    assert model.isVisible() and model.currentText() == "timbre"
    pick(model, "timbre-mels")
    settled(qtbot, link, model="timbre-mels")


def test_files_are_converted_by_what_is_heard_and_never_to_silence(
    qtbot: QtBot, session: Session, link: DemoLink
) -> None:
    files = session.window.files
    session.controller.change(pitch_semitones=-2.0)
    switch(qtbot, session, TIMBRE)
    assert files.queue.settings["mode"] == "timbre" and "Flute" in files.voice.whole_text()
    assert files.queue._place_for(Path("/x/song.wav")) == Path("/x/song (flute).wav")
    switch(qtbot, session, DIGITS)
    assert files.queue.settings["mode"] == "speaker" and "p230" in files.voice.whole_text()
    assert files.queue.settings["pitch_semitones"] == -2.0


def test_an_engine_of_one_mode_offers_no_others(open_session: Open, link: DemoLink) -> None:
    del link.settings["timbre"]
    assert not open_session().window.live.mode.isVisible()


def test_a_mode_that_is_refused_is_said_and_put_back(qtbot: QtBot, session: Session, link: DemoLink) -> None:
    link.refusals["set"] = ("There is no model 'timbre'.", 4)
    switch(qtbot, session, TIMBRE)
    qtbot.waitUntil(lambda: session.controller.settings["mode"] == "speaker")
    assert session.window.notices.text == "There is no model 'timbre'."
    assert session.window.live.voices.isVisible()
    assert session.window.live.mode.segment(SPEAKER).isChecked()


def test_what_modes_kept_may_be_damaged(
    qtbot: QtBot, open_session: Open, link: DemoLink, tmp_path: Path
) -> None:
    open_session().close()
    path = tmp_path / "config" / "window.json"
    kept = json.loads(path.read_text())
    path.write_text(json.dumps(kept | {"modes": {"timbre": 3}, "digits": {"digits": 4, "variation": "x"}}))
    session = open_session()
    switch(qtbot, session, TIMBRE)
    settled(qtbot, link, mode="timbre", model="stream")
    switch(qtbot, session, DIGITS)
    assert session.digits is not None and session.digits.pad.text.text() == "2024"
