"""System, what the training loop needs of each network: batches, a step, a judgement. Writes no files."""

from abc import ABC, abstractmethod
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from lightning.fabric import Fabric
from torch import Tensor, nn

from rtvc.mel import MelSpec
from training.cache import FeatureCache
from training.config import RunConfig, TrainingConfig
from training.networks.saved import NETWORK

Batch = dict[str, Tensor]
Terms = dict[str, float]


class System(ABC):
    """Batches are drawn from the step's number alone, so that a resumed run goes on with the next."""

    shape: Any  # the network's own configuration, a dataclass
    parts: dict[str, nn.Module]  # filled by the subclass, as the shape is; NETWORK among them

    def __init__(self, config: RunConfig, cache: FeatureCache) -> None:
        self.config = config
        self.training: TrainingConfig = config.training
        self.cache = cache
        self.spec: MelSpec = cache.spec

    def make_optimisers(self) -> None:
        options = self.training
        self.optimisers: dict[str, torch.optim.Optimizer] = {
            name: torch.optim.Adam(
                part.parameters(), options.learning_rate, options.betas, weight_decay=options.weight_decay
            )
            for name, part in self.parts.items()
        }

    def setup(self, fabric: Fabric) -> None:
        """The parts as Fabric runs them; `parts` stay what they were and hold the same weights."""
        self.fabric = fabric
        self.live: dict[str, Any] = {}
        self.live_optimisers: dict[str, Any] = {}
        for name, part in self.parts.items():
            self.live[name], self.live_optimisers[name] = fabric.setup(part, self.optimisers[name])

    @property
    @abstractmethod
    def steps_per_epoch(self) -> int: ...

    @abstractmethod
    def batch(self, step: int, rank: int) -> Batch: ...

    @abstractmethod
    def losses(self, batch: Batch) -> dict[str, Tensor]:
        """The terms whose sum is made smaller."""

    @abstractmethod
    def judge(self) -> Terms:
        """Figures over the val clips; the best checkpoint is the one whose `val` is smallest."""

    @abstractmethod
    def facts(self) -> dict[str, Any]:
        """What has to travel with the weights besides the configuration."""

    def before_saving(self) -> None:
        """Brings up to date what is derived from the weights; most systems have nothing of the kind."""
        return

    def write_beside_best(self, folder: Path) -> None:
        """Other forms of the best checkpoint, where somebody wants them."""
        return

    def step(self, batch: Batch, number: int) -> Terms:
        terms = self.losses(batch)
        self.descend(NETWORK, torch.stack(list(terms.values())).sum())
        return {name: float(x.detach()) for name, x in terms.items()}

    def descend(self, part: str, loss: Tensor) -> None:
        optimiser = self.live_optimisers[part]
        optimiser.zero_grad(set_to_none=True)
        self.fabric.backward(loss)
        self.fabric.clip_gradients(self.live[part], optimiser, max_norm=self.training.clip)
        optimiser.step()

    def all_facts(self) -> dict[str, Any]:
        config = self.config
        return {
            "system": config.system,
            "seed": config.seed,
            "network": asdict(self.shape),
            "mel": asdict(self.spec),
            "corpora": sorted({entry.corpus for entry in self.cache.of_split("train")}),
            **self.facts(),
        }
