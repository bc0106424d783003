"""The memory of a voice: moments of its speech, for a model that looks up how the voice says something.

A row holds the shape of a spectrum and its content, by which it is found. It is kept as bytes, and all rows
as text in the voice's own file.
"""

import struct
import zlib
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from rtvc import base85
from rtvc.model_format import MemoryShape

_SHAPE_STEP, _CONTENT_STEP = 0.25, 1.0 / 28.0  # a spectrum's shape has a spread of 2 to 10, content of 1
_FEWEST_TO_A_ROW = 2  # moments, on average: a memory is no recording
_ROUNDS = 8
_SHAPE_WEIGHT = 0.15  # against content, where moments are gathered into rows
_MIDDLE = 128
_SIZES = struct.Struct("<HH")  # rows and their width
_MOST_BYTES = 1 << 24

Float = NDArray[np.float32]


def cosines(n_mels: int, count: int) -> Float:
    """Orthonormal rows (count, n_mels): the shape of a spectrum from coarse to fine, without its loudness."""
    place = (np.arange(n_mels) + 0.5) * np.pi / n_mels
    rows = np.cos(np.arange(1, count + 1)[:, None] * place) * np.sqrt(2.0 / n_mels)
    return np.asarray(rows, np.float32)


def gathered(content: Float, log_mel: Float, shape: MemoryShape) -> Float:
    """All moments of a voice as rows: means of those that are alike, by k-means, two or more to a row.

    Args:
        content: of each moment, as the model that hears puts it out.
        log_mel: of each moment.
    """
    spectra = log_mel @ cosines(log_mel.shape[1], shape.shape).T
    moments = np.concatenate([spectra, content], axis=1).astype(np.float32)
    weight = _per_column(shape, _SHAPE_WEIGHT, 1.0)
    rows = min(shape.rows, max(1, len(moments) // _FEWEST_TO_A_ROW))
    return _means(moments * weight, rows) / weight


def _means(moments: Float, rows: int) -> Float:
    centres = moments[np.random.default_rng(0).choice(len(moments), rows, replace=False)]
    for _ in range(_ROUNDS):
        nearest = np.argmin((centres**2).sum(axis=1) - 2.0 * moments @ centres.T, axis=1)
        counts = np.bincount(nearest, minlength=rows)[:, None]
        sums = np.zeros_like(centres)
        np.add.at(sums, nearest, moments)
        centres = np.where(counts > 0, sums / np.maximum(counts, 1), centres).astype(np.float32)
    return centres


def rounded(rows: Float, shape: MemoryShape) -> NDArray[np.uint8]:
    return np.asarray(np.clip(np.rint(rows / _steps(shape)) + _MIDDLE, 0, 255), np.uint8)


def restored(stored: NDArray[np.uint8], shape: MemoryShape) -> Float:
    """Raises ValueError where it is the memory of another model."""
    if stored.shape[1] != shape.width or not 1 <= len(stored) <= shape.rows:
        raise ValueError(f"its memory is of {stored.shape}, up to {(shape.rows, shape.width)} is wanted")
    return np.asarray((stored.astype(np.float32) - _MIDDLE) * _steps(shape), np.float32)


def _steps(shape: MemoryShape) -> Float:
    return _per_column(shape, _SHAPE_STEP, _CONTENT_STEP)


def _per_column(shape: MemoryShape, spectrum: float, content: float) -> Float:
    return np.repeat(np.array([spectrum, content], np.float32), [shape.shape, shape.content])


def to_text(stored: NDArray[np.uint8]) -> str:
    # Column by column: neighbours are alike, which packs better.
    packed = zlib.compress(_SIZES.pack(*stored.shape) + stored.T.tobytes(), 9)
    return base85.encoded(packed)


def from_text(text: str) -> NDArray[np.uint8]:
    """Raises ValueError where it is no memory."""
    try:
        raw = zlib.decompressobj().decompress(base85.decoded(text), _MOST_BYTES)
        rows, width = _SIZES.unpack_from(raw)
        return np.frombuffer(raw, np.uint8, rows * width, _SIZES.size).reshape(width, rows).T
    except (ValueError, zlib.error, struct.error) as error:
        raise ValueError(f"its memory can't be read ({error})") from None


@lru_cache(maxsize=8)
def remembered(text: str, shape: MemoryShape) -> Float:
    """The rows of a memory. It takes some milliseconds, but for one that was in use of late."""
    return restored(from_text(text), shape)


def merged(memories: list[tuple[str, float]]) -> str:
    """One memory of several: of each as many rows, from all over it, as its share. ValueError: no fit."""
    found = [(from_text(text), share) for text, share in memories]
    longest = max(len(rows) for rows, _ in found)
    whole = min(longest, *(len(rows) / share for rows, share in found))
    parts = [rows[np.linspace(0, len(rows) - 1, round(share * whole)).astype(int)] for rows, share in found]
    return to_text(np.concatenate(parts))
