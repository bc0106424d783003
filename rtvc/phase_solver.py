"""PhaseSolver, incremental Griffin-Lim: each new frame of magnitudes completes a block of the waveform.

What has left is never touched again. All frames that still reach a sample which has not left are solved
together, a block leaving when `lookahead` frames more than overlap it are known, or a part of it `early`:

    frames     |----------------|                  the oldest of the overlap + lookahead active ones
                        |----------------|         the newest
    samples    | frozen |leaves |  still open |
    with early   frozen    |leaves|still open |

Each iteration imposes the wanted magnitudes on the phases there are (projection A), makes the frames agree
on one waveform, whose frozen part they must take as it is (projection C), and overshoots a little.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from rtvc import row_fft
from rtvc.mel import MelSpec, hann
from rtvc.mel_inversion import MelInversion
from rtvc.stage import Audio

Real = NDArray[np.float32]
Complex = NDArray[np.complex64]

# The update: the next guess goes past C(A(guess)), by _MOMENTUM times the way from the one before.
_MOMENTUM = 0.98
_KEEP = 0.95  # of the magnitudes the frames would like; the rest are those the mels alone suggested
_COUPLE_EVERY = 4  # iterations

# A frame counts by its energy to this power, so that what a loud one gets wrong does not drown a quiet one.
_LOUDNESS = np.float32(-0.5)
_FAINTEST = np.float32(1e-4)  # of the loudest active frame's energy; those below count like it
_LEAST_OVERLAP = np.float32(0.02)  # where only the newest frame's faint end reaches, do not blow it up

_OPENING_PEAK = 450 / 768
_SEAM = 64 / 256  # of a block: how far what leaves is bent to join what has left without a click
_PULSE = np.float32(1e-7)  # spectrum of a faint pulse amid the frame: alternating signs keep it off the edge
_TINY = np.float32(1e-18)

_DIVERGED = 16.0  # times the energy that can be meant
_RECOVERY = 4  # iterations

# The same update as numbers, for estimates and guesses scaled as State says.
_ECHO = np.float32(_MOMENTUM / (1.0 + _MOMENTUM))
_KEEP_ESTIMATE = np.float32(_KEEP / _ECHO)

_NOTHING = np.zeros(0, np.float32)


@dataclass
class State:
    """All that one frame hands to the next. A row per active frame, the newest last."""

    frames_seen: int
    blocks: Real  # (active + overlap - 1, hop) the waveform under the active frames, frozen blocks first
    guess: Complex  # (active, n_bins) divided by 1 + _MOMENTUM: projection A asks for its phase only
    estimate: Complex  # (active, n_bins) the last C(A(guess)), times _ECHO
    magnitude: Real  # (active, bins) what projection A imposes
    anchor: Real  # (active, bins) magnitudes as they arrived, times 1 - _KEEP
    energy: Real  # (active,) of the magnitudes as they arrived
    mel: Real  # (active, n_mels)


class PhaseSolver:
    """Solves the active frames whenever one is added. Constants and scratch: the state is the caller's."""

    def __init__(
        self, spec: MelSpec, lookahead: float, iterations: int, inversion: MelInversion | None
    ) -> None:
        """A lookahead between two whole ones lets so much of a block go a frame early."""
        self._spec = spec
        self._lookahead = math.ceil(lookahead)
        self._early = round((self._lookahead - lookahead) * spec.hop)
        self.iterations = iterations  # may be changed between two frames
        self._inversion = inversion
        self._forward, self._inverse = row_fft.TRANSFORMS
        self._active = active = spec.overlap + self._lookahead
        self._bins = bins = inversion.n_bins if inversion else spec.n_bins
        self._opening = _opening_window(spec)
        self._window = hann(spec.n_fft)
        self._slices = self._window.reshape(spec.overlap, spec.hop)
        self._slices_squared = self._slices**2
        # Slice r of open block b belongs to frame overlap - 1 + b - r; past the newest there is none yet.
        self._weight = np.zeros(active + spec.overlap, np.float32)
        self._owner = spec.overlap - 1 + np.arange(active)[:, None] - np.arange(spec.overlap)
        seam = min(max(1, round(_SEAM * spec.hop)), spec.hop - self._early)
        rise = np.sin(0.5 * np.pi * (np.arange(seam) + 0.5) / seam) ** 2
        self._seam_in = np.concatenate([np.zeros(self._early), rise]).astype(np.float32)
        self._pulse = np.where(np.arange(bins) % 2, -_PULSE, _PULSE).astype(np.float32)

        # The rows and bins that nobody writes stay zero.
        rows = row_fft.cheapest_rows(active)
        self._wanted = np.zeros((rows, spec.n_bins), np.complex64)
        self._wanted_part = self._wanted[:active, :bins]
        times = np.zeros((max(rows, active + spec.overlap - 1), spec.overlap, spec.hop), np.float32)
        self._frames = times[:rows].reshape(rows, spec.n_fft)
        self._slanted = _slanted(times, active)
        self._synthesis = np.zeros((active, spec.overlap, spec.hop), np.float32)
        self._windowed = np.zeros((rows, spec.n_fft), np.float32)
        self._windowed_part = self._windowed[:active]
        self._spectrum = np.zeros((rows, spec.n_bins), np.complex64)
        self._spectra = self._spectrum[:active]
        self._modulus = np.empty((active, bins), np.float32)
        self._change = np.empty((active, bins), np.float32)
        self._ratio = np.empty((active, spec.n_mels), np.float32)
        self._opening_frame = np.zeros((1, spec.n_fft), np.float32)
        self._opening_spectrum = np.zeros((1, spec.n_bins), np.complex64)

    def initial_state(self) -> State:
        spectra, parts = (self._active, self._spec.n_bins), (self._active, self._bins)
        return State(
            frames_seen=0,
            blocks=np.zeros((self._active + self._spec.overlap - 1, self._spec.hop), np.float32),
            guess=np.zeros(spectra, np.complex64),
            estimate=np.zeros(spectra, np.complex64),
            magnitude=np.zeros(parts, np.float32),
            anchor=np.zeros(parts, np.float32),
            energy=np.zeros(self._active, np.float32),
            mel=np.zeros((self._active, self._spec.n_mels), np.float32),
        )

    def step(self, state: State, magnitude: Real, mel: Real | None = None) -> Audio:
        """Take one frame (1, bins); return what leaves, which at first is nothing."""
        frozen = self._spec.overlap - 1
        self._admit(state, magnitude, mel)
        self._weigh_frames(state)
        # Blocks before the first sample are silence for good, whatever frames would put there.
        first = max(frozen, len(state.blocks) - state.frames_seen)
        with np.errstate(over="ignore", invalid="ignore"):  # what comes of it is caught below
            self._iterate(state, first, self.iterations)
            if not self._is_sane(state):
                self._start_over(state, first)
        return self._leaving(state, state.frames_seen - frozen - self._lookahead)

    def _leaving(self, state: State, number: int) -> Audio:
        """What leaves as block `number`, less what left early, and the early part of the one behind it."""
        if number < 0:
            return _NOTHING
        start = (self._spec.overlap - 1) * self._spec.hop
        gone = self._early if number else self._spec.hop  # before the first block there is none
        return state.blocks.reshape(-1)[start + gone : start + self._spec.hop + self._early].copy()

    def _admit(self, state: State, magnitude: Real, mel: Real | None) -> None:
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

    def _opening_phase(self, state: State) -> Complex:
        known = state.blocks[-self._spec.overlap : -1].reshape(-1)
        np.multiply(known, self._opening, self._opening_frame[0, : len(known)])
        self._forward(self._opening_frame, self._opening_spectrum)
        direction = self._opening_spectrum[:, : self._bins] + self._pulse
        phase: Complex = direction / np.maximum(np.abs(direction), _TINY)
        return phase

    def _set_phase(self, state: State, rows: slice, phase: Complex | Real) -> None:
        """Let frames begin without momentum: the estimate is the guess."""
        start = state.magnitude[rows] * phase
        state.guess[rows, : self._bins] = start * np.float32(1.0 / (1.0 + _MOMENTUM))
        state.estimate[rows, : self._bins] = start * _ECHO
        state.estimate[rows, self._bins :] = 0.0

    def _weigh_frames(self, state: State) -> None:
        """Set the synthesis windows: least squares, over the frames there are, each by its loudness."""
        energy = state.energy + (_FAINTEST * state.energy.max() + _TINY)
        weight = self._weight[: self._active]
        np.power(energy / energy.max(), _LOUDNESS, weight)
        by_slice = self._weight[self._owner]
        total = by_slice @ self._slices_squared
        # The inverse FFT leaves undivided by its length.
        share = 1.0 / (self._spec.n_fft * np.maximum(total, _LEAST_OVERLAP * weight[-1]))
        np.multiply(self._slices, share[:, None, :], self._synthesis)
        np.multiply(self._synthesis, by_slice[:, :, None], self._synthesis)

    def _iterate(self, state: State, first: int, iterations: int) -> None:
        from_first = slice(first - self._spec.overlap + 1, None)
        open_blocks, slanted = state.blocks[first:], self._slanted[from_first]
        synthesis = self._synthesis[from_first]
        seam, left = self._join_seam(state, first)
        framed = _framed(state.blocks, self._spec)
        guess = state.guess[:, : self._bins]
        spectra, estimate = _flat(self._spectra), _flat(state.estimate)
        for iteration in range(iterations):
            if self._inversion and iteration % _COUPLE_EVERY == 0:
                self._couple(state, self._inversion)
            np.abs(guess, self._modulus)
            np.add(self._modulus, _TINY, self._modulus)
            np.divide(state.magnitude, self._modulus, self._modulus)
            np.multiply(guess, self._modulus, self._wanted_part)
            self._inverse(self._wanted, self._frames)
            np.einsum("brk,brk->bk", slanted, synthesis, out=open_blocks)
            np.add(seam, left, seam)
            np.multiply(framed, self._window, self._windowed_part)
            self._forward(self._windowed, self._spectrum)
            np.subtract(self._spectra, state.estimate, state.guess)
            np.multiply(spectra, _ECHO, estimate)

    def _join_seam(self, state: State, first: int) -> tuple[Real, Real]:
        """Fade the leaving block in over its last estimate, which the frozen one was left in line with.

        What of it has left early stays as it was. Returns the samples concerned and what to add to them.
        """
        length = len(self._seam_in)
        leaving = self._spec.overlap - 1
        seam = state.blocks[leaving, :length]
        if first > leaving:
            return seam, np.zeros(length, np.float32)
        self._synthesis[0, :, :length] *= self._seam_in
        left: Real = seam * (np.float32(1.0) - self._seam_in)
        return seam, left

    def _couple(self, state: State, inversion: MelInversion) -> None:
        """Let the magnitudes be what the frames would like, as far as the mels agree."""
        np.abs(state.estimate[:, : self._bins], state.magnitude)
        np.multiply(state.magnitude, _KEEP_ESTIMATE, state.magnitude)
        np.add(state.magnitude, state.anchor, state.magnitude)
        inversion.kl_step(state.magnitude, state.mel, self._ratio, self._change)

    def _is_sane(self, state: State) -> bool:
        """False when the recursion ran away; a comparison with NaN is false, too."""
        estimate = _flat(state.estimate)
        frozen = state.blocks[: self._spec.overlap - 1].reshape(-1)
        parseval = 0.5 * self._spec.n_fft * self._spec.overlap
        meant = float(state.energy.sum()) + parseval * float(frozen @ frozen)
        return float(estimate @ estimate) <= _DIVERGED * meant + 1e-6

    def _start_over(self, state: State, first: int) -> None:
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
