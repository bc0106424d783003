"""Two recordings as spectrograms in one PNG file, one above the other. Needs no library for pictures."""

import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from rtvc.audio_file import reason, shown
from rtvc.clip import read_clip
from rtvc.errors import AudioFileError
from rtvc.mel import MelSpec, hann

COLOURS = (
    "000004",
    "3b0f70",
    "8c2981",
    "de4968",
    "fe9f6d",
    "fcfdbf",
)  # dark to bright, for eyes of all kinds
_SPEC = MelSpec()
_HIGHEST_HZ = 8000.0
_RANGE_DB = 80.0
_MOST_COLUMNS = 4000  # of a long recording columns are left out
_GAP = 8  # white rows between the two
_WHITE = 255

Image = NDArray[np.uint8]  # (rows, columns, 3)


def write_spectrograms(path: Path, before: Path, after: Path) -> None:
    """Frequency upwards from 0 to 8 kHz, time from left to right, both against the louder of the two."""
    sounds = [read_clip(one, _SPEC.sample_rate) for one in (before, after)]
    levels = [_decibels(sound) for sound in sounds]
    top = max(float(level.max()) for level in levels)
    panels = [coloured((level - top) / _RANGE_DB + 1.0) for level in levels]
    width = max(panel.shape[1] for panel in panels)
    gap = np.full((_GAP, width, 3), _WHITE, np.uint8)
    whole = np.concatenate([_widened(panels[0], width), gap, _widened(panels[1], width)])
    fresh = path.with_name(path.name + ".new")
    try:
        fresh.write_bytes(_png(whole))
        fresh.replace(path)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise AudioFileError(
            f"The picture {shown(path)} can't be written: {reason(error)}; name another place for it."
        ) from error


def coloured(shares: NDArray[np.float64]) -> Image:
    """Values 0 to 1, (rows, columns), as colours."""
    stops = np.array([[int(stop[i : i + 2], 16) for i in (0, 2, 4)] for stop in COLOURS], float)
    places = np.linspace(0.0, 1.0, len(stops))
    channels = [np.interp(np.clip(shares, 0.0, 1.0), places, stops[:, channel]) for channel in range(3)]
    return np.stack(channels, axis=-1).astype(np.uint8)


def _decibels(sound: NDArray[np.float32]) -> NDArray[np.float64]:
    """(bins, frames), the highest bin first."""
    padded = np.pad(sound, (_SPEC.n_fft // 2, _SPEC.n_fft))
    hops = range(0, len(padded) - _SPEC.n_fft, max(_SPEC.hop, len(padded) // _MOST_COLUMNS))
    frames = np.stack([padded[at : at + _SPEC.n_fft] for at in hops]) * hann(_SPEC.n_fft)
    bins = round(_HIGHEST_HZ * _SPEC.n_fft / _SPEC.sample_rate)
    magnitude = np.abs(fft.rfft(frames, axis=1))[:, :bins]
    level: NDArray[np.float64] = 20.0 * np.log10(np.maximum(magnitude, 1e-7)).T[::-1].astype(np.float64)
    return level


def _widened(panel: Image, width: int) -> Image:
    missing = width - panel.shape[1]
    return np.pad(panel, ((0, 0), (0, missing), (0, 0)), constant_values=_WHITE)


def _png(image: Image) -> bytes:
    rows, columns, _ = image.shape
    unfiltered = np.concatenate([np.zeros((rows, 1), np.uint8), image.reshape(rows, -1)], axis=1)
    head = struct.pack(">IIBBBBB", columns, rows, 8, 2, 0, 0, 0)  # 8 bits, red, green and blue
    body = zlib.compress(unfiltered.tobytes(), 6)
    parts = (_chunk(b"IHDR", head), _chunk(b"IDAT", body), _chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
