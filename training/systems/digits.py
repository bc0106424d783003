"""Training of `digits-cnn` and `digits-mlp`: images of spoken digits rebuilt through a small latent."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from rtvc.digits import image_of
from rtvc.errors import UsageError
from rtvc.model_format import ImageShape
from training.cache import Entry, FeatureCache
from training.config import RunConfig, section
from training.networks.digit_vae import DIGITS, DigitConfig, DigitVae
from training.systems.base import NETWORK, Batch, System, Terms

_LOUD_PERCENTILE = 99.95  # what counts as white in an image


@dataclass(frozen=True)
class DigitData:
    cache: str
    corpora: tuple[str, ...] = ()  # which of the cache; none named: all
    shift: int = 4  # frames a clip may be moved by at random
    range: float = 9.0  # natural log between black and white


@dataclass(frozen=True)
class DigitLoss:
    reconstruction: float = 10000.0  # of the mean square over an image
    divergence: float = 1.0


class DigitSystem(System):
    def __init__(self, config: RunConfig, cache: FeatureCache) -> None:
        super().__init__(config, cache)
        self.data = section(DigitData, config.data, "data")
        self.weights = section(DigitLoss, config.loss, "loss")
        self.shape = section(DigitConfig, config.network, "network")
        if self.shape.n_mels != self.spec.n_mels:
            raise UsageError(f"network.n_mels is {self.shape.n_mels}, the cache has {self.spec.n_mels} mels.")
        self.train = self._clips("train")
        if not self.train:
            raise UsageError(f"{cache.folder} holds no training clips of digits.")
        self.speakers = sorted({entry.speaker for entry in self.train})
        self.val = [entry for entry in self._clips("val") if entry.speaker in self.speakers]
        self.network = DigitVae(config.system, self.shape, len(self.speakers))
        self.high = self._white()
        self.low = self.high - self.data.range
        self.image_shape = ImageShape(self.shape.frames, self.low, self.high)
        self.parts = {NETWORK: self.network}

    def _clips(self, split: str) -> list[Entry]:
        wanted = self.data.corpora
        return [
            entry
            for entry in self.cache.of_split(split)
            if entry.transcript in set("0123456789") and (not wanted or entry.corpus in wanted)
        ]

    def _white(self) -> float:
        some = self.train[:: max(1, len(self.train) // 200)]
        return float(np.percentile(np.concatenate([self.cache.mel(e) for e in some]), _LOUD_PERCENTILE))

    @property
    def steps_per_epoch(self) -> int:
        return max(1, len(self.train) // self.training.batch)

    def image(self, entry: Entry, shift: int = 0) -> np.ndarray:
        """(n_mels, frames) within 0..1; a clip that is too long loses its end."""
        mel = self.cache.mel(entry)
        silence = np.full((max(0, shift), self.spec.n_mels), self.spec.log_floor, np.float32)
        return image_of(np.concatenate([silence, mel[max(0, -shift) :]]), self.image_shape, self.spec)

    def batch(self, step: int, rank: int) -> Batch:
        random = np.random.default_rng([self.config.seed, step, rank])
        entries = [self.train[i] for i in random.integers(len(self.train), size=self.training.batch)]
        shifts = random.integers(-self.data.shift, self.data.shift + 1, size=len(entries))
        return self.batch_of(entries, [int(shift) for shift in shifts])

    def batch_of(self, entries: list[Entry], shifts: list[int] | None = None) -> Batch:
        moves = shifts or [0] * len(entries)
        images = [self.image(e, shift) for e, shift in zip(entries, moves, strict=True)]
        digits = torch.tensor([int(e.transcript) for e in entries])
        speakers = torch.tensor([self.speakers.index(e.speaker) for e in entries])
        return {
            "image": torch.from_numpy(np.stack(images)),
            "digit": torch.nn.functional.one_hot(digits, DIGITS).float(),
            "speaker": torch.nn.functional.one_hot(speakers, len(self.speakers)).float(),
        }

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        return self._terms(batch, *self.live[NETWORK](**batch))

    def _terms(self, batch: Batch, image: Tensor, mean: Tensor, log_variance: Tensor) -> dict[str, Tensor]:
        divergence = 0.5 * (mean.square() + log_variance.exp() - 1.0 - log_variance).sum(dim=-1).mean()
        return {
            "reconstruction": self.weights.reconstruction * (image - batch["image"]).square().mean(),
            "divergence": self.weights.divergence * divergence,
        }

    @torch.no_grad()
    def judge(self) -> Terms:
        batch = {n: x.to(self.fabric.device) for n, x in self.batch_of(self.val or self.train[:200]).items()}
        mean, log_variance = self.network.encode(**batch)
        rebuilt = self.network.decode(mean, batch["digit"], batch["speaker"])
        terms = self._terms(batch, rebuilt, mean, log_variance)
        return {"val": float(terms["reconstruction"] + terms["divergence"])} | {
            f"val_{name}": float(x) for name, x in terms.items()
        }

    def facts(self) -> dict[str, Any]:
        return {"speakers": self.speakers, "low": self.low, "high": self.high}
