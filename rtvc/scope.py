"""Scope, spectrograms of what goes in and what comes out, for the eye. The worker only hands it its blocks.

A column is 80 mel bands from 20 to 8000 Hz, one byte each: 0 is -100 dB and below, 255 is 0 dB, which is what
a sine at full scale reaches. Columns come as the sound does, so those of the output are as late as the chain.
"""

import queue
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from rtvc.errors import RtvcError
from rtvc.mel import MelSpec, filterbank, hann
from rtvc.stage import Audio

BANDS = 80
COLUMNS_PER_SECOND = 50
LOWEST_HZ, HIGHEST_HZ = 20.0, 8000.0
FLOOR_DB = -100.0
_WINDOW_SECONDS = 0.0464  # as the models hear; rounded to a power of two
_MOST_WAITING = 1024  # blocks; some two seconds of both ends
_MOST_SECONDS = 1.0  # of one end at a time; who looks so rarely has no use for more

Columns = dict[str, bytes]  # end ("input", "output") to columns one after the other, lowest band first


class Scope:
    """`take` is called by the worker and waits for nobody; `columns` by one other thread, which sums."""

    error: RtvcError | None = None  # it has none

    def __init__(self) -> None:
        self._waiting: queue.SimpleQueue[tuple[str, int, int, Audio]] = queue.SimpleQueue()
        self._ends = {"input": _End(), "output": _End()}

    def take(self, end: str, rate: int, samples: Audio, silence: int = 0) -> None:
        """Worker thread. What finds no room is not seen."""
        if self._waiting.qsize() < _MOST_WAITING:
            self._waiting.put((end, rate, silence, samples))

    def columns(self) -> Columns:
        """What has come since the last call."""
        while not self._waiting.empty():
            end, rate, silence, samples = self._waiting.get()
            self._ends[end].add(rate, silence, samples)
        return {name: end.columns() for name, end in self._ends.items()}


class _End:
    """The sound of one end, and where its next column begins."""

    def __init__(self) -> None:
        self._rate = 0
        self._parts: list[Audio] = []
        self._held: Audio = np.zeros(0, np.float32)

    def add(self, rate: int, silence: int, samples: Audio) -> None:
        if rate != self._rate:
            self._rate, self._parts = rate, []
            self._held = np.zeros(0, np.float32)
        if silence:
            self._parts.append(np.zeros(min(silence, round(_MOST_SECONDS * rate)), np.float32))
        self._parts.append(samples)

    def columns(self) -> bytes:
        if not self._parts:
            return b""
        audio = np.concatenate((self._held, *self._parts))[-round(_MOST_SECONDS * self._rate) :]
        self._parts = []
        window, hop = _window_samples(self._rate), self._rate // COLUMNS_PER_SECOND
        count = max(0, (len(audio) - window) // hop + 1)
        self._held = audio[count * hop :]
        if not count:
            return b""
        places = hop * np.arange(count)[:, None] + np.arange(window)
        return _column_bytes(audio[places], self._rate)


def _column_bytes(frames: NDArray[np.float32], rate: int) -> bytes:
    """Frames (n, window) to n * BANDS bytes."""
    window = frames.shape[1]
    magnitude = np.abs(fft.rfft(frames * hann(window), axis=1)) * np.float32(4 / window)
    level_db = 20.0 * np.log10(np.maximum(magnitude @ _bank(rate), 1e-9))
    bright: NDArray[np.float32] = np.clip((1.0 - level_db / FLOOR_DB) * 255.0, 0.0, 255.0).round()
    return bright.astype(np.uint8).tobytes()


def _window_samples(rate: int) -> int:
    return int(2 ** round(np.log2(rate * _WINDOW_SECONDS)))


@lru_cache(maxsize=4)
def _bank(rate: int) -> NDArray[np.float32]:
    """(bins, BANDS), each band's peak being 1. A slow device's bands above its half rate stay dark."""
    window = _window_samples(rate)
    wide = 2 if rate < 2 * HIGHEST_HZ else 1  # a spectrum twice as wide, of the same bins
    spec = MelSpec(wide * rate, wide * window, wide * window, BANDS, LOWEST_HZ, HIGHEST_HZ)
    bank = filterbank(spec)[:, : window // 2 + 1]
    peak = filterbank(spec).max(axis=1, keepdims=True)
    scaled: NDArray[np.float32] = np.ascontiguousarray((bank / np.maximum(peak, 1e-12)).T)
    return scaled
