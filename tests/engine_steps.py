"""In step with an engine whose devices are pretended: push sound, wait for the worker, wait for news."""

import threading
from collections.abc import Callable

import numpy as np

from rtvc.audio_link import DeviceChoice
from rtvc.dynamics import Gain
from rtvc.engine import Engine
from rtvc.errors import DeviceError
from rtvc.keeper import Notice
from rtvc.presets import PRESETS, Preset
from rtvc.settings import ChainSettings
from rtvc.stage import Audio, Pipeline
from rtvc.stats import State
from tests.fakes import FakeClock, FakeDevice, Hopping, Passing, Speaking

PRESET = PRESETS["balanced"]
_PACE_SECONDS = 0.0005  # between two blocks, for the engine's threads
PATIENCE = 20.0  # seconds; only a broken engine ever waits so long


class Announcing(Passing):
    """Says when it was called, so that a test can go in step with the worker."""

    def __init__(self) -> None:
        super().__init__()
        self.called = threading.Semaphore(0)

    def process(self, block: Audio) -> Audio:
        self.called.release()
        return block


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


def await_notice(engine: Engine, kind: str, state: State = State.RUNNING) -> Notice:
    while (notice := engine.next_notice(PATIENCE)) is not None:
        if (notice.kind, notice.state) == (kind, state):
            return notice
    raise AssertionError(f"no notice of kind {kind} in state {state}")


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
            self._talk()
            notice = engine.next_notice(_PACE_SECONDS)
            if notice is not None and notice.kind == kind:
                return notice
        raise AssertionError(f"no notice of kind {kind}")

    def talk_until_so(self, engine: Engine, is_so: Callable[[], bool]) -> None:
        for _ in range(200_000):
            if is_so():
                return
            self._talk()
            engine.next_notice(_PACE_SECONDS)
        raise AssertionError("it never came to be so")

    def _talk(self) -> None:
        for device in self.devices:
            if not device.is_closed and device.is_started:
                device.push(np.full(device.input_block, 0.25, np.float32))


def scaled(settings: ChainSettings, input_rate: int, output_rate: int) -> Pipeline:
    """A chain whose loudness tells which settings it was built for."""
    hop = 1 if settings.mode == "bypass" else 557
    return Speaking(settings, [Gain(output_rate, settings.output_gain_db), Hopping(hop)])
