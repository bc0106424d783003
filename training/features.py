"""Clips to features by the engine's own front end, so that training and live see the same numbers."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from rtvc.analysis import analyse
from rtvc.framer import Framer
from rtvc.level import NOMINAL_RMS
from rtvc.low_cut import LowCut
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


def levelled(audio: NDArray[np.float32], spec: MelSpec) -> NDArray[np.float32]:
    """The clip with its speech, not its pauses, at the nominal level."""
    count = len(audio) // spec.hop
    power = np.square(audio[: count * spec.hop]).reshape(count, spec.hop).mean(axis=1)
    speech = power[power >= power.max() * 10.0 ** (-30.0 / 10.0)]
    return audio * (NOMINAL_RMS / np.sqrt(max(float(speech.mean()), 1e-12)))


def without_rumble(audio: NDArray[np.float32], spec: MelSpec) -> NDArray[np.float32]:
    """Whole hops of the clip, cut below speech as the chain cuts them."""
    low_cut = LowCut(spec.sample_rate, spec.hop)
    hops = audio[: len(audio) // spec.hop * spec.hop].reshape(-1, spec.hop)
    return np.concatenate([np.zeros(0, np.float32), *(low_cut.process(hop) for hop in hops)])


def features_of(path: Path, spec: MelSpec) -> Features:
    audio = levelled(without_rumble(load_audio(path, spec.sample_rate), spec), spec)
    frames = analyse(Framer(spec).process(audio), spec)
    return Features(frames.log_mel, frames.f0_hz, frames.voiced, frames.log_energy)
