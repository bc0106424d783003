"""The `gan` system: mels of one speaker to those of another. The defaults are its full size."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

_DB = 8.685889638  # decibels in one natural-log unit of magnitude
REFERENCE_DB = 10.0  # what counts as 0 dB: about the loudest mel of speech at the nominal level
_STRIDE, _STRIDES = 2, 3
FRAME_MULTIPLE = _STRIDE**_STRIDES
_SLOPE = 0.2


@dataclass(frozen=True)
class GanConfig:
    n_mels: int = 80
    widths: tuple[int, ...] = (512, 1024, 2048, 4096)
    residual_blocks: int = 3
    critic_widths: tuple[int, ...] = (512, 512, 1024, 2048, 4096)
    output_scale: float = 3.0
    output_bias: float = 0.0
    start_mean: float = -30.0  # dB, as are the next three
    start_std: float = 20.0
    start_min: float = -80.0
    start_max: float = 0.0
    alpha: float = 0.05  # how far a batch moves the statistics


class Normaliser(nn.Module):
    """Decibels against a fixed reference, by statistics of all speech: never by the loudest of one clip."""

    def __init__(self, config: GanConfig) -> None:
        super().__init__()
        self.alpha = config.alpha
        self.limits = (config.start_min, config.start_max)
        start = (config.start_mean, config.start_std, *self.limits)
        self.statistics: Tensor
        self.register_buffer("statistics", torch.tensor(start))

    @staticmethod
    def decibels(mel: Tensor) -> Tensor:
        return mel * _DB - REFERENCE_DB

    def measured(self, mel: Tensor) -> Tensor:
        """Mean, standard deviation, lowest and highest of a batch, within the limits it started with."""
        db = self.decibels(mel).clamp(*self.limits)
        return torch.stack([db.mean(), db.std(), db.min(), db.max()])

    def update(self, measured: Tensor) -> None:
        self.statistics.lerp_(measured, self.alpha)

    def forward(self, mel: Tensor) -> Tensor:
        mean, std, low, high = self.statistics.unbind()
        return (torch.minimum(torch.maximum(self.decibels(mel), low), high) - mean) / std

    def inverse(self, normal: Tensor) -> Tensor:
        mean, std, low, high = self.statistics.unbind()
        db = torch.minimum(torch.maximum(normal * std + mean, low), high)
        return (db + REFERENCE_DB) / _DB


class Residual(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv1d(width, width, 3, padding=1)
        self.second = nn.Conv1d(width, width, 3, padding=1)
        self.norm = nn.InstanceNorm1d(width)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.norm(self.second(torch.relu(self.norm(self.first(x)))))


class Generator(nn.Module):
    """Normalised mels (batch, n_mels, time), time a multiple of FRAME_MULTIPLE, to the same of the target."""

    def __init__(self, config: GanConfig) -> None:
        super().__init__()
        self.scale, self.bias = config.output_scale, config.output_bias
        widths = (config.n_mels, *config.widths)
        strides = [1] + [_STRIDE] * _STRIDES
        self.down = nn.ModuleList(
            nn.Conv1d(widths[i], widths[i + 1], 3, stride, padding=1) for i, stride in enumerate(strides)
        )
        self.residuals = nn.Sequential(*(Residual(widths[-1]) for _ in range(config.residual_blocks)))
        back = config.widths[::-1]
        self.up = nn.ModuleList(
            nn.ConvTranspose1d(a, b, 4, _STRIDE, padding=1) for a, b in zip(back[:-1], back[1:], strict=True)
        )
        self.leave = nn.Conv1d(config.widths[0], config.n_mels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        for conv in self.down:
            x = torch.relu(nn.functional.instance_norm(conv(x)))
        x = self.residuals(x)
        for conv in self.up:
            x = torch.relu(nn.functional.instance_norm(conv(x)))
        return torch.tanh(self.leave(x)) * self.scale + self.bias


class Critic(nn.Module):
    """Normalised mels (batch, n_mels, time) to how likely each stretch is real, (batch, 1, time / 32)."""

    def __init__(self, config: GanConfig) -> None:
        super().__init__()
        widths = (config.n_mels, *config.critic_widths)
        self.convs = nn.ModuleList(
            spectral_norm(nn.Conv1d(a, b, 4, _STRIDE, padding=1))
            for a, b in zip(widths[:-1], widths[1:], strict=True)
        )
        self.judge = spectral_norm(nn.Conv1d(widths[-1], 1, 3, padding=1))

    def forward(self, x: Tensor) -> Tensor:
        for conv in self.convs:
            x = nn.functional.leaky_relu(conv(x), _SLOPE)
        return torch.sigmoid(self.judge(x))


class GanConverter(nn.Module):
    """What is kept and exported: the generator with the statistics it was trained with."""

    def __init__(self, config: GanConfig) -> None:
        super().__init__()
        self.config = config
        self.normaliser = Normaliser(config)
        self.generator = Generator(config)

    def forward(self, mel: Tensor) -> Tensor:
        """mel (batch, time, n_mels) to normalised mels (batch, n_mels, time)."""
        return self.generator(self.normaliser(mel).transpose(1, 2))

    def convert(self, mel: Tensor) -> Tensor:
        """mel (batch, time, n_mels) to mels of the target, same shape."""
        return self.normaliser.inverse(self(mel)).transpose(1, 2)
