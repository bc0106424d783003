"""Tells which digit an image of sound is; for measuring models, never for training them."""

import torch
from torch import Tensor, nn

from training.networks.digit_vae import DIGITS

_CHANNELS = (16, 32, 64, 64)
_FEATURES = 64


class DigitJudge(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for a, b in zip((1, *_CHANNELS[:-1]), _CHANNELS, strict=True):
            layers += [nn.Conv2d(a, b, 3, padding=1), nn.BatchNorm2d(b), nn.ReLU(), nn.MaxPool2d(2)]
        self.convs = nn.Sequential(*layers)
        self.features = nn.Sequential(nn.Linear(2 * _CHANNELS[-1], _FEATURES), nn.Tanh())
        self.digit = nn.Sequential(nn.Dropout(0.3), nn.Linear(_FEATURES, DIGITS))

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Images (batch, n_mels, frames) within 0..1: features (batch, 64) and logits (batch, 10)."""
        x = self.convs(image.unsqueeze(1) * 2.0 - 1.0)
        # Which half of the word a sound is in tells digits apart; where exactly does not.
        early, late = (half.mean(dim=(2, 3)) for half in x.chunk(2, dim=-1))
        features = self.features(torch.cat([early, late], dim=-1))
        return features, self.digit(features)
