"""The Stage protocol and Pipeline, a Stage made of Stages. Owns the rules of streaming, no signal processing.

Time: what a stage puts out is aligned with what it took in. Output sample k belongs to input time
k / output_rate; nothing is shifted, pre-roll is never let out. The price is paid by holding back:

    in   |----------------------------------|  n samples taken
    out  |------------------------|.........|  at least n * output_rate / input_rate - latency came out
                                   ^ latency_samples, the worst case over all n

`latency_samples` counts samples at the stage's *output* rate and may be a fraction (resamplers).
"""

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from rtvc.speaker import Speaker

Audio = NDArray[np.float32]  # mono, shape (n,)


class Stage(Protocol):
    """Audio to audio at the ends; Frames travel between analysis and synthesis."""

    @property
    def latency_samples(self) -> float:
        """The most this stage ever holds back, in samples at its output rate."""
        ...

    @property
    def output_rate(self) -> int:
        """Samples per second that come out."""
        ...

    def process(self, block: Any) -> Any:
        """Take a block of any size, zero included, and return all that is ready."""
        ...

    def reset(self) -> None:
        """Forget everything: the next block is treated like the first one ever."""
        ...


class Pipeline:
    """Stages run in order; chunking stays invisible because it is for each of them."""

    def __init__(self, stages: list[Stage]) -> None:
        assert stages, "a pipeline needs a stage"
        self.stages = stages

    @property
    def output_rate(self) -> int:
        return self.stages[-1].output_rate

    @property
    def latency_seconds(self) -> float:
        return sum(stage.latency_samples / stage.output_rate for stage in self.stages)

    @property
    def latency_samples(self) -> float:
        return self.latency_seconds * self.output_rate

    @property
    def f0_hz(self) -> float | None:
        """Any thread. How high the last voice heard was, where a stage here knows it."""
        return None

    @property
    def wants_speaker(self) -> bool:
        """Whether it would be of use to know the speaker before the first word."""
        return False

    def know_speaker(self, speaker: Speaker | None, certainty: float = 1.0) -> None:
        """Before the first block, or after `reset`. None: not known, to be found out."""

    @property
    def speaker(self) -> Speaker | None:
        """Any thread. Who speaks, where a stage here has found out."""
        return None

    def take_over(self, previous: "Pipeline") -> None:
        """Worker thread. Learn about the speaker what the pipeline heard so far has found out."""

    def prepared(self, settings: Any) -> Any:
        """One thread, not the worker's. What `tune` takes: the settings, and what has to be read for them; an
        error where they make no sense here."""
        return settings

    def tune(self, prepared: Any) -> None:
        """Worker thread, between two blocks. Take on what of the settings needs no other stages."""

    def set_effort(self, effort: float) -> float:
        """Worker thread, between two blocks. From 1, all that belongs to the sound, to 0, the least that will
        do; returns what the stages here make of it."""
        return 1.0

    def process(self, block: Audio) -> Audio:
        out: Any = block
        for stage in self.stages:
            if not len(out):  # two of three live blocks complete no frame, and nothing comes of nothing
                return np.zeros(0, np.float32)
            out = stage.process(out)
        return out  # type: ignore[no-any-return]

    def reset(self) -> None:
        for stage in self.stages:
            stage.reset()
