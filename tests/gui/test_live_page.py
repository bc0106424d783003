"""What each control of the first page asks of the engine, and what the page shows of its answers."""

import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtWidgets import QAbstractButton
from pytestqt.qtbot import QtBot

from gui.demo_link import DemoLink, voice
from gui.demo_speech import COLUMNS_PER_SECOND, speech_columns
from gui.session import Session
from gui.voice_list import VOICE

LEFT = Qt.MouseButton.LeftButton


def click(qtbot: QtBot, button: QAbstractButton) -> None:
    qtbot.mouseClick(button, LEFT)


def settled(qtbot: QtBot, link: DemoLink, **wanted: object) -> None:
    """Until the engine has been asked for exactly this."""
    qtbot.waitUntil(lambda: {name: link.settings[name] for name in wanted} == wanted, timeout=2000)


def test_start_and_stop(qtbot: QtBot, session: Session, link: DemoLink) -> None:
    transport = session.window.live.transport
    assert transport.state.whole_text() == "Ready" and transport.power.text() == "Start"
    click(qtbot, transport.power)
    assert link.state == "running" and transport.power.text() == "Stop"
    assert transport.state.whole_text() == "Live – you speak as p230"
    assert transport.detail.text() == "USB Microphone → Headphones"
    click(qtbot, transport.power)
    assert link.state == "stopped" and transport.state.whole_text() == "Ready"


def test_a_start_that_fails_says_why_and_can_be_tried_again(
    qtbot: QtBot, session: Session, link: DemoLink
) -> None:
    transport = session.window.live.transport
    link.refusals["start"] = ("The microphone is in use by another program.", 3)
    click(qtbot, transport.power)
    assert transport.state.whole_text() == "Could not start"
    assert transport.detail.text() == "The microphone is in use by another program."
    link.refusals.clear()
    click(qtbot, transport.power)
    assert transport.state.whole_text() == "Live – you speak as p230"


def choose_row(qtbot: QtBot, session: Session, name: str) -> None:
    view = session.window.live.voices.list
    model = view.model()
    assert model is not None
    place = next(row for row in range(model.rowCount()) if model.index(row, 0).data(VOICE)["id"] == name)
    view.scrollTo(model.index(place, 0))
    rect = view.visualRect(model.index(place, 0))
    qtbot.mouseClick(view.viewport(), LEFT, pos=rect.topLeft() + QPoint(60, 20))


def test_a_voice_is_chosen_by_a_click(qtbot: QtBot, session: Session, link: DemoLink) -> None:
    choose_row(qtbot, session, "p227")
    settled(qtbot, link, target="p227", mode="speaker")
    assert session.window.live.signal.output.name.whole_text() == "p227"


def test_a_voice_is_chosen_by_keys_alone(qtbot: QtBot, session: Session, link: DemoLink) -> None:
    view = session.window.live.voices.list
    view.setFocus()
    qtbot.keyClick(view, Qt.Key.Key_Down)
    assert link.asked("set") == []  # to walk is not to choose
    qtbot.keyClick(view, Qt.Key.Key_Return)
    settled(qtbot, link, target="p232")


def test_voices_are_searched_and_filtered(qtbot: QtBot, session: Session, link: DemoLink) -> None:
    voices = session.window.live.voices
    model = voices.list.model()
    assert model is not None and model.rowCount() == len(link.voices)
    qtbot.mouseClick(voices.kinds.findChildren(QAbstractButton)[1], LEFT)
    assert {model.index(row, 0).data(VOICE)["gender"] for row in range(model.rowCount())} == {"F"}
    qtbot.keyClicks(voices.search, "22")
    assert [model.index(row, 0).data(VOICE)["id"] for row in range(model.rowCount())] == ["p225", "p228"]
    qtbot.keyClick(voices.search, Qt.Key.Key_Return)
    settled(qtbot, link, target="p225")
    qtbot.keyClicks(voices.search, "zz")
    assert model.rowCount() == 0 and voices.none.isVisible()


