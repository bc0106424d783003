"""Perturbs mels so that what is left in common is the words: vocal-tract warp, equaliser, noise, level."""

import numpy as np
import torch
from torch import Tensor

from rtvc.mel import MelSpec, hz_to_mel, mel_to_hz

_WARP_STEPS = 41


def warp_bank(spec: MelSpec, low: float, high: float) -> Tensor:
    """Matrices (steps, n_mels, n_mels) that stretch the frequency axis by low..high: mel @ bank[k]."""
    ends = hz_to_mel(np.array([spec.fmin, spec.fmax]))
    centres = np.linspace(ends[0], ends[1], spec.n_mels + 2)[1:-1]
    bank = np.zeros((_WARP_STEPS, spec.n_mels, spec.n_mels), dtype=np.float32)
    for step, factor in enumerate(np.geomspace(low, high, _WARP_STEPS)):
        wanted = hz_to_mel(mel_to_hz(centres) / factor)
        place = np.clip((wanted - centres[0]) / (centres[1] - centres[0]), 0, spec.n_mels - 1.001)
        below = place.astype(int)
        share = (place - below).astype(np.float32)
        columns = np.arange(spec.n_mels)
        bank[step, below, columns] += 1.0 - share
        bank[step, below + 1, columns] += share
    return torch.from_numpy(bank)


class Perturb:
    """Draws a perturbation per row of a batch; deterministic under a seeded torch."""

    def __init__(self, spec: MelSpec, warp: tuple[float, float]) -> None:
        self.bank = warp_bank(spec, *warp)
        self.floor = spec.log_floor
        bands = torch.linspace(0.0, torch.pi, spec.n_mels)
        self.curves = torch.stack([torch.cos(k * bands) for k in range(1, 6)])  # (5, n_mels)

    def level(self, mel: Tensor, side: Tensor, spread: float) -> tuple[Tensor, Tensor]:
        """Shift a whole row as a level tracker's error would."""
        gain = torch.randn(mel.shape[0], 1, 1) * spread
        shifted = side.clone()
        shifted[..., 2:] += gain
        return (mel + gain).clamp(min=self.floor), shifted

    def __call__(self, mel: Tensor) -> Tensor:
        batch = mel.shape[0]
        warped = torch.bmm(mel, self.bank[torch.randint(_WARP_STEPS, (batch,))])
        slope = torch.randn(batch, 5) * torch.tensor([0.5, 0.4, 0.3, 0.2, 0.2])
        coloured = warped + (slope @ self.curves).unsqueeze(1)
        noise = torch.empty(batch, 1, 1).uniform_(-9.0, -4.0) + 0.5 * torch.randn(batch, 1, 5) @ self.curves
        noise = noise + 0.4 * torch.randn_like(mel)
        noisy = torch.logaddexp(coloured, noise)
        chosen = torch.where(torch.rand(batch, 1, 1) < 0.5, noisy, coloured)
        return chosen.clamp(min=self.floor)
