"""Resampler, the stage between device rates and model rates. Knows no device, follows no clock by itself.

A polyphase FIR (sinc, Kaiser window). Voices are analysed up to 8 kHz, so the filter only has to be flat
up to there, and everything that would fold into or mirror out of that band has to be gone:

    gain  |-------------------\\
          |                    \\
          |                     \\____________
          0        pass band    stop band      pass + stop = the lower of the two rates
"""

from dataclasses import dataclass
from functools import lru_cache
from math import ceil, gcd

import numpy as np
from numpy.typing import NDArray

from rtvc.stage import Audio

_VOICE_BAND_HZ = 8000.0
_WIDEST_PASS = 0.45  # of the lower rate; more costs delay: 0.45 is 1.2 ms at 22050 Hz, 3.3 ms at 8000 Hz
_NARROWEST_PASS = 0.36  # at high rates delay is cheap enough to keep more than the voice band
_STOP_DB = 85.0
_ROWS_PER_CYCLE = 400  # linear interpolation between rows then stays 90 dB below the signal
_MOST_EXACT_ROWS = 2048
_TRIM_STEPS = 1 << 24  # a trim is rounded to less than a ten-millionth
_TRIM_RANGE = (0.95, 1.05)
_PIECE = 8192  # input samples worked on at once, so that whole files need little memory


@dataclass(frozen=True)
class _Filter:
    """Row r is the filter for an output r / rows of the way between two input samples."""

    table: NDArray[np.float32]  # (rows, taps)
    slope: NDArray[np.float32]  # (rows, taps) from each row to the next

    @property
    def rows(self) -> int:
        return len(self.table)

    @property
    def taps(self) -> int:
        return int(self.table.shape[1])


def _pass_band_hz(lower_rate: int) -> float:
    return min(_WIDEST_PASS * lower_rate, max(_VOICE_BAND_HZ, _NARROWEST_PASS * lower_rate))


@lru_cache(maxsize=16)
def _design(input_rate: int, output_rate: int) -> _Filter:
    lower = min(input_rate, output_rate)
    transition = (lower - 2 * _pass_band_hz(lower)) / input_rate
    half = ceil((_STOP_DB - 7.95) / (14.36 * transition) / 2)  # Kaiser's estimate of the length
    beta = 0.1102 * (_STOP_DB - 8.7)

    # Exact places for the fractions that occur without trim, unless these are too many.
    exact = output_rate // gcd(input_rate, output_rate)
    enough = ceil(_ROWS_PER_CYCLE * lower / input_rate)
    rows = exact * ceil(enough / exact) if exact <= _MOST_EXACT_ROWS else enough

    fractions = np.arange(rows + 1) / rows
    distance = np.arange(1 - half, half + 1)[None, :] - fractions[:, None]  # input samples from the output
    window = np.i0(beta * np.sqrt(np.maximum(0.0, 1.0 - (distance / half) ** 2)))
    table = np.sinc(distance * lower / input_rate) * window
    table /= table.sum(axis=1, keepdims=True)
    return _Filter(_shared(table[:-1]), _shared(np.diff(table, axis=0)))


def _shared(values: NDArray[np.float64]) -> NDArray[np.float32]:
    result = values.astype(np.float32)
    result.setflags(write=False)  # cached, and used by every resampler of these rates
    return result


class Resampler:
    """Audio at `input_rate` in, the same audio at `output_rate` out, aligned in time.

    `ratio_trim` stretches (> 1: more samples come out) to follow a clock that is not quite what its device
    says. It may be changed between any two blocks: the reading position goes on, only its speed changes.
    The declared latency is meant for a trim of 1; otherwise output and input times part, as they should.

    Equal rates pass straight through and cannot be trimmed, unless `elastic` asks for the filter.
    """

    def __init__(self, input_rate: int, output_rate: int, *, elastic: bool = False) -> None:
        assert input_rate > 0 and output_rate > 0, "rates must be positive"
        self.input_rate = input_rate
        self._output_rate = output_rate
        self._filter = _design(input_rate, output_rate) if elastic or input_rate != output_rate else None
        common = gcd(input_rate, output_rate)
        # Places are whole numbers, `_unit` to an input sample, so that no rounding ever adds up.
        self._unit = output_rate // common * _TRIM_STEPS
        self._nominal_step = input_rate // common * _TRIM_STEPS
        self.ratio_trim = 1.0
        self.reset()

    @property
    def latency_samples(self) -> float:
        # The newest half of the filter has to be heard before the sample in its middle can be told.
        return self._filter.taps / 2 * self._output_rate / self.input_rate if self._filter else 0.0

    @property
    def output_rate(self) -> int:
        return self._output_rate

    @property
    def ratio_trim(self) -> float:
        return self._ratio_trim

    @ratio_trim.setter
    def ratio_trim(self, trim: float) -> None:
        assert _TRIM_RANGE[0] <= trim <= _TRIM_RANGE[1], f"trim {trim} is outside {_TRIM_RANGE}"
        assert self._filter or trim == 1.0, "equal rates can be trimmed only when elastic"
        self._ratio_trim = trim
        self._step = round(self._nominal_step / trim)

    def reset(self) -> None:
        """Forget the audio; the trim is a setting and stays."""
        taps = self._filter.taps if self._filter else 2
        self._held: Audio = np.zeros(taps // 2 - 1, np.float32)
        self._place = 0  # where the next output's window begins, in units after the first held sample

    def process(self, block: Audio) -> Audio:
        if self._filter is None:
            return block
        if len(block) <= _PIECE:
            return self._process_piece(block, self._filter)
        pieces = [block[start : start + _PIECE] for start in range(0, len(block), _PIECE)]
        return np.concatenate([self._process_piece(piece, self._filter) for piece in pieces])

    def _process_piece(self, block: Audio, filter_: _Filter) -> Audio:
        held = np.concatenate((self._held, block))
        windows = len(held) - filter_.taps + 1
        count = max(0, -(-(windows * self._unit - self._place) // self._step))
        out = self._convolve(held, windows, count, filter_) if count else np.empty(0, np.float32)
        end = self._place + count * self._step
        used = min(end // self._unit, len(held))  # a long stride may end beyond what was heard so far
        self._place = end - used * self._unit
        self._held = held[used:]
        return out

    def _convolve(self, held: Audio, windows: int, count: int, filter_: _Filter) -> Audio:
        places = self._place + self._step * np.arange(count)
        starts = places // self._unit
        row_places = (places - starts * self._unit) * filter_.rows
        rows = row_places // self._unit
        # Every stretch of `taps` samples as a row of a view; indexing then copies those that are wanted.
        stretches: Audio = np.ndarray((windows, filter_.taps), np.float32, held, strides=(4, 4))
        weights = filter_.table.take(rows, axis=0)
        if self._between_rows(filter_):
            share = (row_places - rows * self._unit).astype(np.float32) / np.float32(self._unit)
            slope = filter_.slope.take(rows, axis=0)
            slope *= share[:, None]
            weights += slope
        return np.einsum("ij,ij->i", stretches[starts], weights)  # type: ignore[no-any-return]

    def _between_rows(self, filter_: _Filter) -> bool:
        """Do some places fall between two rows? Never without trim, but for rates of little in common."""
        return bool(self._place * filter_.rows % self._unit or self._step * filter_.rows % self._unit)
