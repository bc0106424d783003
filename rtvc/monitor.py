"""Monitor, a second output that hears what the first one plays. Opened and watched by the keeper alone."""

import time
from collections.abc import Callable
from typing import NamedTuple, Protocol

from rtvc.audio_link import DeviceSpec, Play
from rtvc.errors import DeviceError, RtvcError
from rtvc.monitor_buffer import MonitorBuffer
from rtvc.presets import Preset
from rtvc.stage import Audio
from rtvc.tap import Listener

_DEAD_AFTER_SECONDS = 1.0
_START_PATIENCE_SECONDS = 3.0
_PAUSE_SECONDS = 2.0  # between attempts to open it again


class OutputLink(Protocol):
    """One more open output device; a test brings its own."""

    label: str
    rate: int
    block: int

    @property
    def latency_seconds(self) -> float: ...

    @property
    def is_alive(self) -> bool: ...

    def start(self, play: Play) -> None: ...

    def close(self) -> None: ...


OpenOutput = Callable[[Preset, DeviceSpec], OutputLink]


class Monitor:
    """One open device, listening to the chain's output until it is closed."""

    error: RtvcError | None = None  # it never stops listening by itself

    def __init__(self, link: OutputLink, clock: Callable[[], float] = time.monotonic) -> None:
        self._link, self._clock = link, clock
        self.buffer = MonitorBuffer(link.rate, link.block, clock)
        # One float, stored by the callback, read by the keeper.
        self._last_play = clock() + _START_PATIENCE_SECONDS - _DEAD_AFTER_SECONDS
        link.start(self._on_play)

    @property
    def label(self) -> str:
        return self._link.label

    @property
    def is_well(self) -> bool:
        return self._link.is_alive and self._clock() - self._last_play <= _DEAD_AFTER_SECONDS

    @property
    def delay_seconds(self) -> float:
        """Any thread. From the chain to the ear."""
        return self.buffer.delay_seconds + self._link.latency_seconds

    def take(self, end: str, rate: int, samples: Audio, silence: int = 0) -> None:
        """Worker thread. Silence that stands for lost time is not played: it has passed already."""
        if end == "output" and len(samples):
            self.buffer.write(samples, rate)

    def close(self) -> None:
        self._link.close()

    def _on_play(self, out: Audio) -> None:
        """Output callback."""
        self.buffer.play(out)
        self._last_play = self._clock()


class Monitoring(NamedTuple):
    """What the stats are read from: one reference, replaced whole by the keeper."""

    monitor: Monitor | None = None
    past_underruns: int = 0  # of monitors that have been closed
    past_drops: int = 0

    @property
    def delay_seconds(self) -> float | None:
        return self.monitor.delay_seconds if self.monitor else None

    @property
    def underruns(self) -> int:
        return self.past_underruns + (self.monitor.buffer.underruns if self.monitor else 0)

    @property
    def drops(self) -> int:
        return self.past_drops + (self.monitor.buffer.cuts if self.monitor else 0)


class MonitorKeeper:
    """The monitor that is wanted, as long as its device is there."""

    def __init__(
        self, open_output: OpenOutput, listeners: dict[str, Listener], clock: Callable[[], float]
    ) -> None:
        self._open_output, self._listeners, self._clock = open_output, listeners, clock
        self.now = Monitoring()
        self._wanted: DeviceSpec = None
        self._try_again_at = float("inf")

    def follow(self, spec: DeviceSpec, preset: Preset) -> None:
        """Keeper's thread. Open another device, then close the present one; an error leaves it open."""
        monitor = None if spec is None else Monitor(self._open_output(preset, spec), self._clock)
        self._wanted = spec
        self._become(monitor)

    def look_after(self, preset: Preset) -> str | None:
        """Keeper's thread. Something to tell the user, if there is."""
        monitor = self.now.monitor
        if monitor is not None and not monitor.is_well:
            self.let_go()
            return f"The monitor '{monitor.label}' went away or hangs; sound flows on without it."
        if self._clock() >= self._try_again_at:
            return self._try_again(preset)
        return None

    def _try_again(self, preset: Preset) -> str | None:
        try:
            self.follow(self._wanted, preset)
        except DeviceError:
            self._try_again_at = self._clock() + _PAUSE_SECONDS
            return None
        return "The monitor is back."

    def let_go(self) -> None:
        """Keeper's thread, or the caller's when that has ended. Close the device, to open it again soon."""
        self._become(None)
        if self._wanted is not None:
            self._try_again_at = self._clock() + _PAUSE_SECONDS

    def _become(self, monitor: Monitor | None) -> None:
        before, self.now = self.now, Monitoring(monitor, self.now.underruns, self.now.drops)
        self._try_again_at = float("inf")
        if monitor is not None:
            self._listeners["monitor"] = monitor
        else:
            self._listeners.pop("monitor", None)
        if before.monitor is not None:
            before.monitor.close()
