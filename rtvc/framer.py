"""Framer, the stage that cuts audio into overlapping frames. Applies no window and no transform.

A filter that works hop by hop can be given to it: the hops are here already, so it costs no delay.
"""

import numpy as np
from numpy.typing import NDArray

from rtvc.low_cut import LowCut
from rtvc.mel import MelSpec
from rtvc.stage import Audio


class Framer:
    """Blocks of any size in, (n, n_fft) raw frames out, one for each full hop.

    Frame j sees input samples (j + 1) * hop - n_fft up to (j + 1) * hop:

        silence before the first sample | input
        |------------ frame 0 ----------|--hop--|
                |------------ frame 1 ----------|--hop--|
    """

    def __init__(self, spec: MelSpec, low_cut: LowCut | None = None) -> None:
        self.spec = spec
        self._low_cut = low_cut
        self.reset()

    @property
    def latency_samples(self) -> float:
        """Input is held back until its hop is full; counted in samples of audio, not in frames."""
        return float(self.spec.hop)

    @property
    def output_rate(self) -> int:
        return self.spec.sample_rate

    def reset(self) -> None:
        self._past: Audio = np.zeros(self.spec.n_fft - self.spec.hop, np.float32)  # filtered
        self._unfinished: Audio = np.zeros(0, np.float32)
        if self._low_cut:
            self._low_cut.reset()

    def process(self, block: Audio) -> NDArray[np.float32]:
        hop = self.spec.hop
        samples = np.concatenate((self._unfinished, block))
        count = len(samples) // hop
        frames = np.empty((count, self.spec.n_fft), np.float32)
        # A live block ends one frame or none: plain slices beat building a strided view.
        for j in range(count):
            frames[j, :-hop] = self._past
            frames[j, -hop:] = self._filtered(samples[j * hop : (j + 1) * hop])
            self._past = frames[j, hop:]
        self._past = self._past.copy()  # the frames are the receiver's
        self._unfinished = samples[count * hop :].copy()
        return frames

    def _filtered(self, samples: Audio) -> Audio:
        return self._low_cut.process(samples) if self._low_cut else samples
