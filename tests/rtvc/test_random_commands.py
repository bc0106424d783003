"""Whatever is commanded while sound runs: no click, no exception, and afterwards the delay that is shown."""

import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rtvc.audio_link import Capture, DeviceChoice, DeviceSpec, Play
from rtvc.changes import changed
from rtvc.dynamics import Gain
from rtvc.engine import Engine
from rtvc.errors import DeviceError, RtvcError
from rtvc.presets import Preset
from rtvc.session import Session
from rtvc.settings import ChainSettings
from rtvc.stage import Audio
from rtvc.stats import State
from tests.fakes import FakeClock, FakeDevice, FakeOutput, Hopping, Speaking

RATE = 48000
COMMANDS, EXAMPLES = 100, 5
TONE_HZ, LEVEL = 200.0, 0.05  # too quiet for the guard against howling to wonder about a held tone
PATIENCE = 30.0
QUIET_BLOCKS = 400

COMMAND = st.one_of(
    st.fixed_dictionaries({"target": st.sampled_from(["p225", "p230", "nobody"])}),
    st.fixed_dictionaries({"formant_semitones": st.sampled_from([0.0, 3.0])}),
    st.fixed_dictionaries({"mode": st.sampled_from(["speaker", "resynth", "bypass"])}),
    st.fixed_dictionaries({"preset": st.sampled_from(["low", "balanced", "quality"])}),
    st.fixed_dictionaries({"output_gain_db": st.floats(-40.0, 0.0)}),
    st.fixed_dictionaries({"bypass": st.booleans(), "mute": st.booleans()}),
    st.fixed_dictionaries({"pitch_semitones": st.floats(-30.0, 30.0)}),
    st.fixed_dictionaries({"output": st.sampled_from(["A", "B", "gone"])}),
    st.fixed_dictionaries({"monitor": st.sampled_from([None, "phones", "gone"])}),
    st.just({"record": True}),
    st.just({"record": False}),
)


class Voice(Speaking):
    """Holds back more or less, by how long the mouth is; its loudness can be tuned."""

    def __init__(self, wanted: ChainSettings) -> None:
        hop = 1 if wanted.mode == "bypass" else 2000 if wanted.formant_semitones else 557
        self._gain = Gain(RATE, wanted.output_gain_db)
        super().__init__(wanted, [Hopping(hop), self._gain])

    def tune(self, settings: Any) -> None:
        self._gain.gain_db = settings.output_gain_db


class KnowingDevice(FakeDevice):
    """Knows who is called, so that time can wait for their worker."""

    session: Session | None = None

    def start(self, capture: Capture, play: Play) -> None:
        self.session = capture.__self__  # type: ignore[attr-defined]
        super().start(capture, play)


@dataclass
class Open:
    """A device that was opened, and all that it has heard and played."""

    device: "KnowingDevice"
    at: int = 0
    heard: list[Audio] = field(default_factory=list)
    played: list[Audio] = field(default_factory=list)


class Room:
    """Devices that call in step with their worker, so that nothing depends on how busy the machine is."""

    def __init__(self) -> None:
        self.clock, self.opened, self.phones = FakeClock(), list[Open](), list[FakeOutput]()
        self.noise: np.random.Generator | None = None

    def open(self, preset: Preset, choice: DeviceChoice, afresh: bool = False) -> FakeDevice:
        if choice.output == "gone":
            raise DeviceError("There is no output device named 'gone'.")
        self.opened.append(Open(KnowingDevice(RATE, preset.block_samples, self.clock)))
        return self.opened[-1].device

    def open_output(self, preset: Preset, spec: DeviceSpec) -> FakeOutput:
        if spec == "gone":
            raise DeviceError("There is no output device named 'gone'.")
        self.phones.append(FakeOutput(str(spec)))
        return self.phones[-1]

    def push(self, engine: Engine) -> None:
        """One block for each device that is open."""
        for opened in list(self.opened):
            if opened.device.is_started and not opened.device.is_closed:
                block = self._sound(opened)
                opened.heard.append(block)
                opened.played.append(opened.device.push(block))
        for output in self.phones:
            if not output.is_closed and output._play is not None:
                output.pull()
        self._let_workers_finish()

    def _sound(self, opened: Open) -> Audio:
        count = opened.device.input_block
        at = opened.at + np.arange(count)
        opened.at += count
        if self.noise is not None:
            return (LEVEL * self.noise.uniform(-1.0, 1.0, count)).astype(np.float32)
        return (LEVEL * np.sin(2 * np.pi * TONE_HZ / RATE * at)).astype(np.float32)

    def _let_workers_finish(self) -> None:
        """Those of streams that are just being opened, too."""
        deadline = time.monotonic() + PATIENCE
        for session in [opened.device.session for opened in self.opened if not opened.device.is_closed]:
            while session is not None and (
                session.chain._ring.available or session.chain._busy_since is not None
            ):
                if session._is_closing or session.error is not None:
                    break
                assert time.monotonic() < deadline, "the worker hangs"
                time.sleep(0.0001)


