"""States of the engine, with its real worker thread and devices whose callbacks a test calls."""

import gc
import sys
import threading

import numpy as np
import pytest

from rtvc import realtime
from rtvc.engine import Engine
from rtvc.errors import ModelError, RtvcError
from rtvc.fades import SINK_SECONDS
from rtvc.settings import ChainSettings
from rtvc.stage import Audio, Pipeline
from rtvc.stats import State
from tests.engine_steps import PATIENCE, PRESET, Announcing, drain, make, talk
from tests.fakes import FakeDevice, Passing


class Crashing(Announcing):
    error: Exception = ZeroDivisionError("by design")
    is_armed = False

    def process(self, block: Audio) -> Audio:
        if self.is_armed:
            raise self.error
        return super().process(block)


def test_sound_flows_and_stats_tell_of_it() -> None:
    device, stage = FakeDevice(), Announcing()
    with make(device, stage) as engine:
        drain(stage)
        heard = talk(device, stage, 1.0)
        stats = engine.stats()
        assert engine.state is stats.state is State.RUNNING
        assert not engine.wait(0)
    assert (heard[-4096:] == 0.25).all()
    assert stats.seconds == pytest.approx(1.0, abs=0.01)
    assert stats.latency.total_ms == pytest.approx(256 / 48 + PRESET.output_margin_ms, abs=11)
    assert stats.overruns == stats.drops == stats.repairs == 0
    assert stats.input_peak == 0.25
    assert engine.state is State.STOPPED and device.is_closed


def test_the_chain_is_made_for_the_rates_of_the_devices_and_warmed_up() -> None:
    device, stage, rates = FakeDevice(rate=22050, block=118), Passing(22050), []

    def pipeline(settings: ChainSettings, input_rate: int, output_rate: int) -> Pipeline:
        rates.append((input_rate, output_rate))
        return Pipeline([stage])

    with Engine(pipeline, ChainSettings(), open_audio=device.open, clock=device.clock):
        assert rates == [(22050, 22050)] and stage.resets == 1


def test_a_crash_becomes_silence_a_state_and_a_sentence() -> None:
    device, stage = FakeDevice(), Crashing()
    with make(device, stage) as engine:
        drain(stage)
        assert talk(device, stage, 1.0)[-1] == 0.25
        stage.is_armed = True
        device.push(np.full(256, 0.25, np.float32))
        with pytest.raises(RtvcError, match="ZeroDivisionError: by design") as caught:
            engine.wait(PATIENCE)
        assert engine.state is State.FAILED and caught.value.__cause__ is stage.error
        device.pull(1024)  # the fade
        assert not device.pull(4096).any(), "nothing old is played"
        assert not device.push(np.full(256, 0.25, np.float32)).any()
    assert engine.state is State.STOPPED


def test_our_own_errors_are_passed_on_as_they_are() -> None:
    device, stage = FakeDevice(), Crashing()
    stage.error = ModelError("The model is broken.")
    with make(device, stage) as engine:
        stage.is_armed = True
        device.push(np.zeros(256, np.float32))
        with pytest.raises(ModelError, match="^The model is broken.$"):
            engine.wait(PATIENCE)


@pytest.mark.parametrize("block", [128, 192, 512, 1024])
def test_stopping_waits_until_the_voice_has_sunk(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    device, stage = FakeDevice(block=block), Announcing()
    engine = make(device, stage)
    engine.start()
    drain(stage)
    talk(device, stage, 1.0)
    heard = list[Audio]()

    def sleep(seconds: float) -> None:
        if seconds >= SINK_SECONDS:  # the worker rests at times
            called = int(seconds * device.output_rate / block)
            heard.extend(
                [device.pull(block) for _ in range(called)][:-1]
            )  # the last one is still to be played

    monkeypatch.setattr("rtvc.session.time.sleep", sleep)
    engine.stop()
    assert heard[0].any() and heard[-1][-1] == 0.0


def test_stopping_while_sound_runs_fades_out_and_ends_the_worker() -> None:
    device, stage = FakeDevice(), Announcing()
    engine = make(device, stage)
    engine.start()
    drain(stage)
    talk(device, stage, 1.0)
    engine.stop()
    device.pull(1024)
    assert device.is_closed and not device.pull(256).any()
    assert not any(thread.name == "rtvc worker" for thread in threading.enumerate())
    assert engine.wait(0)
    engine.stop()


def test_started_again_it_plays_nothing_old() -> None:
    device, stage = FakeDevice(), Announcing()
    engine = make(device, stage)
    for _ in range(2):
        engine.start()
        drain(stage)
        block = np.zeros(256, np.float32)
        for _ in range(200):
            assert not device.push(block).any()
            assert stage.called.acquire(timeout=PATIENCE)
        talk(device, stage, 0.5)
        engine.stop()


def test_a_failing_start_leaves_nothing_behind() -> None:
    device = FakeDevice()
    interval, was_collecting = sys.getswitchinterval(), gc.isenabled()

    def broken(settings: ChainSettings, input_rate: int, output_rate: int) -> Pipeline:
        raise ModelError("There is no such model.")

    engine = Engine(broken, ChainSettings(), open_audio=device.open)
    with pytest.raises(ModelError):
        engine.start()
    assert device.is_closed and engine.state is State.STOPPED
    assert (sys.getswitchinterval(), gc.isenabled()) == (interval, was_collecting)


def test_the_interpreter_is_as_before_after_a_run() -> None:
    interval = sys.getswitchinterval()
    with make(FakeDevice(), Passing()):
        assert sys.getswitchinterval() < interval and not gc.isenabled()
    assert sys.getswitchinterval() == interval and gc.isenabled() and gc.get_freeze_count() == 0


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a limit that only Linux has")
def test_a_thread_that_never_rests_loses_its_rank(monkeypatch: pytest.MonkeyPatch) -> None:
    import resource
    import signal

    limits, lowered = resource.getrlimit(resource.RLIMIT_RTTIME), []
    with realtime.punctual_interpreter():
        assert resource.getrlimit(resource.RLIMIT_RTTIME)[0] == 1_000_000
        monkeypatch.setattr(realtime, "_ranks", {12345: realtime.CALLBACK_PRIORITY})
        monkeypatch.setattr(realtime, "take_rank", lowered.append)
        signal.raise_signal(signal.SIGXCPU)
        assert lowered == [12345]
    assert resource.getrlimit(resource.RLIMIT_RTTIME) == limits
