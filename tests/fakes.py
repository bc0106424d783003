"""Stand-ins that let a test be the sound system and the clock."""

import os
import threading

import numpy as np

from rtvc.audio_link import Capture, DeviceChoice, Play
from rtvc.errors import DeviceError, ModelError
from rtvc.presets import Preset
from rtvc.settings import ChainSettings
from rtvc.stage import Audio, Pipeline, Stage


class FakeClock:
    """Time passes when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class FakeDevice:
    """A pair of devices whose callbacks a test calls by hand: `push` is one block in and one block out."""

    input, output = "Fake microphone", "Fake speaker"
    is_duplex = True
    input_latency_seconds = output_latency_seconds = 0.0

    def __init__(self, rate: int = 48000, block: int = 256, clock: FakeClock | None = None) -> None:
        self.input_rate = self.output_rate = rate
        self.input_block = self.output_block = block
        self.spare_seconds = block / rate
        self.device_xruns = 0
        self.is_closed = False
        self.is_input_alive = self.is_output_alive = True
        self.backlog_seconds = 0.0
        self.choices: list[DeviceChoice] = []  # what it was opened with
        self.is_missing = False  # and cannot be opened
        self.clock = clock or FakeClock()
        self._capture: Capture | None = None
        self._play: Play | None = None

    def open(
        self,
        preset: Preset,
        choice: DeviceChoice,
        afresh: bool = False,
    ) -> "FakeDevice":
        self.choices.append(choice)
        if self.is_missing:
            raise DeviceError("There is no such device.")
        assert not afresh or self.is_closed or len(self.choices) == 1, "a fresh look ends open streams"
        self.is_input_alive = self.is_output_alive = True
        self.is_closed, self.backlog_seconds = False, 0.0
        return self

    @property
    def is_started(self) -> bool:
        return self._play is not None

    def start(self, capture: Capture, play: Play) -> None:
        self._capture, self._play = capture, play

    def close(self) -> None:
        self.is_closed = True
        self.is_input_alive = self.is_output_alive = False

    def has_let_go(self) -> bool:
        return self.is_closed

    def push(self, block: Audio) -> Audio:
        """One duplex callback."""
        self.listen(block)
        return self.pull(len(block))

    def listen(self, block: Audio) -> None:
        """The input's half of a callback."""
        self.clock.now += len(block) / self.input_rate
        assert self._capture is not None
        self._capture(block)

    def pull(self, count: int) -> Audio:
        """The output's half of a callback. What the engine leaves unfilled stays NaN."""
        assert self._play is not None
        out = np.full(count, np.nan, np.float32)
        self._play(out)
        return out


class Passing:
    """A stage that changes nothing."""

    latency_samples = 0.0

    def __init__(self, rate: int = 48000) -> None:
        self.output_rate = rate
        self.resets = 0

    def process(self, block: Audio) -> Audio:
        return block

    def reset(self) -> None:
        self.resets += 1


class Hopping(Passing):
    """Lets sound out a hop at a time, as a model does, and holds back all that is not a whole one."""

    def __init__(self, hop: int, rate: int = 48000) -> None:
        super().__init__(rate)
        self.hop = hop
        self.latency_samples = float(hop - 1)
        self._held = np.zeros(0, np.float32)

    def process(self, block: Audio) -> Audio:
        self._held = np.concatenate([self._held, block])
        ready = len(self._held) // self.hop * self.hop
        out, self._held = self._held[:ready], self._held[ready:]
        return out

    def reset(self) -> None:
        super().reset()
        self._held = np.zeros(0, np.float32)


class Speaking(Pipeline):
    """Can be anybody but 'nobody', when it is built and when it is tuned."""

    def __init__(self, wanted: ChainSettings, stages: list[Stage]) -> None:
        super().__init__(stages)
        self.prepared(wanted)

    def prepared(self, settings: ChainSettings) -> ChainSettings:
        if settings.target == "nobody":
            raise ModelError("There is no voice 'nobody'.")
        return settings


class RunningDevice(FakeDevice):
    """Pushes blocks on a thread of its own, as fast as it can, until it is closed; may send a signal once."""

    signal_after: tuple[int, int] | None = None
    pause_seconds = 0.0  # between blocks

    def start(self, capture: Capture, play: Play) -> None:
        super().start(capture, play)
        self._stopping, self._has_pushed = threading.Event(), threading.Event()
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self) -> None:
        block, count = np.full(self.input_block, 0.1, np.float32), 0
        while not self.is_closed:
            self.push(block)
            count += 1
            self._has_pushed.set()
            if self.pause_seconds:
                self._stopping.wait(self.pause_seconds)
            if self.signal_after and count == self.signal_after[1]:
                os.kill(os.getpid(), self.signal_after[0])

    def await_sound(self, seconds: float) -> None:
        """Wait until so much more of it has flowed."""
        until = self.clock.now + seconds
        while self.clock.now < until:
            self._has_pushed.clear()
            assert self._has_pushed.wait(20.0), "no sound flows"

    def close(self) -> None:
        super().close()
        self.thread.join()


class FakeOutput:
    """One more output device, whose callback a test calls by hand."""

    latency_seconds = 0.01

    def __init__(self, label: str = "Headphones", rate: int = 48000, block: int = 256) -> None:
        self.label, self.rate, self.block = label, rate, block
        self.is_alive, self.is_closed = True, False
        self._play: Play | None = None

    def start(self, play: Play) -> None:
        self._play = play

    def close(self) -> None:
        self.is_closed, self.is_alive = True, False

    def pull(self) -> Audio:
        assert self._play is not None
        out = np.full(self.block, np.nan, np.float32)
        self._play(out)
        return out
