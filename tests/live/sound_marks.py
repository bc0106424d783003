"""A sound that can be found again in a recording: how late each piece of it is, and how much alike."""

import numpy as np
from numpy.typing import NDArray

from tests.live.virtual_card import RATE

Float = NDArray[np.float32]

_HIGHEST_HZ = 1500.0  # above, a fraction of a sample by which two clocks part would look like another sound
_PIECE_SECONDS = 0.03  # short enough that sound stretched by 0.3 % is one and the same in it
_REACH_SECONDS = 0.012  # pieces may be so much earlier or later than the whole, while the delay is put right
_SPOKEN = 0.2  # of the loudest piece: quieter ones are not looked for


def noise_bursts(seconds: float) -> Float:
    """Noise that swells and fades, so that both its waveform and a gap in it can be found again."""
    rng = np.random.default_rng(7)
    time = np.arange(round(seconds * RATE)) / RATE
    swell = 0.6 + 0.4 * np.sin(2 * np.pi * 1.5 * time)
    spectrum = np.fft.rfft(rng.standard_normal(len(time)))
    spectrum[np.fft.rfftfreq(len(time), 1 / RATE) > _HIGHEST_HZ] = 0.0
    noise = np.fft.irfft(spectrum, len(time))
    return (0.2 * swell * noise / noise.std()).clip(-0.9, 0.9).astype(np.float32)


def delay_and_likeness(heard: Float, said: Float) -> tuple[float, float]:
    """Milliseconds from `heard` to `said`, and how much alike their pieces are (1.0: the same).

    Piece by piece, because sound may be stretched a little on its way; what is missing or was put together
    wrongly is found nowhere near.
    """
    whole = _lag(heard, said)
    size, reach = round(_PIECE_SECONDS * RATE), round(_REACH_SECONDS * RATE)
    pieces = np.lib.stride_tricks.sliding_window_view(heard, size)[::size]
    loud = np.sqrt((pieces**2).mean(axis=1))
    lags, likenesses = [], []
    for index in np.flatnonzero(loud > _SPOKEN * loud.max()):
        first = max(0, index * size + whole - reach)
        near = said[first : index * size + whole + reach + size]
        if len(near) < size + reach:
            continue  # the recording ended before
        alike = _alike(pieces[index], near)
        lags.append(first + int(np.argmax(alike)) - index * size)
        likenesses.append(float(alike.max()))
    return float(np.mean(lags)) / RATE * 1e3, float(np.mean(likenesses))


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
