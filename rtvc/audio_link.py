"""What the engine needs of a pair of devices, as types. Knows no sound system."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from rtvc.errors import UsageError
from rtvc.presets import Preset
from rtvc.stage import Audio

Capture = Callable[[Audio], None]  # takes one block, mono, which it must copy
Play = Callable[[Audio], None]  # fills one block, mono
DeviceSpec = str | int | None  # a part of its name, its number, or "default" (also None)

_RATES = 8000, 384_000


@dataclass(frozen=True)
class DeviceChoice:
    """The devices a user asked for, in the user's words, so that they can be found again at any time."""

    input: DeviceSpec = None
    output: DeviceSpec = None
    sample_rate: int | None = None
    monitor: DeviceSpec = None  # a second output that hears the same; None: there is none

    def __post_init__(self) -> None:
        low, high = _RATES
        if self.sample_rate is not None and not low <= self.sample_rate <= high:
            raise UsageError(f"A sample rate of {self.sample_rate} Hz is not between {low} and {high} Hz.")


class AudioLink(Protocol):
    """An open pair of devices; a test brings its own."""

    input: str
    output: str
    input_rate: int
    output_rate: int
    input_block: int
    output_block: int
    is_duplex: bool
    device_xruns: int

    @property
    def input_latency_seconds(self) -> float: ...

    @property
    def output_latency_seconds(self) -> float: ...

    @property
    def is_input_alive(self) -> bool:
        """Whether the sound system still means to call; it may hang all the same."""
        ...

    @property
    def is_output_alive(self) -> bool: ...

    @property
    def backlog_seconds(self) -> float:
        """How much older the sound from the microphone is than it was after the start."""
        ...

    @property
    def spare_seconds(self) -> float:
        """Output callback. How much later than now it may give away what it was asked for."""
        ...

    def start(self, capture: Capture, play: Play) -> None: ...

    def close(self) -> None: ...

    def has_let_go(self) -> bool:
        """Whether the sound system has given the devices back after `close`."""
        ...


class OpenAudio(Protocol):
    """Open, but do not start, the devices; `afresh` looks for them anew and needs all others closed."""

    def __call__(self, preset: Preset, choice: DeviceChoice, afresh: bool = False) -> AudioLink: ...
