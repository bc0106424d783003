"""GriffinLim, the vocoder stage: log-mels (or magnitudes) in, audio out, a block per frame, no network.

Owns the phase. A block of one hop leaves when `lookahead` frames more than overlap it are known, and what has
left is never touched again. All frames that still reach a sample which has not left are solved together:

    frames     |----------------|                  the oldest of the overlap + lookahead active ones
                        |----------------|         the newest
    samples    | frozen |leaves |  still open |

Each iteration imposes the wanted magnitudes on the phases there are (projection A), makes the frames agree
on one waveform, whose frozen part they must take as it is (projection C), and overshoots a little.
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

# The update: the next guess goes past C(A(guess)), by _MOMENTUM times the way from the one before.
_MOMENTUM = 0.98
_KEEP = 0.95  # of the magnitudes the frames would like; the rest are those the mels alone suggested
_COUPLE_EVERY = 2  # iterations

# A frame counts by its energy to this power, so that what a loud one gets wrong does not drown a quiet one.
_LOUDNESS = -0.5
_FAINTEST = 1e-4  # of the loudest active frame's energy; those below count like it
_LEAST_OVERLAP = np.float32(0.02)  # where only the newest frame's faint end reaches, do not blow it up

_OPENING_PEAK = 450 / 768
_SEAM = 64 / 256  # of a block: how far what leaves is bent to join what has left without a click
_PULSE = np.float32(1e-7)  # spectrum of a faint pulse amid the frame: alternating signs keep it off the edge
_TINY = np.float32(1e-18)

_DIVERGED = 16.0  # times the energy that can be meant
_RECOVERY = 4  # iterations

# The same update as numbers, for estimates and guesses scaled as _State says.
_ECHO = np.float32(_MOMENTUM / (1.0 + _MOMENTUM))
_KEEP_ESTIMATE = np.float32(_KEEP / _ECHO)

_SIMD_ROWS = 4  # pocketfft transforms that many rows of float32 at once


@dataclass
class _State:
    """All that one frame hands to the next. A row per active frame, the newest last."""

    frames_seen: int
    blocks: Real  # (active + overlap - 1, hop) the waveform under the active frames, frozen blocks first
    guess: Complex  # (active, bins) divided by 1 + _MOMENTUM: projection A asks for its phase only
    estimate: Complex  # (active, bins) the last C(A(guess)), times _ECHO
    magnitude: Real  # (active, bins) what projection A imposes
    anchor: Real  # (active, bins) magnitudes as they arrived, times 1 - _KEEP
    energy: Real  # (active,) of the magnitudes as they arrived
    mel: Real  # (active, n_mels)


class GriffinLim:
    """A Stage. `process` takes log-mels; `process_magnitudes` is for those who have the real thing.

    Args:
        spec: front end the frames come from.
        lookahead: frames to wait for after a block is complete (-1: let it go one frame early).
        iterations: per frame; 16 cost half of 32 and sound a little rougher.
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
            magnitude = self._inversion.invert(self._inversion.spread(mel), mel)
            blocks.append(self._solver.step(self._state, magnitude, mel))
        return _joined(blocks)

    def process_magnitudes(self, magnitude: Real) -> Audio:
        """Magnitudes (frames, n_bins) in. A stream takes either these or mels until it is reset."""
        if self._state.frames_seen == 0:
            if self._from_magnitudes is None:
                self._from_magnitudes = _Solver(self.spec, self.lookahead, self.iterations, None)
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
        self._window = hann(spec.n_fft)
        self._slices = self._window.reshape(spec.overlap, spec.hop)
        self._slices_squared = self._slices**2
        # Slice r of open block b belongs to frame overlap - 1 + b - r; past the newest there is none yet.
        self._owner = spec.overlap - 1 + np.arange(active)[:, None] - np.arange(spec.overlap)
        seam = max(1, round(_SEAM * spec.hop))
        self._seam_in = (np.sin(0.5 * np.pi * (np.arange(seam) + 0.5) / seam) ** 2).astype(np.float32)
        self._pulse = np.where(np.arange(bins) % 2, -_PULSE, _PULSE).astype(np.float32)

        # Whole groups of rows for the FFT; the rows and bins nobody writes stay zero.
        rows = -(-active // _SIMD_ROWS) * _SIMD_ROWS
        self._wanted = np.zeros((rows, spec.n_bins), np.complex64)
        self._wanted_part = self._wanted[:active, :bins]
        times = np.zeros((max(rows, active + spec.overlap - 1), spec.overlap, spec.hop), np.float32)
        self._frames = times[:rows].reshape(rows, spec.n_fft)
        self._slanted = _slanted(times, active)
        self._synthesis = np.zeros((active, spec.overlap, spec.hop), np.float32)
        self._weighted = np.empty_like(self._synthesis)
        self._windowed = np.zeros((rows, spec.n_fft), np.float32)
        self._windowed_part = self._windowed[:active]
        self._spectrum = np.zeros((rows, spec.n_bins), np.complex64)
        self._spectrum_part = self._spectrum[:active, :bins]
        self._modulus = np.empty((active, bins), np.float32)
        self._change = np.empty((active, bins), np.float32)
        self._ratio = np.empty((active, spec.n_mels), np.float32)
        self._opening_frame = np.zeros((1, spec.n_fft), np.float32)
        self._opening_spectrum = np.zeros((1, spec.n_bins), np.complex64)

    def initial_state(self) -> _State:
        shape = (self._active, self._bins)
        return _State(
            frames_seen=0,
            blocks=np.zeros((self._active + self._spec.overlap - 1, self._spec.hop), np.float32),
            guess=np.zeros(shape, np.complex64),
            estimate=np.zeros(shape, np.complex64),
            magnitude=np.zeros(shape, np.float32),
            anchor=np.zeros(shape, np.float32),
            energy=np.zeros(self._active, np.float32),
            mel=np.zeros((self._active, self._spec.n_mels), np.float32),
        )

    def step(self, state: _State, magnitude: Real, mel: Real | None = None) -> Audio:
        """Take one frame (1, bins); return the block that leaves, which at first is none."""
        frozen = self._spec.overlap - 1
        self._admit(state, magnitude, mel)
        self._weigh_frames(state)
        # Blocks before the first sample are silence for good, whatever frames would put there.
        first = max(frozen, len(state.blocks) - state.frames_seen)
        with np.errstate(over="ignore", invalid="ignore"):  # what comes of it is caught below
            self._iterate(state, first, self._iterations)
            if not self._is_sane(state):
                self._start_over(state, first)
        return state.blocks[frozen].copy() if state.frames_seen > frozen + self._lookahead else _NOTHING

    def _admit(self, state: _State, magnitude: Real, mel: Real | None) -> None:
        """Make the new frame the newest; its phase is that of the waveform known under it."""
        for rows in (state.blocks, state.guess, state.estimate, state.magnitude, state.anchor, state.energy):
            rows[:-1] = rows[1:]
        if mel is not None:
            state.mel[:-1] = state.mel[1:]
            state.mel[-1:] = mel
        state.frames_seen += 1
        state.magnitude[-1:] = magnitude
        np.multiply(magnitude, np.float32(1.0 - _KEEP), state.anchor[-1:])
        state.energy[-1] = np.vdot(magnitude, magnitude)
        self._set_phase(state, slice(-1, None), self._opening_phase(state))

    def _opening_phase(self, state: _State) -> Complex:
        known = state.blocks[-self._spec.overlap : -1].reshape(-1)
        np.multiply(known, self._opening, self._opening_frame[0, : len(known)])
        self._forward(self._opening_frame, self._opening_spectrum)
        direction = self._opening_spectrum[:, : self._bins] + self._pulse
        phase: Complex = direction / np.maximum(np.abs(direction), _TINY)
        return phase

    def _set_phase(self, state: _State, rows: slice, phase: Complex | Real) -> None:
        """Let frames begin without momentum: the estimate is the guess."""
        start = state.magnitude[rows] * phase
        state.guess[rows] = start * np.float32(1.0 / (1.0 + _MOMENTUM))
        state.estimate[rows] = start * _ECHO

    def _weigh_frames(self, state: _State) -> None:
        """Set the synthesis windows: least squares, over the frames there are, each by its loudness."""
        energy = state.energy + _FAINTEST * state.energy.max() + 1e-9
        weight = (energy / energy.max()) ** _LOUDNESS
        by_slice = np.concatenate([weight, np.zeros(self._spec.overlap)])[self._owner].astype(np.float32)
        total = by_slice @ self._slices_squared
        # The inverse FFT leaves undivided by its length.
        share = 1.0 / (self._spec.n_fft * np.maximum(total, _LEAST_OVERLAP * np.float32(weight[-1])))
        np.multiply(self._slices, share[:, None, :], self._synthesis)
        np.multiply(self._synthesis, by_slice[:, :, None], self._synthesis)

    def _iterate(self, state: _State, first: int, iterations: int) -> None:
        from_first = slice(first - self._spec.overlap + 1, None)
        open_blocks, slanted = state.blocks[first:], self._slanted[from_first]
        synthesis, weighted = self._synthesis[from_first], self._weighted[from_first]
        seam, left = self._join_seam(state, first)
        framed = _framed(state.blocks, self._spec)
        for iteration in range(iterations):
            if self._inversion and iteration % _COUPLE_EVERY == 0:
                self._couple(state, self._inversion)
            np.abs(state.guess, self._modulus)
            np.maximum(self._modulus, _TINY, out=self._modulus)
            np.divide(state.magnitude, self._modulus, self._modulus)
            np.multiply(state.guess, self._modulus, self._wanted_part)
            self._inverse(self._wanted, self._frames)
            np.multiply(slanted, synthesis, weighted)
            np.add.reduce(weighted, 1, out=open_blocks)
            np.add(seam, left, seam)
            np.multiply(framed, self._window, self._windowed_part)
            self._forward(self._windowed, self._spectrum)
            np.subtract(self._spectrum_part, state.estimate, state.guess)
            np.multiply(self._spectrum_part, _ECHO, state.estimate)

    def _join_seam(self, state: _State, first: int) -> tuple[Real, Real]:
        """Fade the leaving block in over its last estimate, which the frozen one was left in line with.

        Returns the samples concerned and what to add to them.
        """
        length = len(self._seam_in)
        leaving = self._spec.overlap - 1
        seam = state.blocks[leaving, :length]
        if first > leaving:
            return seam, np.zeros(length, np.float32)
        self._synthesis[0, :, :length] *= self._seam_in
        left: Real = seam * (np.float32(1.0) - self._seam_in)
        return seam, left

    def _couple(self, state: _State, inversion: MelInversion) -> None:
        """Let the magnitudes be what the frames would like, as far as the mels agree."""
        np.abs(state.estimate, state.magnitude)
        np.multiply(state.magnitude, _KEEP_ESTIMATE, state.magnitude)
        np.add(state.magnitude, state.anchor, state.magnitude)
        inversion.kl_step(state.magnitude, state.mel, self._ratio, self._change)

    def _is_sane(self, state: _State) -> bool:
        """False when the recursion ran away; a comparison with NaN is false, too."""
        estimate = _flat(state.estimate)
        frozen = state.blocks[: self._spec.overlap - 1].reshape(-1)
        parseval = 0.5 * self._spec.n_fft * self._spec.overlap
        meant = float(state.energy.sum()) + parseval * float(frozen @ frozen)
        return float(estimate @ estimate) <= _DIVERGED * meant + 1e-6

    def _start_over(self, state: _State, first: int) -> None:
        """Forget the phases and what is open of the waveform."""
        state.blocks[first:] = 0.0
        np.multiply(state.anchor, np.float32(1.0 / (1.0 - _KEEP)), state.magnitude)
        self._set_phase(state, slice(None), np.sign(self._pulse))
        self._weigh_frames(state)
        self._iterate(state, first, _RECOVERY)


def _opening_window(spec: MelSpec) -> Real:
    """Under the known part of a new frame: lopsided, to make the most of what lies close to its middle."""
    known = spec.n_fft - spec.hop
    peak = round(known * _OPENING_PEAK)
    rising = np.sin(0.5 * np.pi * (np.arange(peak) + 0.5) / peak) ** 2
    falling = np.cos(0.5 * np.pi * (np.arange(known - peak) + 0.5) / (known - peak)) ** 2
    return np.concatenate([rising, falling]).astype(np.float32)


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
    """The same memory as real numbers."""
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
