"""Sounds to convert, and chains that are simple enough to know what comes out."""

import io

import numpy as np
import soundfile

from rtvc.offline import MakePipeline
from rtvc.stage import Audio, Pipeline

RATE = 16_000


class HoldBack:
    """Keeps the last samples to itself, as a stage with lookahead does."""

    def __init__(self, rate: int, samples: int) -> None:
        self.output_rate = rate
        self.latency_samples: float = samples
        self.reset()

    def reset(self) -> None:
        self._held = np.zeros(0, np.float32)

    def process(self, block: Audio) -> Audio:
        held = np.concatenate((self._held, block))
        ready = max(0, len(held) - int(self.latency_samples))
        self._held = held[ready:]
        return held[:ready]


class Nearest:
    """The crudest resampler; it lets a sample out as soon as its time has begun."""

    def __init__(self, rate_in: int, rate_out: int) -> None:
        self.output_rate = rate_out
        self.latency_samples = 1.0
        self._ratio = rate_in / rate_out
        self.reset()

    def reset(self) -> None:
        self._taken = self._given = 0
        self._last = np.zeros(0, np.float32)

    def process(self, block: Audio) -> Audio:
        seen = np.concatenate((self._last, block))
        start = self._taken - len(self._last)
        self._taken += len(block)
        until = int(np.ceil(self._taken / self._ratio))
        times = (np.arange(self._given, until) * self._ratio).astype(int)
        self._given = until
        self._last = seen[-int(self._ratio + 1) :]
        return seen[times - start]


def holding(samples: int) -> MakePipeline:
    return lambda rate_in, rate_out: Pipeline([HoldBack(rate_out, samples)])


def nearest(rate_in: int, rate_out: int) -> Pipeline:
    return Pipeline([Nearest(rate_in, rate_out), HoldBack(rate_out, 700)])


def noise(samples: int, channels: int = 1) -> np.ndarray:
    shape = samples if channels == 1 else (samples, channels)
    return np.random.default_rng(1).uniform(-0.5, 0.5, shape).astype(np.float32)


def as_file(samples: np.ndarray, rate: int = RATE, subtype: str = "FLOAT", kind: str = "WAV") -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate, format=kind, subtype=subtype)
    return buffer.getvalue()
