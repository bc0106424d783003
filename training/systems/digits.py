"""Training of `digits-cnn` and `digits-mlp`: images of spoken digits rebuilt through a small latent.

Digits that were drawn, not rebuilt, have to convince a critic that knows digit and voice: a plain
autoencoder's mean over all it is unsure of is a blur that nobody has said.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from rtvc.digits import image_of
from rtvc.errors import UsageError
from rtvc.model_format import ImageShape
from training.cache import Entry, FeatureCache
from training.config import RunConfig, section
from training.networks.digit_critic import DigitCritic
from training.networks.digit_vae import DIGITS, DigitConfig, DigitVae
from training.systems.base import NETWORK, Batch, System, Terms

_CRITIC = "critic"
_LOUD_PERCENTILE = 99.95  # what counts as white in an image
_ENCODED_AT_ONCE = 256
_DRAWN_FOR_EACH = 2  # val clip, to compare how both are spread


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
    fooling: float = 0.0  # how far the critic is from taking what was drawn for real; 0: no critic at all
    spoken: float = 0.0  # cross-entropy of the digit that the critic hears in it
    alike: float = 0.0  # how differently the critic's layers see a rebuilt clip and the clip
    critic_from: int = 200  # the step at which the critic sets in
    critic_alone: int = 100  # steps from then on in which nobody listens to it yet


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
        self.critic = DigitCritic(self.shape, len(self.speakers))
        self.high = self._white()
        self.low = self.high - self.data.range
        self.image_shape = ImageShape(self.shape.frames, self.low, self.high)
        self.persuades = False  # whether the critic is listened to
        self.persuaded = 0  # and for how many steps it has been
        self.parts = {NETWORK: self.network}
        if self.weights.fooling:
            self.parts[_CRITIC] = self.critic

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
            "digit": functional.one_hot(digits, DIGITS).float(),
            "speaker": functional.one_hot(speakers, len(self.speakers)).float(),
        }

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        image, mean, log_variance = self.live[NETWORK](**batch)
        terms = self._terms(batch, image, mean, log_variance)
        return terms | self._persuasion(batch, image) if self.persuades else terms

    def _terms(self, batch: Batch, image: Tensor, mean: Tensor, log_variance: Tensor) -> dict[str, Tensor]:
        divergence = 0.5 * (mean.square() + log_variance.exp() - 1.0 - log_variance).sum(dim=-1).mean()
        return {
            "reconstruction": self.weights.reconstruction * (image - batch["image"]).square().mean(),
            "divergence": self.weights.divergence * divergence,
        }

    def _persuasion(self, batch: Batch, rebuilt: Tensor) -> dict[str, Tensor]:
        told = batch["digit"], batch["speaker"]
        drawn = self.network.decode(self.network.draw(*told), *told)
        self.drawn = drawn.detach()
        verdict, heard, _ = self.critic(drawn, *told)
        with torch.no_grad():
            wanted = self.critic(batch["image"], *told)[2]
        seen = self.critic(rebuilt, *told)[2]
        apart = [
            (a - b).abs().mean() / b.abs().mean().clamp(min=1e-3) for a, b in zip(seen, wanted, strict=True)
        ]
        return {
            "fooling": -self.weights.fooling * verdict.mean(),
            "spoken": self.weights.spoken * functional.cross_entropy(heard, batch["digit"]),
            "alike": self.weights.alike * torch.stack(apart).mean(),
        }

    def step(self, batch: Batch, number: int) -> Terms:
        if not self.weights.fooling:
            return super().step(batch, number)
        since = number - self.weights.critic_from
        self.persuades = since >= self.weights.critic_alone
        self.persuaded = max(0, since - self.weights.critic_alone + 1)
        if since < 0:
            return super().step(batch, number)
        self.critic.requires_grad_(False)
        terms = super().step(batch, number)
        self.critic.requires_grad_(True)
        return terms | {"critic": self._teach(batch)}

    def _teach(self, batch: Batch) -> float:
        """The critic's own step, on the clips and on what has just been drawn."""
        told = batch["digit"], batch["speaker"]
        if not self.persuades:
            with torch.no_grad():
                self.drawn = self.network.decode(self.network.draw(*told), *told)
        # Both in one pass: spectral norm changes its vectors in place, so two passes would not go backward.
        both = torch.cat([batch["image"], self.drawn]), *(torch.cat([x, x]) for x in told)
        verdicts, heard, _ = self.live[_CRITIC](*both)
        real, made = verdicts.chunk(2)
        loss = functional.relu(1.0 - real).mean() + functional.relu(1.0 + made).mean()
        loss = loss + functional.cross_entropy(heard.chunk(2)[0], batch["digit"])
        self.descend(_CRITIC, loss)
        return float(loss.detach())

    @torch.no_grad()
    def judge(self) -> Terms:
        """`val` is what clips not trained on cost, until the critic is listened to: no figure tells better
        from worse in that game, so the newest counts as the best from then on.

        `val_distance` is how far drawn digits are from those clips, as two clouds: one that is too narrow
        counts as far as one that lies elsewhere.
        """
        self._place_latents()
        batch = self._on_device(self.batch_of(self.val or self.train[:200]))
        told = batch["digit"], batch["speaker"]
        mean, log_variance = self.network.encode(**batch)
        terms = self._terms(batch, self.network.decode(mean, *told), mean, log_variance)
        figures = {f"val_{name}": float(x) for name, x in terms.items()}
        figures["val"] = -float(self.persuaded) if self.persuaded else sum(figures.values())
        return figures | {"val_distance": self._distance(batch)}

    def _on_device(self, batch: Batch) -> Batch:
        return {name: x.to(self.fabric.device) for name, x in batch.items()}

    def _place_latents(self) -> None:
        parts = [self.train[i : i + _ENCODED_AT_ONCE] for i in range(0, len(self.train), _ENCODED_AT_ONCE)]
        batches = [self._on_device(self.batch_of(part)) for part in parts]
        posteriors = [self.network.encode(**batch) for batch in batches]
        digits, speakers = (torch.cat([batch[name] for batch in batches]) for name in ("digit", "speaker"))
        means, log_variances = (torch.cat(list(x)) for x in zip(*posteriors, strict=True))
        self.network.place(means, log_variances, digits, speakers)

    def _distance(self, batch: Batch) -> float:
        """Energy distance between clips and drawn digits, averaged over the digits."""
        rows = {name: batch[name].repeat(_DRAWN_FOR_EACH, 1) for name in ("digit", "speaker")}
        with torch.random.fork_rng():  # what judges must not change what is drawn next
            torch.manual_seed(self.config.seed)
            drawn = self.network.decode(self.network.draw(**rows), **rows).flatten(1)
        real, numbers = batch["image"].flatten(1), batch["digit"].argmax(dim=-1)
        found = []
        for digit in numbers.unique():
            clips, made = real[numbers == digit], drawn[numbers.repeat(_DRAWN_FOR_EACH) == digit]
            among = [torch.pdist(x).mean() if len(x) > 1 else x.new_zeros(()) for x in (clips, made)]
            found.append(2.0 * torch.cdist(clips, made).mean() - among[0] - among[1])
        return float(torch.stack(found).mean())

    def facts(self) -> dict[str, Any]:
        return {"speakers": self.speakers, "low": self.low, "high": self.high}
