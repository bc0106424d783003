"""PitchMeter, a stage that lets frames pass and remembers how high the last voice in them was."""

from rtvc.frames import Frames

_VOICED = 0.5


class PitchMeter:
    """Written by the worker alone; `f0_hz` is one reference, which others may read at any time."""

    latency_samples = 0.0

    def __init__(self, sample_rate: int) -> None:
        self.output_rate = sample_rate
        self.f0_hz: float | None = None

    def process(self, frames: Frames) -> Frames:
        if len(frames):
            self.f0_hz = float(frames.f0_hz[-1]) if frames.voiced[-1] >= _VOICED else None
        return frames

    def reset(self) -> None:
        self.f0_hz = None
