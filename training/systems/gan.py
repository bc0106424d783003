"""Training of `gan` on pairs of sentences: near the target mel by mel, and not to be told from real ones."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from rtvc.errors import UsageError
from training.cache import FeatureCache, padded
from training.config import RunConfig, section
from training.networks.gan import FRAME_MULTIPLE, Critic, GanConfig, GanConverter
from training.systems.base import NETWORK, Batch, System, Terms
from training.systems.pairs import Pair, find_pairs

_CRITIC = "critic"
_SHORTEST = 2 * 32  # the critic halves the time five times and judges what is left


@dataclass(frozen=True)
class GanData:
    cache: str
    source: str
    target: str
    frames: int = 128

    def __post_init__(self) -> None:
        if self.frames < _SHORTEST or self.frames % FRAME_MULTIPLE:
            raise UsageError(
                f"data.frames is {self.frames}; a multiple of {FRAME_MULTIPLE} from {_SHORTEST} on is needed."
            )


@dataclass(frozen=True)
class GanLoss:
    l1: float = 25.0
    label_smoothing: float = 0.1
    critic_every: int = 2  # generator steps for one of the critic
    critic_enough: float = 0.3  # while its loss is below this the critic rests


class GanSystem(System):
    def __init__(self, config: RunConfig, cache: FeatureCache) -> None:
        super().__init__(config, cache)
        self.data = section(GanData, config.data, "data")
        self.weights = section(GanLoss, config.loss, "loss")
        self.shape = section(GanConfig, config.network, "network")
        pairs = find_pairs(cache, self.data.source, self.data.target)
        self.train = [pair for pair in pairs if pair.split == "train"]
        self.val = [pair for pair in pairs if pair.split == "val"]
        if not self.train or not self.val:
            raise UsageError(
                f"Of {len(pairs)} pairs {len(self.train)} are for training; some of both are needed."
            )
        self.network = GanConverter(self.shape)
        self.critic = Critic(self.shape)
        self.parts = {NETWORK: self.network, _CRITIC: self.critic}

    @property
    def steps_per_epoch(self) -> int:
        frames = sum(len(pair.source) for pair in self.train)
        return max(1, frames // (self.training.batch * self.data.frames))

    def batch(self, step: int, rank: int) -> Batch:
        random = np.random.default_rng([self.config.seed, step, rank])
        lengths = np.array([len(pair.source) for pair in self.train], float)
        chosen = random.choice(len(self.train), size=self.training.batch, p=lengths / lengths.sum())
        crops = [self._crop(self.train[i], random) for i in chosen]
        return {
            "source": torch.from_numpy(np.stack([source for source, _ in crops])),
            "target": torch.from_numpy(np.stack([target for _, target in crops])),
        }

    def _crop(self, pair: Pair, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        frames = self.data.frames
        start = int(random.integers(0, max(1, len(pair.source) - frames + 1)))
        stretch = slice(start, start + frames)
        return padded(pair.source[stretch], frames, self.spec), padded(
            pair.target[stretch], frames, self.spec
        )

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        made = self.live[NETWORK](batch["source"])
        real = self.network.normaliser(batch["target"]).transpose(1, 2)
        self.made, self.real = made.detach(), real
        verdict = self.critic(made)
        return {
            "l1": self.weights.l1 * (made - real).abs().mean(),
            "fooling": torch.nn.functional.binary_cross_entropy(verdict, torch.ones_like(verdict)),
        }

    def step(self, batch: Batch, number: int) -> Terms:
        normaliser = self.network.normaliser
        both = torch.cat([batch["source"], batch["target"]])
        normaliser.update(self.fabric.all_reduce(normaliser.measured(both)))
        self.critic.requires_grad_(False)
        terms = super().step(batch, number)
        if number % self.weights.critic_every == 0:
            self.critic.requires_grad_(True)
            terms["critic"] = self._teach()
        return terms

    def _teach(self) -> float:
        """The critic's own step, on what the generator has just made."""
        # Both in one pass: spectral norm changes its vectors in place, so two passes would not go backward.
        real, made = self.live[_CRITIC](torch.cat([self.real, self.made])).chunk(2)
        label = torch.full_like(real, 1.0 - self.weights.label_smoothing)
        loss = 0.5 * (
            torch.nn.functional.binary_cross_entropy(real, label)
            + torch.nn.functional.binary_cross_entropy(made, torch.zeros_like(made))
        )
        mean = float(self.fabric.all_reduce(loss.detach()))
        if mean >= self.weights.critic_enough:
            self.descend(_CRITIC, loss)
        return mean

    @torch.no_grad()
    def judge(self) -> Terms:
        """L1 in log-mels over the val pairs, beside that of leaving the source as it is."""
        made, same = [], []
        for pair in self.val:
            frames = len(pair.source) // FRAME_MULTIPLE * FRAME_MULTIPLE
            source = torch.from_numpy(pair.source[:frames])[None].to(self.fabric.device)
            target = pair.target[:frames]
            made.append(np.abs(self.network.convert(source)[0].cpu().numpy() - target).mean())
            same.append(np.abs(pair.source[:frames] - target).mean())
        return {"val": float(np.mean(made)), "val_identity": float(np.mean(same))}

    def facts(self) -> dict[str, Any]:
        return {"speakers": [self.data.target], "source": self.data.source}
