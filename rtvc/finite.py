"""Finite, the first stage of a chain: one bad number must not live on in the state of those behind it."""

import numpy as np

from rtvc.stage import Audio


class Finite:
    """Stage: NaN and infinities become silence; anything else passes untouched."""

    latency_samples = 0.0

    def __init__(self, sample_rate: int) -> None:
        self.output_rate = sample_rate

    def process(self, block: Audio) -> Audio:
        good = np.isfinite(block)
        return block if good.all() else np.where(good, block, np.float32(0.0))

    def reset(self) -> None:
        pass
