"""Vocoder, the stage from pitched mels to audio: Griffin-Lim that is told where the partials are."""

from rtvc.frames import PitchedMels
from rtvc.griffin_lim import GriffinLim, joined
from rtvc.harmonic_comb import HarmonicComb
from rtvc.mel import MelSpec
from rtvc.stage import Audio


class Vocoder:
    """A Stage. Where no pitch is known it does what GriffinLim does alone."""

    def __init__(self, spec: MelSpec, lookahead: float, iterations: int) -> None:
        self._griffin_lim = GriffinLim(spec, lookahead, iterations)
        self._comb = HarmonicComb(spec, self._griffin_lim.n_bins)

    @property
    def latency_samples(self) -> float:
        return self._griffin_lim.latency_samples

    @property
    def output_rate(self) -> int:
        return self._griffin_lim.output_rate

    def reset(self) -> None:
        self._griffin_lim.reset()

    def set_effort(self, effort: float) -> None:
        self._griffin_lim.set_effort(effort)

    def process(self, mels: PitchedMels) -> Audio:
        return joined(
            [
                self._griffin_lim.step(mel, self._comb.weights(float(f0_hz), float(voiced)))
                for mel, f0_hz, voiced in zip(mels.log_mel, mels.f0_hz, mels.voiced, strict=True)
            ]
        )
