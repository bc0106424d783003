"""From mels back to magnitudes: what a vocoder has to guess before any phase. Keeps no state.

A mel band is a weighted sum of a few bins, so many spectra have the same mels. `spread` gives a smooth guess,
`kl_step` pulls any spectrum towards the observed mels: one multiplicative update of non-negative matrix
factorisation under the Kullback-Leibler divergence. What is zero stays zero.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from rtvc.mel import MelSpec, filterbank, hz_to_mel, mel_to_hz

Real = NDArray[np.float32]

_TINY = np.float32(1e-20)  # makes 0 of the 0/0 of silent bands
_HEADROOM = 2.0  # natural log; a mel may be that far above the loudest a full-scale sound can have
_TILES = 2


class MelInversion:
    """Sees the `n_bins` lowest bins only: the ones above have no mel and stay silent."""

    def __init__(self, spec: MelSpec, steps: int = 5) -> None:
        self.steps = steps
        bank = filterbank(spec)
        self.n_bins = int(np.flatnonzero(bank.any(axis=0))[-1]) + 1
        bank = bank[:, : self.n_bins]
        area = bank.sum(axis=1)
        # A band's mean magnitude is mel / area; neighbours blend linearly, as their triangles do.
        unit_height = bank / _heights(spec)[:, None]
        self._spread = (unit_height / np.where(area > 0, area, 1.0)[:, None]).astype(np.float32)
        weight = bank.sum(axis=0)
        share = (bank / np.where(weight > 0, weight, 1.0)).astype(np.float32)
        # A triangle touches a few bins and a bin two triangles: a few dense tiles hold all that is not zero.
        self._gather = list(_tiles(np.ascontiguousarray(bank.T)))
        self._scatter = list(_tiles(share))
        self._floor = np.float32(spec.floor)
        self._log_floor = np.float32(spec.log_floor)
        self._log_loudest = np.float32(np.log(0.5 * spec.n_fft * area.max()) + _HEADROOM)

    def mels(self, log_mel: Real) -> Real:
        """Linear mels of one frame; what is not a number, or not above the floor, is silence."""
        sane = np.where(np.isfinite(log_mel), log_mel, self._log_floor)
        linear = np.exp(np.clip(sane, self._log_floor, self._log_loudest))
        above: Real = np.maximum(linear - self._floor, np.float32(0.0))
        return above

    def spread(self, mel: Real) -> Real:
        """Smooth magnitudes (frames, n_bins) of mels (frames, n_mels)."""
        smooth: Real = mel @ self._spread
        return smooth

    def invert(self, smooth: Real, mel: Real) -> Real:
        """Magnitudes that have these mels, starting from the smooth ones."""
        magnitude = smooth.copy()
        ratio, change = np.empty_like(mel), np.empty_like(smooth)
        for _ in range(self.steps):
            self.kl_step(magnitude, mel, ratio, change)
        return magnitude

    def kl_step(self, magnitude: Real, mel: Real, ratio: Real, change: Real) -> None:
        """One update of `magnitude` in place; `ratio` is scratch like `mel`, `change` like `magnitude`."""
        for rows, columns, tile in self._gather:
            np.matmul(magnitude[:, rows], tile, ratio[:, columns])
        np.add(ratio, _TINY, ratio)
        np.divide(mel, ratio, ratio)
        for rows, columns, tile in self._scatter:
            np.matmul(ratio[:, rows], tile, change[:, columns])
        np.multiply(magnitude, change, magnitude)


def _heights(spec: MelSpec) -> Real:
    """The value each triangle of `filterbank` has at its peak, where bins rarely fall."""
    ends = hz_to_mel(np.array([spec.fmin, spec.fmax]))
    edges = mel_to_hz(np.linspace(ends[0], ends[1], spec.n_mels + 2))
    return (2.0 / (edges[2:] - edges[:-2])).astype(np.float32)


def _tiles(banded: Real) -> Iterator[tuple[slice, slice, Real]]:
    """Cut a banded matrix into groups of columns, each with only the rows that are not zero there."""
    edges = np.linspace(0, banded.shape[1], _TILES + 1).astype(int)
    for start, stop in zip(edges[:-1], edges[1:], strict=True):
        used = np.flatnonzero(banded[:, start:stop].any(axis=1))
        rows = slice(int(used[0]), int(used[-1]) + 1) if len(used) else slice(0, 1)
        columns = slice(int(start), int(stop))
        yield rows, columns, np.ascontiguousarray(banded[rows, columns])
