"""YIN on analysis frames: f0 and how periodic each frame is. Stateless; any number of frames at once.

After A. de Cheveigne and H. Kawahara (2002), with the lag refined on the longest whole number of
periods that fits, so that a high note is not limited by its few samples per period.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft

_DIP_THRESHOLD = 0.15  # normalised difference under which the first dip is taken as the period
_SILENCE_RMS = 1e-5  # below this a frame has no pitch, whatever its rounding errors look like
_NO_DIFFERENCE = 1e-20
_OCTAVE_GAIN, _OCTAVE_SHARE = 0.03, 0.3  # how much deeper the dip at twice a lag must be to be the period
_REFINED_LAG = 160  # samples; a longer lag adds precision but smears glides

Float = NDArray[np.float64]


@dataclass(frozen=True)
class PitchRange:
    fmin_hz: float
    fmax_hz: float
    has_faint_fundamentals: bool = False  # as low notes of a violin have: half a period nearly repeats

    def __post_init__(self) -> None:
        if not 0 < self.fmin_hz < self.fmax_hz:
            raise ValueError(f"need 0 < fmin < fmax, got {self.fmin_hz} and {self.fmax_hz} Hz")


SPEECH = PitchRange(60.0, 1100.0)
MUSIC = PitchRange(60.0, 2400.0, has_faint_fundamentals=True)


def yin(
    frames: NDArray[np.float32], sample_rate: int, pitch_range: PitchRange = SPEECH
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Raw frames (n, length) to f0 in Hz (n,) and periodicity 0..1 (n,)."""
    longest = int(np.ceil(sample_rate / pitch_range.fmin_hz)) + 1
    shortest = max(2, int(sample_rate / pitch_range.fmax_hz))
    if frames.shape[1] < 2 * longest:
        raise ValueError(f"frames of {frames.shape[1]} samples are too short for {pitch_range}")
    x = frames.astype(np.float64)
    energy = np.zeros((len(x), x.shape[1] + 1))  # of the first k samples
    np.cumsum(x * x, axis=1, out=energy[:, 1:])
    difference = _normalised_difference(x, energy, longest)
    lag = _first_dip(difference, shortest)
    if pitch_range.has_faint_fundamentals:
        checked = [_octave_checked(row, int(at)) for row, at in zip(difference, lag, strict=True)]
        lag = np.array(checked, np.intp)
    refined = np.array([_refine(row, int(at)) for row, at in zip(difference, lag, strict=True)])
    f0 = np.minimum(np.maximum(sample_rate / refined, pitch_range.fmin_hz), pitch_range.fmax_hz)
    periodicity = 1.0 - np.minimum(difference[np.arange(len(x)), lag], 1.0)
    loud = energy[:, -1] > _SILENCE_RMS**2 * x.shape[1]
    return f0.astype(np.float32), (periodicity * loud).astype(np.float32)


def _normalised_difference(x: Float, energy: Float, longest: int) -> Float:
    """Cumulative-mean-normalised squared difference for lags 0..longest, (n, longest + 1)."""
    count, length = x.shape
    width = length - longest  # samples compared at every lag
    # No wrap-around: i + lag < length for every i < width.
    both = np.zeros((2, count, length))
    both[0] = x
    both[1, :, :width] = x[:, :width]
    whole, head = fft.rfft(both, axis=2)
    np.multiply(np.conj(head, out=head), whole, out=whole)
    correlation = fft.irfft(whole, n=length, axis=1)[:, : longest + 1]
    shifted = energy[:, width : width + longest + 1] - energy[:, : longest + 1]
    difference: Float = shifted - 2.0 * correlation
    difference += shifted[:, :1]
    np.maximum(difference, 0.0, out=difference)
    running = np.cumsum(difference[:, 1:], axis=1)
    difference[:, 1:] *= np.arange(1, longest + 1)
    difference[:, 0] = 1.0
    # Where nothing has differed yet (silence) there is no period to prefer: 0 / tiny would be a dip.
    difference[:, 1:] /= np.maximum(running, _NO_DIFFERENCE)
    difference[:, 1:][running < _NO_DIFFERENCE] = 1.0
    return difference


def _first_dip(difference: Float, shortest: int) -> NDArray[np.intp]:
    """The first local minimum below the threshold, or the lowest point where there is none."""
    inner = difference[:, shortest:-1]
    is_minimum = (inner <= difference[:, shortest - 1 : -2]) & (inner < difference[:, shortest + 1 :])
    is_dip = is_minimum & (inner < _DIP_THRESHOLD)
    lowest = np.argmin(inner, axis=1)
    first: NDArray[np.intp] = np.where(is_dip.any(axis=1), np.argmax(is_dip, axis=1), lowest)
    return first + shortest


def _octave_checked(difference: Float, lag: int) -> int:
    """The lag, or twice the lag where the sound repeats much better: not so for what is an octave higher."""
    around = max(1, lag // 20)
    if 2 * lag + around + 1 >= len(difference):
        return lag
    twice = 2 * lag - around + int(np.argmin(difference[2 * lag - around : 2 * lag + around + 1]))
    # A short lag is far from whole samples, so that the dip between them counts.
    depth, deeper = _depth(difference, lag), float(difference[twice])
    is_period = depth - deeper > _OCTAVE_GAIN and deeper < _OCTAVE_SHARE * depth
    return twice if is_period else lag


def _depth(difference: Float, lag: int) -> float:
    """How deep the parabola through three neighbouring lags is."""
    left, middle, right = difference[lag - 1 : lag + 2].tolist()
    off = _parabola(difference, lag) - lag
    return float(middle + 0.5 * off * (right - left) + 0.5 * off * off * (left - 2.0 * middle + right))


def _refine(difference: Float, lag: int) -> float:
    """The period in fractional samples: double the lag, find the dip there, divide again.

    One row at a time in plain numbers: live there is one row, and array calls on it cost ten times this.
    """
    period = _parabola(difference, lag)
    limit = min(_REFINED_LAG, len(difference) - 3)
    multiple = 1
    while (doubled := round(2 * multiple * period)) <= limit:
        dip = min(doubled - 1, doubled, doubled + 1, key=difference.__getitem__)
        # A dip as deep as the first one is the same period again; else the sound is no plain repetition.
        if difference[dip] > difference[lag] + 0.1:
            break
        multiple *= 2
        period = _parabola(difference, dip) / multiple
    return period


def _parabola(difference: Float, lag: int) -> float:
    """Vertex of the parabola through three neighbouring lags."""
    left, middle, right = difference[lag - 1 : lag + 2].tolist()
    curvature = left - 2.0 * middle + right
    if curvature < 1e-12:
        return float(lag)
    return lag + float(min(0.5, max(-0.5, 0.5 * (left - right) / curvature)))
