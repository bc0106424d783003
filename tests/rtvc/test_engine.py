"""States of the engine, with its real worker thread and devices whose callbacks a test calls."""

import gc
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import soundfile

from rtvc import keeper, realtime
from rtvc.audio_link import DeviceChoice
from rtvc.dynamics import Gain
from rtvc.engine import Engine
from rtvc.errors import AudioFileError, DeviceError, ModelError, RtvcError
from rtvc.keeper import Notice
from rtvc.presets import PRESETS, Preset
from rtvc.settings import ChainSettings
from rtvc.stage import Audio, Pipeline
from rtvc.stats import State
from rtvc.wav_writer import WavWriter
from tests.fakes import FakeClock, FakeDevice, Hopping, Passing

PRESET = PRESETS["balanced"]
PATIENCE = 20.0  # seconds; only a broken engine ever waits so long


class Announcing(Passing):
    """Says when it was called, so that a test can go in step with the worker."""

    def __init__(self) -> None:
        super().__init__()
        self.called = threading.Semaphore(0)

    def process(self, block: Audio) -> Audio:
        self.called.release()
        return block


class Crashing(Announcing):
    error: Exception = ZeroDivisionError("by design")
    is_armed = False

    def process(self, block: Audio) -> Audio:
        if self.is_armed:
            raise self.error
        return super().process(block)


def make(device: FakeDevice, stage: Passing) -> Engine:
    build = lambda settings, i, o: Pipeline([stage])  # noqa: E731
    return Engine(build, ChainSettings(), open_audio=device.open, clock=device.clock)


def drain(stage: Announcing) -> None:
    while stage.called.acquire(blocking=False):
        pass


def talk(device: FakeDevice, stage: Announcing, seconds: float) -> Audio:
    """Push sound at the worker's pace and return what was played."""
    block = np.full(device.input_block, 0.25, np.float32)
    played = []
    for _ in range(round(seconds * device.input_rate / len(block))):
        played.append(device.push(block))
        assert stage.called.acquire(timeout=PATIENCE), "the worker did not wake up"
    return np.concatenate(played)


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
        device.pull(512)  # the fade
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


def test_stopping_while_sound_runs_fades_out_and_ends_the_worker() -> None:
    device, stage = FakeDevice(), Announcing()
    engine = make(device, stage)
    engine.start()
    drain(stage)
    talk(device, stage, 1.0)
    engine.stop()
    device.pull(512)
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


def await_notice(engine: Engine, kind: str, state: State = State.RUNNING) -> Notice:
    while (notice := engine.next_notice(PATIENCE)) is not None:
        if (notice.kind, notice.state) == (kind, state):
            return notice
    raise AssertionError(f"no notice of kind {kind} in state {state}")


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


def test_sound_that_piled_up_is_got_rid_of_but_not_for_ever() -> None:
    device, stage = FakeDevice(), Announcing()
    with make(device, stage) as engine:
        await_notice(engine, "state")
        for _ in range(3):
            device.backlog_seconds = 2.0
            assert "2.0 s behind" in await_notice(engine, "state", State.RECOVERING).message
            await_notice(engine, "state")
        device.backlog_seconds = 2.0  # such a figure cannot be believed
        assert engine.next_notice(0.5) is None
        assert engine.stats().recoveries == 3


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
        monkeypatch.setattr(realtime, "_raised_threads", [12345])
        monkeypatch.setattr(realtime, "_lower", lowered.append)
        signal.raise_signal(signal.SIGXCPU)
        assert lowered == [12345]
    assert resource.getrlimit(resource.RLIMIT_RTTIME) == limits


