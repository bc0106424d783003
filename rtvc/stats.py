"""What a running engine tells about itself: one immutable snapshot, and the meters it is read from."""

from dataclasses import astuple, dataclass
from enum import StrEnum

import numpy as np

from rtvc.stage import Audio

_HOPS_REMEMBERED = 1024  # about 12 s of hops
_SECONDS_TO_HALF = 0.15  # how fast a level falls back after a peak


class State(StrEnum):
    STOPPED = "stopped"
    STARTING = "starting"
    RUNNING = "running"
    RECOVERING = "recovering"
    FAILED = "failed"


@dataclass(frozen=True)
class Latency:
    """Where the time between mouth and ear goes, in milliseconds."""

    input_ms: float = 0.0  # microphone to callback, as the sound system says
    chain_ms: float = 0.0  # what the pipeline declares
    buffer_ms: float = 0.0  # waiting between the callbacks, measured
    output_ms: float = 0.0  # callback to speaker, as the sound system says
    is_measured: bool = False  # the devices' part, by --measure-latency, instead of what they say

    @property
    def before_output_ms(self) -> float:
        """From the mouth to the end of the chain."""
        return self.input_ms + self.chain_ms

    @property
    def total_ms(self) -> float:
        return self.input_ms + self.chain_ms + self.buffer_ms + self.output_ms


@dataclass(frozen=True)
class Counts:
    """What adds up from the start on, however often the devices are opened again."""

    seconds: float = 0.0  # of sound taken in
    underruns: int = 0  # times the speaker had to wait, in our buffer
    overruns: int = 0  # blocks from the microphone that found no room
    drops: int = 0  # times sound was cut out to bring the delay back
    dropped_ms: float = 0.0
    repairs: int = 0  # times the chain put out something that is no number and was started afresh
    device_xruns: int = 0  # blocks the sound system itself reported as late or lost
    drift_ms: float = 0.0  # sound added so that the delay stays the same; below 0 taken out

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(*(mine + its for mine, its in zip(astuple(self), astuple(other), strict=True)))


@dataclass(frozen=True)
class Stats(Counts):
    """One look at the engine. Levels are linear, 1.0 is full scale."""

    state: State = State.STOPPED
    message: str = ""  # what is wrong, while something is
    latency: Latency = Latency()
    load: float = 0.0  # time the worker computes per time of sound, lately; 1.0 cannot be kept up
    hop_p99_ms: float = 0.0
    effort: float = 1.0  # of the work that belongs to the sound, what there was time for in the last second
    howls: int = 0  # times microphone and loudspeaker fed each other
    ducked_db: float = 0.0  # how far the output is turned down for that, at present
    drift_ppm: float = 0.0  # how much faster the speaker's clock runs, where the two ends have one each
    recoveries: int = 0  # times the devices were opened again because something was wrong with them
    recorded_seconds: float = 0.0  # in the files that are being recorded
    recording_drops: int = 0  # blocks that are silence there, because the disk was too slow
    monitor_ms: float | None = None  # how late a second output is, where there is one
    monitor_underruns: int = 0  # times it had to wait
    monitor_drops: int = 0  # times sound was cut out there
    f0_hz: float | None = None  # how high the voice at the microphone is; None where none is heard
    input_peak: float = 0.0
    output_peak: float = 0.0


class HopMeter:
    """How long the worker computes. Written by the worker alone.

    Others may read at any time: a float that was just replaced or a row of which one entry is newer than its
    neighbours is as good an answer as the one before.
    """

    def __init__(self) -> None:
        self._hops_ms = np.zeros(_HOPS_REMEMBERED, np.float32)
        self.count = 0  # of hops so far
        self._audio_seconds = self._busy_seconds = 0.0
        self.load = 0.0

    def add(self, busy_seconds: float, audio_seconds: float, was_hop: bool) -> None:
        """Worker thread. One call of the chain; only those that let sound out count as hops."""
        if was_hop:
            self._hops_ms[self.count % _HOPS_REMEMBERED] = busy_seconds * 1e3
            self.count += 1
        self._audio_seconds += audio_seconds
        self._busy_seconds += busy_seconds
        if self._audio_seconds >= 0.5:
            self.load = self._busy_seconds / self._audio_seconds
            self._audio_seconds = self._busy_seconds = 0.0

    def p99_ms(self) -> float:
        count = min(self.count, _HOPS_REMEMBERED)
        return float(np.percentile(self._hops_ms[:count], 99)) if count else 0.0


class PeakMeter:
    """The loudest sample lately, falling back slowly. Written by one thread; `level` is one float."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self.level = 0.0

    def add(self, block: Audio) -> float:
        """Worker thread. Take a block in; return its own peak, which is NaN or infinite if any sample is."""
        if not len(block):
            return 0.0
        peak = max(float(block.max()), -float(block.min()))  # np.abs would copy
        fallen = self.level * 0.5 ** (len(block) / self._rate / _SECONDS_TO_HALF)
        self.level = max(peak, fallen) if np.isfinite(peak) else fallen
        return peak
