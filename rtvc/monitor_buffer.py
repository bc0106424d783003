"""MonitorBuffer, what waits for a second loudspeaker: written by the worker, played on another clock.

It owes nobody a time: it keeps a little sound in stock, stretches what comes in so that the stock stays as it
is, and gathers it anew after it ran out.
"""

import time
from collections.abc import Callable

import numpy as np

from rtvc.drift import ClockFollower
from rtvc.fades import FADE_SECONDS, EdgeFader, read_across_cut, rising_ramp
from rtvc.resample import Resampler
from rtvc.ring import Ring
from rtvc.stage import Audio
from rtvc.value_range import Range

_CAPACITY_SECONDS = 2.0
_STOCK_SECONDS = 0.020  # beyond a block: a hop of the model, its computing, and some jitter
_WATCH_SECONDS = 0.4
_MOST_EXCESS_SECONDS = 0.020
_LONGEST_WAIT_SECONDS = 0.1  # sound that comes later than this is not coming


class MonitorBuffer:
    """`write` is the worker's, `play` the callback's; each attribute has one writer, named below."""

    def __init__(self, rate: int, block: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._clock = rate, clock
        self._ring = Ring(round(_CAPACITY_SECONDS * rate))
        self._stock = block + round(_STOCK_SECONDS * rate)
        self._fader = EdgeFader(rate)
        self._rise = rising_ramp(round(FADE_SECONDS * rate))
        self._scratch = np.zeros(len(self._rise), np.float32)
        # Stored by the worker.
        self._resampler = Resampler(rate, rate, elastic=True)
        self._written = 0, 0.0  # samples, and when the last of them came: one reference, replaced whole
        # Stored by the callback; others read the counters.
        self._follower = ClockFollower()
        self._excess = Range()
        self._is_playing = False
        self.underruns = self.cuts = 0

    @property
    def delay_seconds(self) -> float:
        """Any thread. How long sound waits here."""
        return self._stock / self._rate

    def write(self, audio: Audio, rate: int) -> None:
        """Worker thread. Sound that finds no room is left out: nobody plays it."""
        if rate != self._resampler.input_rate:
            self._resampler = Resampler(rate, self._rate, elastic=True)
        self._resampler.ratio_trim = self._follower.trim
        self._ring.write(self._resampler.process(audio))
        self._written = self._ring.written, self._clock()

    def play(self, out: Audio) -> None:
        """Output callback."""
        self._is_playing = self._is_playing or self._ring.available >= self._stock
        if not self._is_playing:
            self._fader.shape(out, 0, 0)
            return
        written, at = self._written
        on_the_way = min(self._clock() - at, _LONGEST_WAIT_SECONDS) * self._rate
        self._excess.add(written + on_the_way - self._ring.consumed - self._stock, len(out))
        if self._excess.samples < _WATCH_SECONDS * self._rate or not self._keep_stock(out):
            self._emit(out, self._ring.read_into(out))

    def _emit(self, out: Audio, count: int) -> None:
        """Output callback. What is missing becomes silence; sound goes on when there is a stock again."""
        self._fader.shape(out, 0, count)
        if count < len(out):
            self._is_playing = False
            self.underruns += 1
            self._excess.clear()

    def _keep_stock(self, out: Audio) -> bool:
        """Output callback. A small excess flows off, a large one is cut; True if `out` is filled by then."""
        excess = self._excess
        seconds, mean, least = excess.samples / self._rate, excess.mean, excess.least
        excess.clear()
        if least <= _MOST_EXCESS_SECONDS * self._rate:
            self._follower.follow(mean / self._rate, seconds)
            return False
        cut = min(round(mean), self._ring.available - len(out))
        if cut <= 0:
            return False
        self._emit(out, read_across_cut(self._ring, out, cut, self._rise, self._scratch))
        self.cuts += 1
        return True
