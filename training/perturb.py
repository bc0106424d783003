"""Perturbs mels so that what is left in common is the words: vocal-tract warp, equaliser, noise, level."""

import numpy as np
import torch
from torch import Tensor

from rtvc.formants import warp_matrix
from rtvc.mel import MelSpec

_WARP_STEPS = 41


def warp_bank(spec: MelSpec, low: float, high: float) -> Tensor:
    """Matrices (steps, n_mels, n_mels) that stretch the frequency axis by low..high: mel @ bank[k]."""
    bank = [warp_matrix(spec, factor) for factor in np.geomspace(low, high, _WARP_STEPS)]
    return torch.tensor(np.stack(bank), dtype=torch.float32)


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
