"""What the controller does when the engine refuses, changes its mind or is lost."""

from pathlib import Path

from pytestqt.qtbot import QtBot

from gui.demo_link import DemoLink
from gui.session import Session
from tests.gui.conftest import Open


def test_what_is_refused_is_said_and_put_back(qtbot: QtBot, session: Session, link: DemoLink) -> None:
    link.refusals["set"] = ("The voice p227 was not made for this model.", 4)
    session.controller.change(target="p227")
    qtbot.waitUntil(lambda: session.controller.settings["target"] == "p230")
    assert session.window.notices.text == "The voice p227 was not made for this model."
    link.refusals.clear()
    session.controller.change(target="p225")
    qtbot.waitUntil(lambda: link.settings["target"] == "p225")
    link.settings["target"] = "p230"
    link.say("refused", state="running", message="It could not be opened.")
    assert session.controller.settings["target"] == "p230"
    assert session.window.notices.text == "It could not be opened."


def test_an_engine_that_is_lost_gets_everything_again(qtbot: QtBot, session: Session, link: DemoLink) -> None:
    session.controller.change(target="p227", output_gain_db=-3.0)
    session.controller.start()
    assert link.settings["target"] == "p227"
    link.lose("Segmentation fault")
    transport = session.window.live.transport
    assert "ended unexpectedly" in transport.detail.text()
    assert "Segmentation fault" in transport.detail.text()
    assert not transport.power.isEnabled()
    link.settings |= {"target": "p230", "output_gain_db": 0.0}
    link.open()
    assert link.settings["target"] == "p227" and link.settings["output_gain_db"] == -3.0
    assert link.state == "running" and transport.state.whole_text() == "Live – you speak as p227"


def test_an_engine_that_was_stopped_stays_so(session: Session, link: DemoLink) -> None:
    session.controller.start()
    session.controller.stop()
    link.lose()
    link.open()
    assert link.asked("start") == [{}] and link.state == "stopped"


def test_a_device_that_is_gone_gives_way_to_the_default(session: Session, link: DemoLink) -> None:
    session.controller.change(input="Studio Interface, Core Audio", output="Old Headset, Core Audio")
    link.refusals["start"] = ("There is no output device named so.", 3)
    session.controller.start()
    assert link.settings["output"] is None and link.settings["input"] == "Studio Interface, Core Audio"
    assert "Old Headset" in session.window.notices.text and len(link.asked("start")) == 2


def test_choices_are_remembered_and_switches_are_not(
    qtbot: QtBot, open_session: Open, link: DemoLink
) -> None:
    first = open_session()
    first.controller.change(target="p243", preset="low", mute=True)
    first.settings.theme = "dark"
    first.window.resize(1000, 700)
    first.close()
    link.settings |= {"target": "p230", "preset": "balanced", "mute": False}
    second = open_session()
    assert (link.settings["target"], link.settings["preset"]) == ("p243", "low")
    assert link.settings["mute"] is False and second.settings.theme == "dark"
    assert second.window.width() == 1000


def test_a_value_that_makes_no_sense_any_more_does_not_cost_the_others(
    open_session: Open, link: DemoLink
) -> None:
    first = open_session()
    first.controller.change(target="p243", preset="low")
    first.close()
    link.settings |= {"target": "p230", "preset": "balanced"}
    refuse_target_once(link)
    open_session()
    assert link.settings["preset"] == "low" and link.settings["target"] == "p230"


def refuse_target_once(link: DemoLink) -> None:
    accept = link._set

    def choosy(fields: dict[str, object]) -> dict[str, object]:
        if "target" in fields:
            return {"ok": False, "error": "There is no such voice."}
        return accept(fields)

    link._set = choosy  # type: ignore[method-assign]


def test_damaged_settings_cost_the_memory_only(open_session: Open, tmp_path: Path) -> None:
    for text in ('{"theme": ', "[]", '{"theme": 3}', '{"engine": null}', '{"hotkeys": {"a": 1}}', "\ufeff\0"):
        (tmp_path / "config").mkdir(exist_ok=True)
        (tmp_path / "config" / "window.json").write_text(text, encoding="utf-8")
        session = open_session()
        assert session.settings.theme == "system", text
        assert "could not be read" in session.window.notices.text, text
        session.close()


def test_settings_of_a_newer_version_are_passed_over(open_session: Open, tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "window.json").write_text('{"theme": "dark", "hologram": true}')
    session = open_session()
    assert session.settings.theme == "dark" and session.window.notices.text == ""


def test_a_fault_in_the_window_is_said(session: Session, capsys) -> None:  # type: ignore[no-untyped-def]
    session.has_faulted(ValueError, ValueError("of no use"), None)
    assert "of no use" in session.window.notices.text and "of no use" in capsys.readouterr().err