def follow(engine: Engine, room: Room, command: dict[str, Any], folder: Path) -> None:
    """Give a command as a program does; what makes no sense is refused there and then."""
    try:
        if "record" not in command:
            engine.give(changed(engine.wanted, command))
        elif command["record"]:
            engine.record(folder / "in.wav", folder / "out.wav")
        else:
            engine.stop_recording()
    except RtvcError:
        pass


def settle(engine: Engine, room: Room) -> Open:
    """Push until all is done that was commanded, and for a while after; the device that is then in use."""
    deadline, quiet = time.monotonic() + PATIENCE, 0
    while quiet < QUIET_BLOCKS:
        room.push(engine)
        is_done = engine._keeper._in_effect == engine.wanted and room.opened[-1].device is engine.link
        quiet = quiet + 1 if is_done else 0
        assert time.monotonic() < deadline, "the command was never followed"
    assert engine.state is State.RUNNING
    return room.opened[-1]


def delay_of(opened: Open) -> int:
    """How many samples ago the last block that was played went in."""
    heard, played = np.concatenate(opened.heard[-400:]), np.concatenate(opened.played[-8:])
    for delay in range(len(heard) - len(played) + 1):
        if np.array_equal(heard[len(heard) - delay - len(played) : len(heard) - delay], played):
            return delay
    raise AssertionError("what is heard is not what was said")


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(st.lists(st.tuples(COMMAND, st.integers(0, 12)), min_size=COMMANDS, max_size=COMMANDS))
def test_any_commands_in_any_order(commands: list[tuple[dict[str, Any], int]]) -> None:
    room = Room()
    build = lambda wanted, input_rate, output_rate: Voice(wanted)  # noqa: E731
    with (
        tempfile.TemporaryDirectory() as folder,
        Engine(build, ChainSettings(), None, room.open, room.clock, room.open_output) as engine,
    ):
        for command, blocks in commands:
            follow(engine, room, command, Path(folder))
            for _ in range(blocks):
                room.push(engine)
            assert engine.state is State.RUNNING, engine.stats().message
        plain = {"mode": "speaker", "target": "p225", "preset": "balanced", "output_gain_db": 0.0}
        there = {"output": "A", "monitor": None}  # what is refused takes all that came with it along
        engine.give(changed(engine.wanted, plain | there | {"bypass": False, "mute": False}))
        present = settle(engine, room)
        steps = [np.abs(np.diff(np.concatenate(each.played))) for each in room.opened if each.played]
        room.noise = np.random.default_rng(1)
        for _ in range(400):
            room.push(engine)
        latency, stats = engine.stats().latency, engine.stats()
        assert not engine.wait(0)

    # The tone's own slope, a fade of 5 ms, and what two sounds that cross each other add.
    assert max(step.max() for step in steps if len(step)) < 0.08 * LEVEL
    assert (stats.overruns, stats.repairs, stats.recoveries) == (0, 0, 0)
    shown = (latency.chain_ms + latency.buffer_ms) * RATE / 1e3
    assert abs(delay_of(present) - shown) <= 1.0
