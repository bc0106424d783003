"""Framer, the stage that cuts audio into overlapping frames. Applies no window and no transform."""

import numpy as np
from numpy.typing import NDArray

from rtvc.mel import MelSpec
from rtvc.stage import Audio


class Framer:
    """Blocks of any size in, (n, n_fft) raw frames out, one for each full hop.

    Frame j sees input samples (j + 1) * hop - n_fft up to (j + 1) * hop:

        silence before the first sample | input
        |------------ frame 0 ----------|--hop--|
                |------------ frame 1 ----------|--hop--|
    """

    def __init__(self, spec: MelSpec) -> None:
        self.spec = spec
        self.reset()

    @property
    def latency_samples(self) -> float:
        """Input is held back until its hop is full; counted in samples of audio, not in frames."""
        return float(self.spec.hop)

    @property
    def output_rate(self) -> int:
        return self.spec.sample_rate

    def reset(self) -> None:
        # What the next frame still needs of the past, then the samples of the unfinished hop.
        self._held: Audio = np.zeros(self.spec.n_fft - self.spec.hop, np.float32)

    def process(self, block: Audio) -> NDArray[np.float32]:
        n_fft, hop = self.spec.n_fft, self.spec.hop
        held = np.concatenate((self._held, block))
        count = (len(held) - (n_fft - hop)) // hop
        frames = np.empty((count, n_fft), np.float32)
        # A live block ends one frame or none: plain slices beat building a strided view.
        for j in range(count):
            frames[j] = held[j * hop : j * hop + n_fft]
        self._held = held[count * hop :].copy() if count else held
        return frames
