"""Choosing devices, trying them, and the way into other programs."""

import pytest
from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot

from gui import cables
from gui.demo_link import DemoLink
from gui.device_box import DeviceBox
from gui.session import Session

LEFT = Qt.MouseButton.LeftButton


def texts(box: DeviceBox) -> list[str]:
    return [box.itemText(place) for place in range(box.count())]


def pick(box: DeviceBox, text: str) -> None:
    box.setCurrentIndex(box.findText(text))
    box.activated.emit(box.currentIndex())


def test_devices_are_grouped_by_host_api(session: Session) -> None:
    page = session.window.devices
    assert texts(page.input) == [
        "Default: USB Microphone",
        "Core Audio",
        "USB Microphone",
        "Studio Interface",
        "JACK",
        "Studio Interface",
    ]
    assert not page.input.model().flags(page.input.model().index(1, 0)) & Qt.ItemFlag.ItemIsSelectable  # type: ignore[union-attr]


def test_a_device_is_chosen_and_the_default_again(qtbot: QtBot, session: Session, link: DemoLink) -> None:
    page = session.window.devices
    pick(page.output, "Headphones")
    qtbot.waitUntil(lambda: link.settings["output"] == "Headphones, Core Audio")
    pick(page.output, "Default: Headphones")
    qtbot.waitUntil(lambda: link.settings["output"] is None)
    page.input.setCurrentIndex(5)  # of two with one name
    page.input.activated.emit(5)
    qtbot.waitUntil(lambda: link.settings["input"] == "Studio Interface, JACK")


def test_different_rates_are_no_reason_to_worry(session: Session) -> None:
    page = session.window.devices
    assert "44.1 kHz are adapted" in page.output_note.text() and "44.1" in page.input_note.text()


def test_devices_that_come_and_go(qtbot: QtBot, session: Session, link: DemoLink) -> None:
    page = session.window.devices
    pick(page.input, "Studio Interface")
    link.devices = link.devices[:2]
    qtbot.mouseClick(page.refresh, LEFT)
    assert page.input.currentText() == "Studio Interface, Core Audio (not connected)"


def test_no_sound_system_is_said_and_leaves_the_rest_to_use(
    qtbot: QtBot, session: Session, link: DemoLink
) -> None:
    link.refusals["devices"] = ("PortAudio is missing.", 3)
    page = session.window.devices
    qtbot.mouseClick(page.refresh, LEFT)
    assert page.input.currentText() == "None connected" and not page.test.isEnabled()
    assert "Files can be converted" in page.input_note.text()


def test_the_microphone_is_tried_without_a_sound(qtbot: QtBot, session: Session, link: DemoLink) -> None:
    session.window.show_page(1)
    page = session.window.devices
    qtbot.mouseClick(page.test, LEFT)
    assert link.state == "running" and link.settings["mute"] is True
    assert link.requests.index(("set", {"mute": True})) < link.requests.index(("start", {}))
    link.tell_stats(input_peak=0.3)
    assert page.test_note.text() == "It works: you are heard."
    qtbot.mouseClick(page.test, LEFT)
    qtbot.waitUntil(lambda: link.settings["mute"] is False)
    assert link.state == "stopped"


def test_a_microphone_that_is_lost_ends_the_trial(qtbot: QtBot, session: Session, link: DemoLink) -> None:
    page = session.window.devices
    session.window.show_page(1)
    link.refusals["start"] = ("It is in use.", 3)
    qtbot.mouseClick(page.test, LEFT)
    assert not page.test.isChecked() and not session.microphone_test.is_on
    qtbot.waitUntil(lambda: session.controller.settings["mute"] is False)


def device(name: str) -> dict[str, object]:
    return {"name": name, "outputs": 2, "inputs": 0}


@pytest.mark.parametrize(
    ("platform", "names", "words"),
    [
        ("win32", ["Speakers"], "VB-Cable is free"),
        ("win32", ["Speakers", "CABLE Input (VB-Audio Virtual Cable)"], "Choose it as output"),
        ("darwin", ["MacBook Speakers"], "BlackHole is free"),
        ("darwin", ["BlackHole 2ch"], "Choose it as output"),
    ],
)
def test_guidance_to_a_cable(platform: str, names: list[str], words: str) -> None:
    told = cables.guidance([device(name) for name in names], platform)
    assert words in told.text and not told.can_be_made
    assert bool(told.link) == ("free" in words)


def test_a_cable_is_made_where_it_can_be(
    qtbot: QtBot, session: Session, link: DemoLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cables, "can_make_cable", lambda: True)
    monkeypatch.setattr("sys.platform", "linux")
    assert cables.guidance([], "linux").can_be_made
    monkeypatch.setattr("gui.session.make_cable", lambda: "")
    session.controller.start()
    session.window.devices.cable_asked.emit()
    assert link.environment == {"PULSE_SINK": "rtvc_cable"}
    assert link.state == "running" and len(link.asked("start")) == 2
    assert cables.guidance([], "linux", has_cable=True).text == session.window.devices.cable_text.text()


def test_without_the_tool_it_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cables, "can_make_cable", lambda: False)
    assert "pulseaudio-utils" in cables.guidance([], "linux").text