class Room:
    """Several devices, one of which the engine may have open beside another; all hear the same voice."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.devices: list[FakeDevice] = []
        self.refused: str | None = None

    def open(self, preset: Preset, choice: DeviceChoice, afresh: bool = False) -> FakeDevice:
        if choice.output == self.refused and self.refused is not None:
            raise DeviceError(f"There is no output device named '{self.refused}'.")
        device = FakeDevice(block=preset.block_samples, clock=self.clock)
        device.output = f"Speaker {choice.output}"
        self.devices.append(device)
        return device

    def talk_until(self, engine: Engine, kind: str) -> Notice:
        for _ in range(200_000):
            for device in self.devices:
                if not device.is_closed and device.is_started:
                    device.push(np.full(device.input_block, 0.25, np.float32))
            notice = engine.next_notice(0.0005)
            if notice is not None and notice.kind == kind:
                return notice
        raise AssertionError(f"no notice of kind {kind}")


def scaled(settings: ChainSettings, input_rate: int, output_rate: int) -> Pipeline:
    """A chain whose loudness tells which settings it was built for."""
    if settings.target == "nobody":
        raise ModelError("There is no voice 'nobody'.")
    return Pipeline(
        [Gain(output_rate, settings.output_gain_db), Hopping(1 if settings.mode == "bypass" else 557)]
    )


def test_commands_change_what_is_heard_and_what_fails_changes_nothing() -> None:
    room = Room()
    with Engine(scaled, ChainSettings(), open_audio=room.open, clock=room.clock) as engine:
        engine.apply(ChainSettings(target="nobody"))
        assert room.talk_until(engine, "refused").message == "There is no voice 'nobody'."
        assert engine.wanted.settings == ChainSettings()
        latency = engine.stats().latency.chain_ms
        engine.bypass(True)
        assert "bypassed" in room.talk_until(engine, "applied").message
        assert engine.stats().latency.chain_ms == pytest.approx(latency, abs=0.1)
        engine.mute(True)
        room.talk_until(engine, "applied")
        device = room.devices[0]
        device.pull(2048)
        assert not device.pull(256).any()
        engine.mute(False)
        engine.apply(ChainSettings(output_gain_db=-6.0))
        assert engine.wanted.is_bypassed, "commands do not undo each other"
        room.talk_until(engine, "applied")
        assert len(room.devices) == 1


def test_another_device_takes_over_when_it_sounds() -> None:
    room = Room()
    with Engine(scaled, ChainSettings(), DeviceChoice(output="A"), room.open, room.clock) as engine:
        engine.use(DeviceChoice(output="B"))
        room.talk_until(engine, "applied")
        assert engine.link.output == "Speaker B"
        assert [device.is_closed for device in room.devices] == [True, False]
        assert engine.stats().recoveries == 0


def test_another_device_that_will_not_open_leaves_the_present_one_running() -> None:
    room = Room()
    room.refused = "C"
    with Engine(scaled, ChainSettings(), DeviceChoice(output="A"), room.open, room.clock) as engine:
        engine.use(DeviceChoice(output="C"))
        assert "named 'C'" in room.talk_until(engine, "refused").message
        assert engine.link.output == "Speaker A" and not room.devices[0].is_closed
        assert engine.wanted.devices == DeviceChoice(output="A")


def test_a_preset_with_other_blocks_opens_the_devices_again() -> None:
    room = Room()
    with Engine(scaled, ChainSettings(), open_audio=room.open, clock=room.clock) as engine:
        engine.apply(ChainSettings(preset_name="low"))
        room.talk_until(engine, "applied")
        assert engine.link.output_block == 128 and room.devices[0].is_closed


def test_a_recording_goes_on_across_devices_and_ends_with_the_engine(tmp_path: Path) -> None:
    room = Room()
    with Engine(scaled, ChainSettings(), DeviceChoice(output="A"), room.open, room.clock) as engine:
        engine.record(tmp_path / "in.wav", tmp_path / "out.wav")
        engine.use(DeviceChoice(output="B"))
        room.talk_until(engine, "applied")
        engine.apply(ChainSettings(output_gain_db=1.0))
        room.talk_until(engine, "applied")
    heard, said = (soundfile.read(tmp_path / name)[0] for name in ("in.wav", "out.wav"))
    assert len(heard) > 4800 and np.allclose(heard[-100:], 0.25, atol=1e-3)
    assert abs(len(heard) - len(said)) < 48000 * 0.05


def test_a_recording_that_fails_is_told_and_sound_flows_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: WavWriter, samples: Audio) -> None:
        raise AudioFileError("The disk is full.")

    monkeypatch.setattr(WavWriter, "write", full)
    room = Room()
    with Engine(scaled, ChainSettings(), open_audio=room.open, clock=room.clock) as engine:
        engine.record(tmp_path / "in.wav", tmp_path / "out.wav")
        assert "The disk is full." in room.talk_until(engine, "recording").message
        assert engine.state is State.RUNNING


def test_a_loudspeaker_that_the_microphone_hears_is_turned_down() -> None:
    room, delay = Room(), 20
    with Engine(scaled, ChainSettings(), open_audio=room.open, clock=room.clock) as engine:
        hiss = np.random.default_rng(3)
        heard = [np.zeros(256, np.float32)] * delay  # what the loudspeaker said some blocks ago
        for _ in range(100_000):
            notice = engine.next_notice(0.0005)
            if notice is not None and notice.kind == "howl":
                break
            block = (1.1 * heard.pop(0) + 0.1 * hiss.standard_normal(256)).clip(-0.5, 0.5)
            heard.append(room.devices[0].push(block.astype(np.float32)))
        stats = engine.stats()
        assert notice is not None and "feed each other" in notice.message
        assert (stats.howls, stats.ducked_db) == (1, -30.0)
        quieter = [np.abs(room.devices[0].push(block.astype(np.float32))).max() for _ in range(400)]
        assert quieter[-1] < 0.1 * 0.5
