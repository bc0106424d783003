"""GriffinLim, the vocoder stage: log-mels (or magnitudes) in, audio out, a block per frame, no network.

Owns the phase. A block of one hop leaves when `lookahead` frames more than overlap it are known, and what has
left is never touched again. All frames that still reach a sample which has not left are solved together:

    frames     |----------------|                  the oldest of the overlap + lookahead active ones
                        |----------------|         the newest
    samples    | frozen |leaves |  still open |

Each iteration imposes the wanted magnitudes on the phases there are (projection A), then makes the frames
agree on one waveform, whose frozen part they must take as it is (projection C), and overshoots a little.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from rtvc.mel import MelSpec, hann
from rtvc.mel_inversion import MelInversion
from rtvc.stage import Audio

Real = NDArray[np.float32]
Complex = NDArray[np.complex64]
Transform = Callable[[Any, Any], None]

# The accelerated update, t being the last estimate:
#   new = (1 - GAMMA) * d + GAMMA * C(A(c)),  c = new + ALPHA * (new - t),  d = new + BETA * (new - t)
_ALPHA = 0.9
_BETA = 1.0
_GAMMA = 1.25  # from 1.4 on the recursion diverges

_KEEP = 0.95  # of the magnitude the phases ask for; the rest is the smooth one
_COUPLE_EVERY = 2  # iterations
_TINY = np.float32(1e-18)  # squares of it must not be zero
_CLICK = np.float32(1e-7)  # spectrum of a faint pulse amid the frame: alternating signs keep it off the edge
_OPENING_PEAK = 450 / 768
_LEAST_OVERLAP = np.float32(0.1)  # where only the newest frame's faint end reaches, do not blow it up
_DIVERGED = 16.0  # times the energy that can be meant
_PLAIN_ITERATIONS = 4

# The same update as numbers that multiply `new`, `last` and the modulus of `guess`, scaled as _State says.
_LAST_NEW = np.float32(_ALPHA / (1.0 + _ALPHA))
_PULL_NEW = np.float32((1.0 - _GAMMA) * (1.0 + _BETA))
_PULL_LAST = np.float32(-(1.0 - _GAMMA) * _BETA * (1.0 + _ALPHA) / _ALPHA)
_KEEP_GUESS = np.float32(_KEEP * (1.0 + _ALPHA))

_SIMD_ROWS = 4  # pocketfft transforms that many rows of float32 at once


@dataclass
class _State:
    """All that one frame hands to the next. A row per active frame, the newest last."""

    frames_seen: int
    blocks: Real  # (active + overlap - 1, hop) the waveform under the active frames, frozen blocks first
    guess: Complex  # (active, bins) c / (1 + ALPHA): projection A asks for its phase only
    pull: Complex  # (active, bins) (1 - GAMMA) * d
    last: Complex  # (active, bins) t * ALPHA / (1 + ALPHA)
    magnitude: Real  # (active, bins) what projection A imposes
    energy: NDArray[np.float64]  # (active,) of the magnitude as it arrived
    smooth: Real  # (active, bins) magnitudes that know the mels only, times 1 - KEEP
    mel: Real  # (active, n_mels)


class GriffinLim:
    """A Stage. `process` takes log-mels; `process_magnitudes` is for those who have the real thing.

    Args:
        spec: front end the frames come from.
        lookahead: frames to wait for after a block is complete (-1: let it go one frame early).
        iterations: per frame; 16 costs half and loses about 0.2 PESQ against 32.
    """

    def __init__(self, spec: MelSpec, lookahead: int = 0, iterations: int = 32) -> None:
        if not -1 <= lookahead <= 6:
            raise ValueError(f"lookahead must be -1 to 6 frames, not {lookahead}")
        if iterations < 1:
            raise ValueError(f"iterations must be at least 1, not {iterations}")
        if spec.overlap < 2:
            raise ValueError(f"frames must overlap, n_fft must be at least 2 hops: {spec}")
        self.spec = spec
        self.lookahead = lookahead
        self.iterations = iterations
        self._inversion = MelInversion(spec)
        self._from_mels = _Solver(spec, lookahead, iterations, self._inversion)
        self._from_magnitudes: _Solver | None = None  # rarely wanted
        self.reset()

    @property
    def latency_samples(self) -> float:
        return self.spec.hop * (self.spec.overlap - 1 + self.lookahead)

    @property
    def output_rate(self) -> int:
        return self.spec.sample_rate

    def reset(self) -> None:
        self._solver = self._from_mels
        self._state = self._solver.initial_state()

    def process(self, log_mel: Real) -> Audio:
        """Log-mels (frames, n_mels) in, the blocks they complete out."""
        assert self._solver is self._from_mels, "this stream began with magnitudes: reset it first"
        blocks = []
        for frame in log_mel:
            # One frame at a time: a product of another shape rounds differently.
            mel = self._inversion.mels(np.array(frame, np.float32))[None]
            smooth = self._inversion.spread(mel)
            magnitude = self._inversion.invert(smooth, mel)
            blocks.append(self._solver.step(self._state, magnitude, smooth, mel))
        return _joined(blocks)

    def process_magnitudes(self, magnitude: Real) -> Audio:
        """Magnitudes (frames, n_bins) in. A stream takes either these or mels until it is reset."""
        if self._state.frames_seen == 0:
            self._from_magnitudes = self._from_magnitudes or _Solver(
                self.spec, self.lookahead, self.iterations, None
            )
            self._solver = self._from_magnitudes
            self._state = self._solver.initial_state()
        assert self._solver is self._from_magnitudes, "this stream began with mels: reset it first"
        return _joined([self._solver.step(self._state, _sane(frame)[None]) for frame in magnitude])


class _Solver:
    """Solves the active frames whenever one is added. Constants and scratch: the state is the caller's."""

    def __init__(
        self, spec: MelSpec, lookahead: int, iterations: int, inversion: MelInversion | None
    ) -> None:
        self._spec = spec
        self._lookahead = lookahead
        self._iterations = iterations
        self._inversion = inversion
        self._forward, self._inverse = _FFT
        self._active = active = spec.overlap + lookahead
        self._bins = bins = inversion.n_bins if inversion else spec.n_bins
        self._opening = _opening_window(spec)
        self._analysis = np.float32(_GAMMA) * hann(spec.n_fft)
        self._synthesis = _synthesis_window(spec, active)

        # Whole groups of rows for the FFT; the rows and bins nobody writes stay zero.
        rows = -(-active // _SIMD_ROWS) * _SIMD_ROWS
        shape = (active, bins)
        self._wanted = np.zeros((rows, spec.n_bins), np.complex64)
        self._wanted_part = self._wanted[:active, :bins]
        times = np.zeros((max(rows, active + spec.overlap - 1), spec.overlap, spec.hop), np.float32)
        self._frames = times[:rows].reshape(rows, spec.n_fft)
        self._slanted = _slanted(times, active)
        self._weighted = np.empty((active, spec.overlap, spec.hop), np.float32)
        self._windowed = np.zeros((rows, spec.n_fft), np.float32)
        self._windowed_part = self._windowed[:active]
        self._spectrum = np.zeros((rows, spec.n_bins), np.complex64)
        self._spectrum_part = self._spectrum[:active, :bins]
        self._modulus = np.empty(shape, np.float32)
        self._change = np.empty(shape, np.float32)
        self._new = np.empty(shape, np.complex64)
        self._ratio = np.empty((active, spec.n_mels), np.float32)
        self._opening_frame = np.zeros(spec.n_fft, np.float32)
        self._opening_spectrum = np.zeros(spec.n_bins, np.complex64)
        self._click = np.where(np.arange(bins) % 2, -_CLICK, _CLICK).astype(np.float32)

    def initial_state(self) -> _State:
        shape = (self._active, self._bins)
        return _State(
            frames_seen=0,
            blocks=np.zeros((self._active + self._spec.overlap - 1, self._spec.hop), np.float32),
            guess=np.zeros(shape, np.complex64),
            pull=np.zeros(shape, np.complex64),
            last=np.zeros(shape, np.complex64),
            magnitude=np.zeros(shape, np.float32),
            energy=np.zeros(self._active, np.float64),
            smooth=np.zeros(shape, np.float32),
            mel=np.zeros((self._active, self._spec.n_mels), np.float32),
        )

    def step(
        self, state: _State, magnitude: Real, smooth: Real | None = None, mel: Real | None = None
    ) -> Audio:
        """Take one frame (1, bins); return the block that leaves, which at first is none."""
        frozen = self._spec.overlap - 1
        self._admit(state, magnitude, smooth, mel)
        # Blocks before the first sample are silence for good, whatever frames would put there.
        first = max(frozen, len(state.blocks) - state.frames_seen)
        self._iterate(state, first, self._iterations)
        if not self._is_sane(state):
            self._start_over(state, first)
        return state.blocks[frozen].copy() if state.frames_seen > frozen + self._lookahead else _NOTHING

    def _admit(self, state: _State, magnitude: Real, smooth: Real | None, mel: Real | None) -> None:
        """Make the new frame the newest; its phase is that of the waveform known under it."""
        for rows in (state.blocks, state.guess, state.pull, state.last, state.magnitude, state.energy):
            rows[:-1] = rows[1:]
        if smooth is not None and mel is not None:
            for rows, newest in ((state.smooth, np.float32(1.0 - _KEEP) * smooth), (state.mel, mel)):
                rows[:-1] = rows[1:]
                rows[-1:] = newest
        state.frames_seen += 1
        known = len(self._opening)
        under = state.blocks[-self._spec.overlap : -1].reshape(-1)
        np.multiply(under, self._opening, self._opening_frame[:known])
        self._forward(self._opening_frame, self._opening_spectrum)
        direction = self._opening_spectrum[: self._bins] + self._click
        start = magnitude[0] * direction / np.maximum(np.abs(direction), _TINY)
        state.magnitude[-1:] = magnitude
        state.energy[-1] = float(np.vdot(magnitude, magnitude))
        self._rest(state, start, slice(-1, None))

    def _rest(self, state: _State, start: Complex, rows: slice) -> None:
        """Let frames start from a spectrum, without momentum: t = c = d."""
        state.guess[rows] = start / np.float32(1.0 + _ALPHA)
        state.pull[rows] = start * np.float32(1.0 - _GAMMA)
        state.last[rows] = start * np.float32(_ALPHA / (1.0 + _ALPHA))

    def _iterate(self, state: _State, first: int, iterations: int, plain: bool = False) -> None:
        open_blocks = state.blocks[first:]
        from_first = slice(first - self._spec.overlap + 1, None)
        slanted, synthesis = self._slanted[from_first], self._synthesis[from_first]
        weighted = self._weighted[from_first]
        framed = _framed(state.blocks, self._spec)
        guess, pull, last, new = (_flat(z) for z in (state.guess, state.pull, state.last, self._new))
        new_part = self._new
        modulus = self._modulus
        for iteration in range(iterations):
            np.abs(state.guess, modulus)
            if self._inversion and not plain and iteration % _COUPLE_EVERY == 0:
                self._couple(state)
            np.maximum(modulus, _TINY, out=modulus)
            np.divide(state.magnitude, modulus, modulus)
            np.multiply(state.guess, modulus, self._wanted_part)
            self._inverse(self._wanted, self._frames)
            np.multiply(slanted, synthesis, weighted)
            np.add.reduce(weighted, 1, out=open_blocks)
            np.multiply(framed, self._analysis, self._windowed_part)
            self._forward(self._windowed, self._spectrum)
            if plain:
                np.multiply(self._spectrum_part, np.float32(1.0 / _GAMMA), state.guess)
                continue
            np.add(self._spectrum_part, state.pull, new_part)
            np.subtract(new, last, guess)
            np.multiply(new, _PULL_NEW, pull)
            np.multiply(last, _PULL_LAST, last)
            np.add(pull, last, pull)
            np.multiply(new, _LAST_NEW, last)

    def _couple(self, state: _State) -> None:
        """Let the magnitudes be what the phases would like, as far as the mels agree."""
        assert self._inversion
        np.multiply(self._modulus, _KEEP_GUESS, state.magnitude)
        np.add(state.magnitude, state.smooth, state.magnitude)
        self._inversion.kl_step(state.magnitude, state.mel, self._ratio, self._change)

    def _is_sane(self, state: _State) -> bool:
        """False when the recursion ran away; a comparison with NaN is false, too."""
        guess = _flat(state.guess)
        frozen = state.blocks[: self._spec.overlap - 1].reshape(-1)
        parseval = 0.5 * self._spec.n_fft * self._spec.overlap
        meant = float(state.energy.sum()) + parseval * float(frozen @ frozen)
        return float(guess @ guess) * (1.0 + _ALPHA) ** 2 <= _DIVERGED * meant + 1e-6

    def _start_over(self, state: _State, first: int) -> None:
        """Forget the phases and the momentum; plain Griffin-Lim cannot run away."""
        level = np.sqrt(state.energy / self._bins).astype(np.float32)
        np.copyto(state.magnitude, level[:, None], where=~np.isfinite(state.magnitude))
        state.guess[:] = state.magnitude * np.sign(self._click)
        self._iterate(state, first, _PLAIN_ITERATIONS, plain=True)
        self._rest(state, state.guess.copy(), slice(None))


def _opening_window(spec: MelSpec) -> Real:
    """Under the known part of a new frame: lopsided, to make the most of what lies close to its middle."""
    known = spec.n_fft - spec.hop
    peak = round(known * _OPENING_PEAK)
    rising = np.sin(0.5 * np.pi * (np.arange(peak) + 0.5) / peak) ** 2
    falling = np.cos(0.5 * np.pi * (np.arange(known - peak) + 0.5) / (known - peak)) ** 2
    return np.concatenate([rising, falling]).astype(np.float32)


def _synthesis_window(spec: MelSpec, active: int) -> Real:
    """(active, overlap, hop): weight of slice r of the frame that starts r blocks before open block b.

    Least squares: the window over the sum of the squares of all windows there. Divides by n_fft as well,
    which the inverse FFT leaves undone.
    """
    window = hann(spec.n_fft).reshape(spec.overlap, spec.hop)
    weights = np.zeros((active, spec.overlap, spec.hop), np.float32)
    for block in range(active):
        known = slice(max(0, spec.overlap - (active - block)), spec.overlap)  # else not there yet
        total = np.sum(window[known] ** 2, axis=0)
        weights[block, known] = window[known] / (np.maximum(total, _LEAST_OVERLAP) * spec.n_fft)
    return weights


def _slanted(times: Real, active: int) -> Real:
    """View (active, overlap, hop) of frames cut in slices: [b, r] is slice r of frame overlap - 1 + b - r."""
    _, overlap, hop = times.shape
    by_frame, by_slice, by_sample = times.strides
    strides = (by_frame, by_slice - by_frame, by_sample)
    return as_strided(times[overlap - 1 :], (active, overlap, hop), strides)


def _framed(blocks: Real, spec: MelSpec) -> Real:
    """View (active, n_fft) of the frames over consecutive blocks."""
    by_block, by_sample = blocks.strides
    return as_strided(blocks, (len(blocks) - spec.overlap + 1, spec.n_fft), (by_block, by_sample))


def _flat(spectra: Complex) -> Real:
    """The same memory as real numbers: sums and scalings of complex ones run slower."""
    return spectra.view(np.float32).reshape(-1)


def _sane(magnitude: Real) -> Real:
    """What is not a number is silence."""
    return np.where(np.isfinite(magnitude), np.maximum(magnitude, 0.0), 0.0).astype(np.float32)


def _joined(blocks: list[Audio]) -> Audio:
    return np.concatenate(blocks) if blocks else _NOTHING


def _bind_fft() -> tuple[Transform, Transform]:
    """Forward and inverse FFT along the last axis into a given array, neither of them scaled.

    The public calls spend as long on their arguments as on the transform, hence the private one where it is.
    """
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
        return _numpy_forward, _numpy_inverse


def _numpy_forward(x: Any, out: Any) -> None:
    np.fft.rfft(x, axis=-1, out=out)


def _numpy_inverse(x: Any, out: Any) -> None:
    np.fft.irfft(x, out.shape[-1], axis=-1, norm="forward", out=out)


_NOTHING = np.zeros(0, np.float32)
_FFT = _bind_fft()
