"""How late the devices themselves are: short chirps out of the loudspeaker, found again in the microphone.

What is measured is the way out and back in, counted as the live chain counts (rtvc/live_chain.py): from the
callback that gives a sample away to the one that brings it back, plus one block of input. The chain's own
delay added to it is what lies between mouth and ear. Remembers nothing; see rtvc/measured.py.
"""

import threading
import time
from collections.abc import Callable

import numpy as np
from scipy import signal

from rtvc.audio_link import AudioLink
from rtvc.errors import DeviceError
from rtvc.stage import Audio

_CHIRPS = 5
_LEVEL = 0.5
_CHIRP_SECONDS, _LOWEST_HZ, _HIGHEST_HZ = 0.05, 500.0, 3500.0  # what any loudspeaker and any rate can do
_LEAD_SECONDS, _PERIOD_SECONDS = 0.5, 0.5  # devices start unevenly; echoes have to die away
_LONGEST_LOOP_SECONDS = 0.45
_LEAST_LIKENESS = 0.25  # of chirp and what was heard; noise has 0.05
_MOST_SPREAD_SECONDS = 0.002
_PATIENCE_SECONDS = 8.0  # beyond the time that the chirps take


class UnsteadyError(DeviceError):
    """The chirps took times of their own, as they do where a device lost some sound between two."""


def measure(link: AudioLink, clock: Callable[[], float] = time.monotonic) -> float:
    """Start the link, listen to the chirps, close it; returns seconds.

    Raises:
        UnsteadyError: they did not take the same time.
        DeviceError: the microphone did not hear them.
    """
    probe = _Probe(link, clock)
    try:
        link.start(probe.capture, probe.play)
        if not probe.has_heard.wait(probe.seconds + _PATIENCE_SECONDS):
            raise DeviceError(f"No sound flows between '{link.output}' and '{link.input}'; try again.")
    finally:
        link.close()
    return _agreed(probe.loops())


def chirp(rate: int) -> Audio:
    times = np.arange(round(_CHIRP_SECONDS * rate)) / rate
    tone = signal.chirp(times, _LOWEST_HZ, _CHIRP_SECONDS, _HIGHEST_HZ, method="logarithmic")
    return np.asarray(_LEVEL * tone * np.hanning(len(times)), np.float32)


class _Probe:
    """Callbacks that play chirps and keep what is heard, with the times of their calls."""

    def __init__(self, link: AudioLink, clock: Callable[[], float]) -> None:
        self._link, self._clock = link, clock
        self.seconds = _LEAD_SECONDS + _CHIRPS * _PERIOD_SECONDS
        self._sound = np.zeros(round(self.seconds * link.output_rate), np.float32)
        one = chirp(link.output_rate)
        for start in self._starts(link.output_rate):
            self._sound[start : start + len(one)] = one
        # Each stored by one callback, read when sound has ended.
        self._played, self._play_times = 0, list[float]()
        self._heard, self._captured, self._capture_times = list[Audio](), 0, list[float]()
        self.has_heard = threading.Event()

    def _starts(self, rate: int) -> list[int]:
        return [round((_LEAD_SECONDS + index * _PERIOD_SECONDS) * rate) for index in range(_CHIRPS)]

    def capture(self, block: Audio) -> None:
        """Input callback."""
        self._heard.append(block.copy())
        self._captured += len(block)
        self._capture_times.append(self._clock() - self._captured / self._link.input_rate)
        if self._captured >= self.seconds * self._link.input_rate and self._played >= len(self._sound):
            self.has_heard.set()

    def play(self, out: Audio) -> None:
        """Output callback."""
        sound = self._sound[self._played : self._played + len(out)]
        out[: len(sound)] = sound
        out[len(sound) :] = 0.0
        self._play_times.append(self._clock() - self._played / self._link.output_rate)
        self._played += len(out)

    def loops(self) -> list[float]:
        """Seconds of each chirp that was heard."""
        rate, block = self._link.input_rate, self._link.input_block
        heard, one = np.concatenate(self._heard), chirp(rate)
        block_seconds = block / rate
        # When sample 0 of either end passed its callback, both on one clock.
        offset = float(np.median(self._capture_times) - np.median(self._play_times))
        if self._link.is_duplex:
            offset = -block_seconds
        found = []
        for start in self._starts(self._link.output_rate):
            sent_at = start / self._link.output_rate
            first = round((sent_at - offset - block_seconds) * rate)
            at = _find(one, heard[max(0, first) : first + round(_LONGEST_LOOP_SECONDS * rate)])
            if at is not None:
                found.append((max(0, first) + at) / rate + offset - sent_at + block_seconds)
        return found


def _find(one: Audio, heard: Audio) -> int | None:
    """Where in `heard` the chirp begins."""
    if len(heard) < len(one):
        return None
    match = signal.correlate(heard, one, "valid")
    energy = signal.correlate(heard**2, np.ones_like(one), "valid")
    likeness = np.abs(match) / np.sqrt(np.maximum(energy, 1e-12) * np.sum(one**2))
    loud_enough = energy > 1e-3 * energy.max()
    at = int(np.argmax(np.where(loud_enough, likeness, 0.0)))
    return at if likeness[at] >= _LEAST_LIKENESS else None


def _agreed(loops: list[float]) -> float:
    """The middle one, if most are alike."""
    if len(loops) <= _CHIRPS // 2:
        raise DeviceError(
            "The microphone did not hear the test sound; turn the loudspeaker up, hold headphones to the "
            "microphone, or connect the output with the input."
        )
    middle = float(np.median(loops))
    alike = [loop for loop in loops if abs(loop - middle) <= _MOST_SPREAD_SECONDS]
    if len(alike) <= _CHIRPS // 2:
        spread_ms = (max(loops) - min(loops)) * 1e3
        raise UnsteadyError(
            f"The measurements differ by {spread_ms:.0f} ms; let other programs rest, and try again."
        )
    return float(np.mean(alike))
