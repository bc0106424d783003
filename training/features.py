"""Clips to features by the engine's own front end, so that training and live see the same numbers."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from rtvc.analysis import analyse
from rtvc.clip import levelled, without_rumble
from rtvc.framer import Framer
from rtvc.mel import MelSpec


@dataclass(frozen=True)
class Features:
    """One clip at nominal level, one row per hop."""

    log_mel: NDArray[np.float32]  # (frames, n_mels)
    f0_hz: NDArray[np.float32]  # (frames,) raw YIN, to be held by the same code that runs live
    voiced: NDArray[np.float32]  # (frames,)
    log_energy: NDArray[np.float32]  # (frames,)


def load_audio(path: Path, sample_rate: int) -> NDArray[np.float32]:
    audio, rate = soundfile.read(path, dtype="float32", always_2d=True)
    mono = audio.mean(axis=1)
    return mono if rate == sample_rate else soxr.resample(mono, rate, sample_rate, quality="VHQ")


def level_audio(path: Path, spec: MelSpec) -> NDArray[np.float32]:
    """Whole hops of a recording, without rumble, at nominal level."""
    return levelled(without_rumble(load_audio(path, spec.sample_rate), spec), spec)


def features_of(path: Path, spec: MelSpec) -> Features:
    audio = level_audio(path, spec)
    frames = analyse(Framer(spec).process(audio), spec)
    return Features(frames.log_mel, frames.f0_hz, frames.voiced, frames.log_energy)
