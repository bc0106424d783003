"""Frames, what travels from analysis to conversion; PitchedMels, what goes on from there."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

JUMP = math.log(2.0) / 12.0  # in log Hz; a pitch that moves further within a hop has leapt, not slid


@dataclass(frozen=True)
class Frames:
    """n consecutive analysis frames, one per hop.

    Frame j sees the n_fft samples that end with hop j: input samples (j + 1) * hop - n_fft up to
    (j + 1) * hop, silence before the first. A stage that needs frames from the future holds back.
    """

    log_mel: NDArray[np.float32]  # (n, n_mels) natural log of magnitude mels
    f0_hz: NDArray[np.float32]  # (n,) pitch candidate, always > 0, to be trusted as far as `voiced`
    voiced: NDArray[np.float32]  # (n,) 0..1 how periodic the frame is
    log_energy: NDArray[np.float32]  # (n,) natural log of the windowed frame's RMS

    def __len__(self) -> int:
        return len(self.log_mel)


@dataclass(frozen=True)
class PitchedMels:
    """n consecutive frames on their way to the vocoder, and the pitch they are to have."""

    log_mel: NDArray[np.float32]  # (n, n_mels)
    f0_hz: NDArray[np.float32]  # (n,) to be trusted as far as `voiced`
    voiced: NDArray[np.float32]  # (n,) 0..1; 0 also where nobody knows

    def __len__(self) -> int:
        return len(self.log_mel)


def joined(parts: list[Frames]) -> Frames:
    """Frames end to end."""
    return Frames(
        np.concatenate([part.log_mel for part in parts]),
        np.concatenate([part.f0_hz for part in parts]),
        np.concatenate([part.voiced for part in parts]),
        np.concatenate([part.log_energy for part in parts]),
    )


def in_hz(log_f0: Iterable[float]) -> NDArray[np.float32]:
    """One by one: whole arrays are rounded by their length, and block sizes must not be heard."""
    return np.array([math.exp(value) for value in log_f0], np.float32)
