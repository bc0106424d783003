"""Moves the speaker's pitch to the target's: the middle of it goes to the target's, the melody is kept."""

import math

import numpy as np
from numpy.typing import NDArray

from rtvc.speaker_pitch import SpeakerPitch

SEMITONE = math.log(2.0) / 12.0  # in log Hz
_VOICED_FROM = 0.5

Float = NDArray[np.float32]


class PitchMap:
    """Log f0 of the source to log f0 of the target, frame by frame."""

    def __init__(self, target_log_hz: float, hop_seconds: float, source_hz: float | None = None) -> None:
        self.target = target_log_hz
        self.speaker = SpeakerPitch(hop_seconds, source_hz)

    def reset(self) -> None:
        self.speaker.reset()

    def process(self, log_f0: Float, voiced: Float) -> Float:
        mapped = np.empty_like(log_f0)
        for index, (value, voicing) in enumerate(zip(log_f0.tolist(), voiced.tolist(), strict=True)):
            if voicing > _VOICED_FROM:
                self.speaker.hear(value)
            mapped[index] = value - self.speaker.log_hz + self.target
        return mapped