def test_own_voices_come_first_and_have_a_filter(qtbot: QtBot, session: Session, link: DemoLink) -> None:
    voices = session.window.live.voices
    assert voices.kinds.keys() == ["all", "F", "M"]
    link.voices.append(voice("zoe", "F", 210, own=True))
    session.controller.refresh_voices()
    assert voices.kinds.keys() == ["all", "F", "M", "own"]
    assert voices.list.model().index(0, 0).data(VOICE)["id"] == "zoe"  # type: ignore[union-attr]
    own, shipped = voices.menu_for(link.voices[-1]), voices.menu_for(link.voices[0])
    assert [action.isEnabled() for action in own.actions()] == [False, True, True]
    assert [action.isEnabled() for action in shipped.actions()] == [False, False, False]


@pytest.mark.parametrize(
    ("name", "steps", "value"),
    [
        ("pitch_semitones", 4, 2.0),
        ("formant_semitones", -2, -1.0),
        ("noise_reduction", 6, 0.3),
        ("input_gain_db", 3, 3.0),
        ("output_gain_db", -6, -6.0),
    ],
)
def test_sliders(qtbot: QtBot, session: Session, link: DemoLink, name: str, steps: int, value: float) -> None:
    slider = session.window.live.sound.sliders[name].slider
    slider.setFocus()
    key = Qt.Key.Key_Right if steps > 0 else Qt.Key.Key_Left
    for _ in range(abs(steps)):
        qtbot.keyClick(slider, key)
    settled(qtbot, link, **{name: value})
    assert len(link.asked("set")) < abs(steps) + 1  # many moves are gathered
    qtbot.mouseDClick(slider, LEFT)
    settled(qtbot, link, **{name: 0.0})


def test_gate(qtbot: QtBot, session: Session, link: DemoLink) -> None:
    sound = session.window.live.sound
    assert not sound.gate.slider.isEnabled()
    click(qtbot, sound.gate_is_on)
    settled(qtbot, link, gate_db=-50.0)
    qtbot.keyClick(sound.gate.slider, Qt.Key.Key_Right)
    settled(qtbot, link, gate_db=-49.0)
    click(qtbot, sound.gate_is_on)
    settled(qtbot, link, gate_db=None)


def test_blend(qtbot: QtBot, session: Session, link: DemoLink) -> None:
    blend = session.window.live.sound.blend
    blend.other.setCurrentIndex(blend.other.findData("p226"))
    blend.other.activated.emit(blend.other.currentIndex())
    settled(qtbot, link, target="p230:0.50,p226:0.50")
    assert session.window.live.signal.output.name.whole_text() == "p230 + p226"
    qtbot.keyClick(blend.slider, Qt.Key.Key_Left)
    settled(qtbot, link, target="p230:0.55,p226:0.45")
    blend.slider.setValue(0)
    settled(qtbot, link, target="p230")


def test_settings_that_the_engine_does_not_know_are_not_shown(
    qtbot: QtBot, link: DemoLink, open_session
) -> None:  # type: ignore[no-untyped-def]
    for name in ("pitch_semitones", "formant_semitones", "noise_reduction"):
        del link.settings[name]
    sound = open_session().window.live.sound
    assert (
        not sound.sliders["noise_reduction"].isVisible() and not sound.sliders["pitch_semitones"].isVisible()
    )
    assert sound.gate.isVisible() and sound.sliders["input_gain_db"].isVisible()


def test_preset_and_model(qtbot: QtBot, session: Session, link: DemoLink) -> None:
    sound = session.window.live.sound
    click(qtbot, sound.quality.findChildren(QAbstractButton)[0])
    settled(qtbot, link, preset="low")
    assert not sound.model.isVisible()  # one is no choice
    link.models.append(dict(link.models[0], name="autoencoder"))
    link.models.append(dict(link.models[0], name="broken", note="It is damaged."))
    link.open()
    assert [sound.model.itemText(place) for place in range(sound.model.count())] == ["stream", "autoencoder"]
    sound.model.setCurrentIndex(1)
    sound.model.activated.emit(1)
    settled(qtbot, link, model="autoencoder")


