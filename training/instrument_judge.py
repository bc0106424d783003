"""A judge of instruments: told apart by their envelopes, learned from real recordings. Makes no sound.

It is small on purpose: cepstra over a third of a second, their means and how they move, to one hidden layer.
It is deaf to what rumbles in a room: else that is what it knows recordings of flutes by.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from scipy import fft, signal
from torch import nn

from rtvc.mel import MelSpec, hann, log_mel

SPEC = MelSpec()
_CEPSTRA = 24
_FRAMES, _STEP = 28, 7  # of a stretch that is judged, and between two of them
_RUMBLE_HZ = 120.0  # and below: much of it is in the recordings of flutes, whose notes begin at 260 Hz
_LOUD_DB = 30.0  # below its loudest frame a clip is silent
_HIDDEN, _STEPS, _BATCH = 96, 1500, 96
_JITTER = 0.25  # of standardised features, so that no single recording is learned by heart
_NO_RUMBLE = signal.butter(6, _RUMBLE_HZ, "high", fs=SPEC.sample_rate, output="sos")


def stretches(sound: np.ndarray) -> np.ndarray:
    """Features of each stretch of a clip, level left out, (stretches, features)."""
    padded = signal.sosfiltfilt(_NO_RUMBLE, np.pad(sound, SPEC.n_fft // 2)).astype(np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(padded, SPEC.n_fft)[:: SPEC.hop]
    mels = log_mel(np.abs(fft.rfft(frames * hann(SPEC.n_fft), axis=1)), SPEC)
    level = np.log(np.sqrt(np.square(frames * hann(SPEC.n_fft)).mean(axis=1)) + 1e-9)
    # What is 70 dB below the frame is the room, or the codec.
    mels = np.maximum(mels, mels.max(axis=1, keepdims=True) - 8.0)
    loud = level > level.max() - _LOUD_DB / 8.686
    cepstra = fft.dct(mels, axis=1, norm="ortho")[loud, 1 : _CEPSTRA + 1]
    if len(cepstra) < 2:
        return np.zeros((0, 2 * _CEPSTRA), np.float32)
    starts = range(0, max(1, len(cepstra) - _FRAMES + 1), _STEP)
    cut = [cepstra[start : start + _FRAMES] for start in starts]
    rows = [np.concatenate([x.mean(axis=0), np.abs(np.diff(x, axis=0)).mean(axis=0)]) for x in cut]
    return np.array(rows, np.float32)


class Judge:
    """Names one of the instruments it has learned."""

    def __init__(self, clips: Mapping[str, Sequence[np.ndarray]], seed: int = 0) -> None:
        self.names = sorted(clips)
        torch.manual_seed(seed)
        random = np.random.default_rng(seed)
        rows = {name: [x for clip in clips[name] if len(x := stretches(clip))] for name in self.names}
        every = np.concatenate([x for found in rows.values() for x in found])
        self._mean, self._scale = every.mean(axis=0), every.std(axis=0) + 1e-6
        width = every.shape[1]
        self._network = nn.Sequential(
            nn.Linear(width, _HIDDEN), nn.ReLU(), nn.Dropout(0.3), nn.Linear(_HIDDEN, len(self.names))
        )
        self._learn(rows, random)

    def _learn(self, rows: dict[str, list[np.ndarray]], random: np.random.Generator) -> None:
        """Every instrument as often, every clip of it as often, whatever their lengths."""
        optimiser = torch.optim.Adam(self._network.parameters(), 2e-3, weight_decay=1e-4)
        for _ in range(_STEPS):
            who = random.integers(len(self.names), size=_BATCH)
            picked = []
            for index in who:
                clips = rows[self.names[index]]
                clip = clips[random.integers(len(clips))]
                picked.append(clip[random.integers(len(clip))])
            given = self._standard(np.array(picked)) + _JITTER * torch.randn(_BATCH, len(self._mean))
            loss = nn.functional.cross_entropy(self._network(given), torch.from_numpy(who))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        self._network.eval()

    def _standard(self, rows: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(((rows - self._mean) / self._scale).astype(np.float32))

    @torch.no_grad()
    def verdict(self, sound: np.ndarray) -> str:
        """The instrument that all stretches together speak for; empty where there is no sound."""
        rows = stretches(sound)
        if not len(rows):
            return ""
        said = torch.log_softmax(self._network(self._standard(rows)), dim=-1).mean(dim=0)
        return self.names[int(said.argmax())]
