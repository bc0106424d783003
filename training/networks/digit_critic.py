"""Listens to images of digits: which it is, and whether it is a real one in that voice. Training only."""

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from training.networks.digit_vae import DIGITS, DigitConfig

_CHANNELS = (16, 32, 64, 64)


class DigitCritic(nn.Module):
    """Takes what DigitVae takes as an image and as its condition."""

    def __init__(self, config: DigitConfig, speakers: int) -> None:
        super().__init__()
        widths = (1, *_CHANNELS)
        self.convs = nn.ModuleList(
            spectral_norm(nn.Conv2d(a, b, 4, 2, padding=1))
            for a, b in zip(widths[:-1], widths[1:], strict=True)
        )
        places = (config.n_mels >> len(_CHANNELS)) * (config.frames >> len(_CHANNELS))
        self.features = nn.Sequential(nn.Flatten(), nn.Linear(_CHANNELS[-1] * places, 128), nn.LeakyReLU(0.2))
        self.digit = nn.Linear(128, DIGITS)
        self.judge = spectral_norm(nn.Linear(128, 1))
        self.likeness = spectral_norm(nn.Linear(DIGITS + speakers, 128, bias=False))

    def forward(self, image: Tensor, digit: Tensor, speaker: Tensor) -> tuple[Tensor, Tensor, list[Tensor]]:
        """Verdicts (batch,), digit logits (batch, 10), and what each layer saw."""
        x = image.unsqueeze(1) * 2.0 - 1.0
        seen = []
        for conv in self.convs:
            x = nn.functional.leaky_relu(conv(x), 0.2)
            seen.append(x)
        heard = self.features(x)
        fitting = self.likeness(torch.cat([digit, speaker], dim=-1))
        return self.judge(heard)[:, 0] + (heard * fitting).sum(dim=-1), self.digit(heard), seen
