"""GriffinLim, the vocoder stage: log-mels (or magnitudes) in, audio out, a block per frame, no network.

Time aligned: output sample k is the estimate of input sample k. Leaves the phases to the solver and the
magnitudes of mels to the inversion.
"""

import numpy as np
from numpy.typing import NDArray

from rtvc.mel import MelSpec
from rtvc.mel_inversion import MelInversion
from rtvc.phase_solver import PhaseSolver
from rtvc.stage import Audio

Real = NDArray[np.float32]

_FEWEST_ITERATIONS = 4  # cost a third of 20, and half a point of PESQ
_LOUDEST = 1e6  # magnitude far above any sound's; its square still fits


class GriffinLim:
    """A Stage. `process` takes log-mels; `process_magnitudes` is for those who have the real thing.

    Args:
        spec: front end the frames come from.
        lookahead: frames to wait for after a block is complete (-1: let it go one frame early, -1.5: and
            half of the next one with it).
        iterations: per frame; 16 cost half of 32 and sound a little rougher.
    """

    def __init__(self, spec: MelSpec, lookahead: float = 0, iterations: int = 32) -> None:
        if not -2 < lookahead <= 6:
            raise ValueError(f"lookahead must be above -2 and up to 6 frames, not {lookahead}")
        if iterations < 1:
            raise ValueError(f"iterations must be at least 1, not {iterations}")
        if spec.overlap < 2:
            raise ValueError(f"frames must overlap, n_fft must be at least 2 hops: {spec}")
        self.spec = spec
        self.lookahead = lookahead
        self.iterations = iterations
        self._inversion = MelInversion(spec)
        self._from_mels = PhaseSolver(spec, lookahead, iterations, self._inversion)
        self._from_magnitudes: PhaseSolver | None = None  # rarely wanted
        self.reset()

    @property
    def latency_samples(self) -> float:
        return round(self.spec.hop * (self.spec.overlap - 1 + self.lookahead))

    @property
    def output_rate(self) -> int:
        return self.spec.sample_rate

    def reset(self) -> None:
        self._solver = self._from_mels
        self._state = self._solver.initial_state()

    def set_effort(self, effort: float) -> None:
        """Between any two frames. The share of its iterations that there is time for."""
        fewest = min(_FEWEST_ITERATIONS, self.iterations)
        self._from_mels.iterations = max(fewest, round(effort * self.iterations))

    @property
    def n_bins(self) -> int:
        """How many bins mels say anything of, from the lowest."""
        return self._inversion.n_bins

    def process(self, log_mel: Real) -> Audio:
        """Log-mels (frames, n_mels) in, the blocks they complete out."""
        # One frame at a time: a product of another shape rounds differently.
        return joined([self.step(frame) for frame in log_mel])

    def step(self, frame: Real, weights: Real | None = None) -> Audio:
        """One frame of log-mels; `weights` (n_bins,) say where within the bands sound is to be expected."""
        assert self._solver is self._from_mels, "this stream began with magnitudes: reset it first"
        mel = self._inversion.mels(np.array(frame, np.float32))[None]
        smooth = self._inversion.spread(mel)
        if weights is not None:
            smooth *= weights
        return self._solver.step(self._state, self._inversion.invert(smooth, mel), mel)

    def process_magnitudes(self, magnitude: Real) -> Audio:
        """Magnitudes (frames, n_bins) in. A stream takes either these or mels until it is reset."""
        if self._state.frames_seen == 0:
            if self._from_magnitudes is None:
                self._from_magnitudes = PhaseSolver(self.spec, self.lookahead, self.iterations, None)
            self._solver = self._from_magnitudes
            self._state = self._solver.initial_state()
        assert self._solver is self._from_magnitudes, "this stream began with mels: reset it first"
        return joined([self._solver.step(self._state, _sane(frame)[None]) for frame in magnitude])


def _sane(magnitude: Real) -> Real:
    """What is not a number is silence."""
    return np.where(np.isfinite(magnitude), np.clip(magnitude, 0.0, _LOUDEST), 0.0).astype(np.float32)


def joined(blocks: list[Audio]) -> Audio:
    return np.concatenate(blocks) if blocks else np.zeros(0, np.float32)
