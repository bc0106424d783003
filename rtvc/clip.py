"""A whole recording at the model's rate and level, for training and for making voices. Not for live sound."""

from pathlib import Path

import numpy as np
import soxr

from rtvc.audio_file import AudioReader
from rtvc.level import NOMINAL_RMS
from rtvc.low_cut import LowCut
from rtvc.mel import MelSpec
from rtvc.stage import Audio

_BLOCK = 1 << 16
_SPEECH_RANGE_DB = 30.0  # what is that much below the loudest hop is a pause
_SMALLEST_POWER = 1e-12


def read_clip(path: Path, sample_rate: int, longest_seconds: float = float("inf")) -> Audio:
    """Mono, at that rate; of a longer recording the beginning."""
    parts, taken = [], 0
    with AudioReader(path) as reader:
        most = longest_seconds * reader.sample_rate
        for block in reader.blocks(_BLOCK):
            parts.append(block)
            taken += len(block)
            if taken >= most:
                break
        audio = np.concatenate(parts)[: int(min(taken, most))]
        rate = reader.sample_rate
    return audio if rate == sample_rate else soxr.resample(audio, rate, sample_rate, quality="VHQ")


def without_rumble(audio: Audio, spec: MelSpec) -> Audio:
    """Whole hops of the clip, cut below speech as the chain cuts them."""
    low_cut = LowCut(spec.sample_rate, spec.hop)
    hops = audio[: len(audio) // spec.hop * spec.hop].reshape(-1, spec.hop)
    return np.concatenate([np.zeros(0, np.float32), *(low_cut.process(hop) for hop in hops)])


def speech_rms(audio: Audio, spec: MelSpec) -> float:
    """Of what is speech and no pause."""
    hops = audio[: len(audio) // spec.hop * spec.hop].reshape(-1, spec.hop)
    power = np.square(hops).mean(axis=1)
    speech = power[power >= power.max() * 10.0 ** (-_SPEECH_RANGE_DB / 10.0)]
    return float(np.sqrt(max(float(speech.mean()), _SMALLEST_POWER)))


def levelled(audio: Audio, spec: MelSpec) -> Audio:
    """The clip with its speech, not its pauses, at the nominal level."""
    return audio * np.float32(NOMINAL_RMS / speech_rms(audio, spec))
