"""`digits-cnn` and `digits-mlp`: variational autoencoders of spoken digits, told digit and speaker."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

DIGITS = 10


@dataclass(frozen=True)
class DigitConfig:
    n_mels: int = 64
    frames: int = 64
    latent: int = 16
    channels: tuple[int, ...] = (24, 48, 64)  # of the convolutional one; each halves both sides
    hidden: tuple[int, ...] = (256, 128)  # of the other one
    temperature: float = 1.0  # share of the clips' own spread that digits are drawn with


class ConvolutionalBody(nn.Module):
    """Encoder features and decoder image of `digits-cnn`."""

    def __init__(self, config: DigitConfig, condition: int) -> None:
        super().__init__()
        widths = (1, *config.channels)
        self.small = (config.n_mels >> len(config.channels), config.frames >> len(config.channels))
        self.features = config.channels[-1] * self.small[0] * self.small[1] + condition
        down: list[nn.Module] = []
        up: list[nn.Module] = []
        for a, b in zip(widths[:-1], widths[1:], strict=True):
            down += [nn.Conv2d(a, b, 4, 2, padding=1), nn.LeakyReLU(0.2)]
            up = [nn.ConvTranspose2d(b, a, 4, 2, padding=1), nn.LeakyReLU(0.2), *up]
        self.down = nn.Sequential(*down)
        self.up = nn.Sequential(*up[:-1])
        self.enter = nn.Linear(config.latent + condition, self.features - condition)

    def encode(self, image: Tensor, condition: Tensor) -> Tensor:
        return torch.cat([self.down(image.unsqueeze(1)).flatten(1), condition], dim=-1)

    def decode(self, latent: Tensor, condition: Tensor) -> Tensor:
        x = nn.functional.leaky_relu(self.enter(torch.cat([latent, condition], dim=-1)), 0.2)
        return self.up(x.unflatten(1, (-1, *self.small))).squeeze(1)


class DenseBody(nn.Module):
    """Encoder features and decoder image of `digits-mlp`."""

    def __init__(self, config: DigitConfig, condition: int) -> None:
        super().__init__()
        self.shape = (config.n_mels, config.frames)
        self.features = config.hidden[-1]
        pixels = config.n_mels * config.frames
        self.down = _dense((pixels + condition, *config.hidden))
        self.up = nn.Sequential(
            _dense((config.latent + condition, *config.hidden[::-1])), nn.Linear(config.hidden[0], pixels)
        )

    def encode(self, image: Tensor, condition: Tensor) -> Tensor:
        return self.down(torch.cat([image.flatten(1), condition], dim=-1))

    def decode(self, latent: Tensor, condition: Tensor) -> Tensor:
        return self.up(torch.cat([latent, condition], dim=-1)).unflatten(1, self.shape)


def _dense(widths: tuple[int, ...]) -> nn.Sequential:
    pairs = zip(widths[:-1], widths[1:], strict=True)
    return nn.Sequential(*(layer for a, b in pairs for layer in (nn.Linear(a, b), nn.LeakyReLU(0.2))))


BODIES = {"digits-cnn": ConvolutionalBody, "digits-mlp": DenseBody}


class DigitVae(nn.Module):
    """Images (batch, n_mels, frames) within 0..1; digit (batch, 10) and speaker (batch, n) are one-hot."""

    def __init__(self, system: str, config: DigitConfig, speakers: int) -> None:
        super().__init__()
        self.config = config
        self.speakers = speakers
        self.body = BODIES[system](config, DIGITS + speakers)
        self.leave = nn.Linear(self.body.features, 2 * config.latent)
        # Where training clips lie: a middle for each voice and digit, and for each digit the directions in
        # which its clips differ, the widest first, as long as the standard deviation along them.
        self.means: Tensor
        self.directions: Tensor
        self.register_buffer("means", torch.zeros(speakers, DIGITS, config.latent))
        self.register_buffer("directions", torch.eye(config.latent).repeat(DIGITS, 1, 1))

    def encode(self, image: Tensor, digit: Tensor, speaker: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log-variance of the latent, (batch, latent) each."""
        features = self.body.encode(image * 2.0 - 1.0, torch.cat([digit, speaker], dim=-1))
        mean, log_variance = self.leave(features).chunk(2, dim=-1)
        return mean, log_variance.clamp(-8.0, 4.0)

    def decode(self, latent: Tensor, digit: Tensor, speaker: Tensor) -> Tensor:
        return torch.sigmoid(self.body.decode(latent, torch.cat([digit, speaker], dim=-1)))

    def draw(self, digit: Tensor, speaker: Tensor) -> Tensor:
        """Latents (batch, latent) as training clips of that digit and voice are spread, or less."""
        middle = torch.einsum("bs,bd,sdl->bl", speaker, digit, self.means)
        steps = torch.randn(len(digit), self.directions.shape[1], device=digit.device)
        return middle + torch.einsum("bk,bd,dkl->bl", steps, digit, self.drawn_directions)

    @property
    def drawn_directions(self) -> Tensor:
        return self.config.temperature * self.directions

    @torch.no_grad()
    def place(self, mean: Tensor, log_variance: Tensor, digit: Tensor, speaker: Tensor) -> None:
        """Learn from the posteriors of clips where they lie. What has no clips stays as it was."""
        for d in range(DIGITS):
            of_digit = digit[:, d] > 0
            if not of_digit.any():
                continue
            apart = []
            for s in range(self.speakers):
                cell = of_digit & (speaker[:, s] > 0)
                self.means[s, d] = mean[cell if cell.any() else of_digit].mean(dim=0)
                apart.append(mean[cell] - self.means[s, d])
            around = torch.cat(apart)
            # Each clip is a small cloud itself: a draw lies anywhere in it.
            spread = around.T @ around / len(around) + log_variance[of_digit].exp().mean(dim=0).diag()
            variances, axes = torch.linalg.eigh(spread)
            signs = torch.where(axes.sum(dim=0) < 0.0, -1.0, 1.0)
            self.directions[d] = (axes * signs * variances.clamp(min=0.0).sqrt()).T.flip(0)

    def forward(self, image: Tensor, digit: Tensor, speaker: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The image rebuilt from a sample of its latent, and the latent's mean and log-variance."""
        mean, log_variance = self.encode(image, digit, speaker)
        latent = mean + torch.randn_like(mean) * torch.exp(0.5 * log_variance)
        return self.decode(latent, digit, speaker), mean, log_variance
