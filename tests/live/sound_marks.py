"""A sound that can be found again in a recording: how late each piece of it is, and how much alike."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.live.virtual_card import RATE

Float = NDArray[np.float32]

MOST_STRETCHED_HZ = 1500.0  # above, a fraction of a sample by which clocks part would look like another sound
_PIECE = round(0.03 * RATE)  # samples; so few that sound stretched by 0.3 % is one and the same in it
_REACH_SECONDS = 0.012  # the best piece may be so much earlier or later than the whole
_STEP = round(0.0003 * RATE)  # samples from piece to piece: three times what putting a delay right takes
_SPOKEN = 0.2  # of the loudest piece: quieter ones are not looked for
_FOUND = 0.5  # less alike is another sound, which says nothing of the lag
_CUT_OFF = round(0.02 * RATE)  # samples at both ends of a recording, where sound begins and breaks off in it
_RISE_HZ = 500.0  # steeper, and a click would ring


def noise_bursts(seconds: float, highest_hz: float = MOST_STRETCHED_HZ) -> Float:
    """Noise that swells and fades, so that both its waveform and a gap in it can be found again."""
    rng = np.random.default_rng(7)
    time = np.arange(round(seconds * RATE)) / RATE
    swell = 0.6 + 0.4 * np.sin(2 * np.pi * 1.5 * time)
    spectrum = np.fft.rfft(rng.standard_normal(len(time)))
    spectrum[np.fft.rfftfreq(len(time), 1 / RATE) > highest_hz] = 0.0
    noise = np.fft.irfft(spectrum, len(time))
    return (0.2 * swell * noise / noise.std()).clip(-0.9, 0.9).astype(np.float32)


def peak_above(hertz: float, sound: NDArray[Any]) -> float:
    """Of what is above a frequency. In a low tone that is a click, wherever it is but right at the ends."""
    spectrum = np.fft.rfft(sound)
    frequencies = np.fft.rfftfreq(len(sound), 1 / RATE)
    spectrum *= np.clip((frequencies - hertz) / _RISE_HZ, 0.0, 1.0)
    # To the transform the end is followed by the beginning: where a tone breaks off, that is a click.
    return float(np.abs(np.fft.irfft(spectrum, len(sound))[_CUT_OFF:-_CUT_OFF]).max())


def delay_and_likeness(heard: Float, said: Float) -> tuple[float, float]:
    """Milliseconds from `heard` to `said`, and how much alike their pieces are (1.0: the same).

    Piece by piece, because sound may be stretched a little on its way. From the best piece on, each is looked
    for where the one before was: after a skip, however short, nothing is where it belongs.
    """
    lag, reach = _lag(heard, said), round(_REACH_SECONDS * RATE)
    pieces = [start for start in _spoken_pieces(heard) if start + lag + reach + _PIECE <= len(said)]
    first = max(pieces, key=lambda start: _best(heard, said, start, lag, reach)[1])
    anchor, _ = _best(heard, said, first, lag, reach)
    found = _follow(heard, said, [start for start in pieces if start >= first], anchor)
    found += _follow(heard, said, [start for start in reversed(pieces) if start < first], anchor)
    lags, likenesses = np.array(found).T
    return float(lags[likenesses >= min(_FOUND, likenesses.max())].mean()) / RATE * 1e3, float(
        likenesses.mean()
    )


def _spoken_pieces(heard: Float) -> list[int]:
    """Where the pieces start that are loud enough to be found again."""
    pieces = heard[: len(heard) // _PIECE * _PIECE].reshape(-1, _PIECE)
    loud = np.sqrt((pieces**2).mean(axis=1))
    return [int(index) * _PIECE for index in np.flatnonzero(loud > _SPOKEN * loud.max())]


def _follow(heard: Float, said: Float, starts: list[int], lag: int) -> list[tuple[int, float]]:
    """Lag and likeness of one piece after the other, each near where the one before was found."""
    found: list[tuple[int, float]] = []
    for before, start in zip(starts[:1] + starts, starts, strict=False):
        away = abs(start - before) // _PIECE + 1
        place, likeness = _best(heard, said, start, lag, away * _STEP)
        lag = place if likeness > _FOUND else lag
        found.append((lag, likeness))
    return found


def _best(heard: Float, said: Float, start: int, lag: int, reach: int) -> tuple[int, float]:
    """The lag near this one at which the piece is most alike, and how much."""
    first = max(0, start + lag - reach)
    alike = _alike(heard[start : start + _PIECE], said[first : start + lag + reach + _PIECE])
    best = int(np.argmax(alike))
    return first + best - start, float(alike[best])


def _lag(heard: Float, said: Float) -> int:
    size = 1 << (2 * len(heard) - 1).bit_length()
    spectrum = np.conj(np.fft.rfft(heard, size)) * np.fft.rfft(said, size)
    return int(np.argmax(np.fft.irfft(spectrum, size)[:RATE]))


def _alike(piece: Float, near: Float) -> NDArray[np.float64]:
    """Correlation with every place in `near`."""
    places = np.lib.stride_tricks.sliding_window_view(near.astype(np.float64), len(piece))
    energy = np.sqrt((places**2).sum(axis=1) * np.sum(piece.astype(np.float64) ** 2))
    likeness: NDArray[np.float64] = (places @ piece) / np.maximum(energy, 1e-9)
    return likeness
