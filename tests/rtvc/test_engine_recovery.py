"""Devices that vanish, hang or fall behind while the engine runs, and what is heard after."""

import threading

import numpy as np
import pytest

from rtvc import keeper
from rtvc.audio_link import DeviceChoice
from rtvc.engine import Engine
from rtvc.settings import ChainSettings
from rtvc.stage import Pipeline
from rtvc.stats import State
from tests.engine_steps import PATIENCE, PRESET, Announcing, Room, await_notice, drain, make, scaled, talk
from tests.fakes import FakeDevice


def test_a_device_that_falls_silent_is_opened_again_when_it_is_back() -> None:
    device, stage = FakeDevice(), Announcing()
    with make(device, stage) as engine:
        drain(stage)
        talk(device, stage, 1.0)
        await_notice(engine, "state")
        device.is_missing = True
        device.clock.now += 3.5
        notice = await_notice(engine, "state", State.RECOVERING)
        assert "Fake microphone" in notice.message and "went away" in notice.message
        assert engine.stats().message == notice.message
        assert not engine.wait(0), "a lost device is no failure"
        device.is_missing = False
        await_notice(engine, "state")
        drain(stage)
        assert talk(device, stage, 1.0)[-1] == 0.25
        stats = engine.stats()
        assert (stats.state, stats.message, stats.recoveries) == (State.RUNNING, "", 1)
        assert stats.seconds == pytest.approx(2.0, abs=0.05), "counters go on"
        assert stats.latency.total_ms == pytest.approx(256 / 48 + PRESET.output_margin_ms, abs=11)


def test_a_stream_that_ends_by_itself_is_missed_at_once() -> None:
    device, stage = FakeDevice(), Announcing()
    with make(device, stage) as engine:
        await_notice(engine, "state")
        device.is_output_alive = False
        assert "output device 'Fake speaker'" in await_notice(engine, "state", State.RECOVERING).message
        await_notice(engine, "state")


def test_sound_that_piled_up_is_got_rid_of() -> None:
    room = Room()
    with Engine(scaled, ChainSettings(mode="bypass"), open_audio=room.open, clock=room.clock) as engine:
        room.talk_until_so(engine, lambda: engine.stats().seconds > 1.0)
        usual_ms = engine.stats().latency.total_ms
        room.devices[0].backlog_seconds = 0.02
        assert engine.stats().latency.total_ms == pytest.approx(usual_ms + 20.0, abs=0.1), "it is shown"
        room.talk_until_so(engine, lambda: engine.stats().recoveries == 1)
        assert room.devices[0].is_closed and not room.devices[1].is_closed
        assert engine.state is State.RUNNING
        room.talk_until_so(engine, lambda: engine.stats().seconds > 3.0)
        assert engine.stats().latency.total_ms == pytest.approx(usual_ms, abs=0.5)


def test_a_device_that_cannot_be_opened_again_is_waited_for() -> None:
    device, stage = FakeDevice(), Announcing()
    with make(device, stage) as engine:
        await_notice(engine, "state")
        device.is_missing, device.backlog_seconds = True, 0.02
        await_notice(engine, "state", State.RECOVERING)
        device.is_missing = False
        await_notice(engine, "state")


def times_of_cures(backlog_seconds: float, count: int) -> list[float]:
    """When each of `count` backlogs was got rid of, the next one beginning at once."""
    room, cured_at = Room(), list[float]()
    with Engine(scaled, ChainSettings(mode="bypass"), open_audio=room.open, clock=room.clock) as engine:
        for times in range(1, count + 1):
            room.devices[-1].backlog_seconds = backlog_seconds
            room.talk_until_so(engine, lambda times=times: engine.stats().recoveries == times)  # type: ignore[misc]
            cured_at.append(room.clock())
    return cured_at


def test_a_backlog_that_comes_back_is_cured_more_and_more_rarely() -> None:
    second, third, fourth = np.diff(times_of_cures(0.02, 4))
    assert second > 1.5 and third > 1.5 * second and fourth > 1.5 * third


def test_a_long_backlog_is_never_borne_for_long() -> None:
    *_, fourth, fifth = np.diff(times_of_cures(0.2, 6))
    assert 4.0 < fourth < 6.0 and 4.0 < fifth < 6.0


def test_while_the_sound_system_hangs_nothing_is_asked_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper, "_LETTING_GO_SECONDS", PATIENCE)
    device, stage = FakeDevice(), Announcing()
    answers = threading.Event()
    device.has_let_go = lambda: asked.set() or answers.is_set()  # type: ignore[func-returns-value,method-assign]
    asked = threading.Event()
    with make(device, stage) as engine:
        await_notice(engine, "state")
        device.is_input_alive = False
        assert asked.wait(PATIENCE)
        assert len(device.choices) == 1
        answers.set()
        await_notice(engine, "state")


def test_a_stream_that_hangs_for_ever_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper, "_LETTING_GO_SECONDS", 0.05)
    device, stage = FakeDevice(), Announcing()
    device.has_let_go = lambda: False  # type: ignore[method-assign]
    with make(device, stage) as engine:
        await_notice(engine, "state")
        device.is_input_alive = False
        await_notice(engine, "state", State.RECOVERING)
        await_notice(engine, "state")
        assert engine.stats().recoveries == 1


def test_a_number_is_remembered_as_the_name_it_stood_for() -> None:
    device, stage = FakeDevice(), Announcing()
    choice = DeviceChoice("3", None)
    engine = Engine(lambda s, i, o: Pipeline([stage]), ChainSettings(), choice, device.open, device.clock)
    with engine:
        await_notice(engine, "state")
        device.is_input_alive = False
        await_notice(engine, "state", State.RECOVERING)
        await_notice(engine, "state")
    assert device.choices == [choice, DeviceChoice("Fake microphone", None)]