def test_mute_and_bypass(qtbot: QtBot, session: Session, link: DemoLink) -> None:
    transport = session.window.live.transport
    session.controller.start()
    click(qtbot, transport.mute)
    settled(qtbot, link, mute=True)
    assert transport.state.whole_text() == "Live – muted"
    click(qtbot, transport.mute)
    settled(qtbot, link, mute=False)
    click(qtbot, transport.bypass)
    settled(qtbot, link, bypass=True)
    assert transport.bypass.isChecked() and transport.state.whole_text() == "Live – your own voice"
    click(qtbot, transport.bypass)
    settled(qtbot, link, bypass=False)
    qtbot.keyClick(transport.bypass, Qt.Key.Key_Space)
    settled(qtbot, link, bypass=True)


def test_bypass_while_it_is_held(qtbot: QtBot, session: Session, link: DemoLink) -> None:
    bypass = session.window.live.transport.bypass
    qtbot.mousePress(bypass, LEFT)
    settled(qtbot, link, bypass=True)
    qtbot.mouseRelease(bypass, LEFT, delay=400)
    settled(qtbot, link, bypass=False)
    assert not bypass.isChecked()


def test_levels_figures_and_clipping(qtbot: QtBot, session: Session, link: DemoLink) -> None:
    session.controller.start()
    live = session.window.live
    link.tell_stats(seconds=61.0, input_peak=1.0, output_peak=0.1, underruns=1, drops=2, f0_hz=118.4)
    assert live.signal.input.meter.is_clipped and not live.signal.output.meter.is_clipped
    assert live.signal.output.meter.level_db == pytest.approx(-20)
    assert live.signal.input.pitch.text() == "118 Hz"
    strip = live.strip
    assert strip.delay.value.text() == "83 ms" and "Conversion 64.8 ms" in strip.delay.toolTip()
    figures = [figure.value.text() for figure in (strip.load, strip.faults, strip.time)]
    assert figures == ["17%", "3", "1:01"]
    assert "too loud" in live.transport.detail.text() and "all the work" in strip.load.toolTip()
    link.tell_stats(effort=0.62)
    assert "62% of the work" in strip.load.toolTip()
    session.controller.stop()
    assert not live.signal.input.meter.is_clipped and strip.delay.value.text() == "–"


def test_spectrograms_scroll(qtbot: QtBot, session: Session, link: DemoLink) -> None:
    session.controller.start()
    assert link.asked("spectrum")[-1] == {"on": True}
    session.window.live.signal.describe({})
    link.open()  # as after a restart: described anew
    link.say("spectrum", input=speech_columns(0, 5, 118.0), output="")
    ends = session.window.live.signal
    assert ends.output.spectrogram.columns is None
    assert (ends.input.spectrogram.columns[-5:] > 0).any()
    assert not ends.input.spectrogram.columns[:-5].any()
    link.say("spectrum", input=speech_columns(5, 7 * COLUMNS_PER_SECOND, 118.0), output="")
    assert ends.input.spectrogram.columns.any(axis=1).all()


def test_spectrograms_cost_nothing_when_they_are_not_seen(session: Session, link: DemoLink) -> None:
    session.window.show_page(1)
    assert link.asked("spectrum")[-1] == {"on": False}
    session.window.show_page(0)
    assert link.asked("spectrum")[-1] == {"on": True}


def test_everything_that_takes_the_focus_has_a_name(session: Session) -> None:
    for page in session.window.pages.findChildren(QAbstractButton):
        if page.focusPolicy() != Qt.FocusPolicy.NoFocus and page.isVisible():
            assert page.accessibleName() or page.text(), page
