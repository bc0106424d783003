"""Real FFTs of the rows of float32 arrays into arrays that are there already: no scaling, no checks.

The public calls spend as long on their arguments as on the transform of a few short rows, hence scipy's
private one wherever it is as expected.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

Transform = Callable[[Any, Any], None]

_SIMD_ROWS = 4  # transformed at once; what is left over goes one by one


def cheapest_rows(rows: int) -> int:
    """How many rows to transform where `rows` are needed: two single ones cost what a group does."""
    left_over = rows % _SIMD_ROWS
    return rows if left_over < 2 else rows - left_over + _SIMD_ROWS


def _numpy_forward(x: Any, out: Any) -> None:
    np.fft.rfft(x, axis=-1, out=out)


def _numpy_inverse(x: Any, out: Any) -> None:
    np.fft.irfft(x, out.shape[-1], axis=-1, norm="forward", out=out)


NUMPYS: tuple[Transform, Transform] = (_numpy_forward, _numpy_inverse)


def _best() -> tuple[Transform, Transform]:
    try:
        from scipy.fft._pocketfft.pypocketfft import c2r, r2c

        def forward(x: Any, out: Any) -> None:
            r2c(x, (-1,), True, 0, out, 1)

        def inverse(x: Any, out: Any) -> None:
            c2r(x, (-1,), out.shape[-1], False, 0, out, 1)

        probe = np.zeros((2, 8), np.float32)
        forward(probe, np.empty((2, 5), np.complex64))
        inverse(np.zeros((2, 5), np.complex64), probe)
        return forward, inverse
    except (ImportError, TypeError, ValueError):
        return NUMPYS


TRANSFORMS = _best()  # forward, inverse
