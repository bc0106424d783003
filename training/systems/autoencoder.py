"""Training of `autoencoder`: crops of speech, another clip of the speaker, what is said kept."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from rtvc.errors import UsageError
from training.cache import Entry, FeatureCache
from training.config import RunConfig, section
from training.networks.autoencoder import Autoencoder, AutoencoderConfig
from training.perturb import warp_bank
from training.systems.base import NETWORK, Batch, System, Terms

PLAIN_CHECKPOINT = "best_model.pth"
_VAL_CLIPS = 32
_VAL_FRAMES = 192
_TABLE_CLIPS = 20  # of each speaker, for the voice that is kept
_MIDDLE_LOG_F0 = 5.0  # of somebody who never was


@dataclass(frozen=True)
class AutoencoderData:
    cache: str
    frames: tuple[int, int] = (96, 160)  # shortest and longest crop: live windows are short
    reference_frames: int = 128
    leave_out: tuple[str, ...] = ()  # speakers never trained on
    warp: tuple[float, float] = (1.0, 1.0)  # by how much what is heard is stretched in frequency, at random
    said_again: float = 0.0  # share of what is heard that another voice says, by training.said_again


@dataclass(frozen=True)
class AutoencoderLoss:
    reconstruction: float = 1.0  # L1 of log-mels
    content: float = 1.0  # mean square between what was said before and after conversion
    same: float = 0.0  # mean square between what is heard and what was said in truth


class AutoencoderSystem(System):
    def __init__(self, config: RunConfig, cache: FeatureCache) -> None:
        super().__init__(config, cache)
        self.data = section(AutoencoderData, config.data, "data")
        self.weights = section(AutoencoderLoss, config.loss, "loss")
        self.of_speaker = self._clips("train")
        if len(self.of_speaker) < 2:
            raise UsageError(f"{self.cache.folder} has training clips of fewer than two speakers.")
        self.speakers = sorted(self.of_speaker)
        self.val = [
            e for entries in self._clips("val").values() for e in entries if e.speaker in self.of_speaker
        ]
        amounts = np.array([sum(e.frames for e in self.of_speaker[name]) for name in self.speakers])
        self.chances = np.sqrt(amounts) / np.sqrt(amounts).sum()
        self.bank = warp_bank(self.spec, *self.data.warp).numpy()
        self.shape = section(AutoencoderConfig, config.network, "network")
        self.network = Autoencoder(self.shape, len(self.speakers))
        self.parts = {NETWORK: self.network}

    def _clips(self, split: str) -> dict[str, list[Entry]]:
        found: dict[str, list[Entry]] = {}
        for entry in self.cache.of_split(split):
            if entry.speaker not in self.data.leave_out:
                found.setdefault(entry.speaker, []).append(entry)
        return found

    @property
    def steps_per_epoch(self) -> int:
        """About as many crops as the speech holds."""
        frames = sum(e.frames for entries in self.of_speaker.values() for e in entries)
        return max(1, int(frames / (self.training.batch * np.mean(self.data.frames))))

    def batch(self, step: int, rank: int) -> Batch:
        random = np.random.default_rng([self.config.seed, step, rank])
        frames = int(random.integers(self.data.frames[0], self.data.frames[1] + 1))
        who = random.choice(len(self.speakers), size=self.training.batch, p=self.chances)
        mels, heard, references = [], [], []
        for index in who:
            clips = self.of_speaker[self.speakers[index]]
            lengths = np.array([clip.frames for clip in clips], float)
            first, second = random.choice(len(clips), size=2, p=lengths / lengths.sum())
            said, other = self._said_and_heard(clips[first], frames, random)
            mels.append(said)
            heard.append(other)
            references.append(self.cache.crop(clips[second], self.data.reference_frames, random))
        warps = self.bank[random.integers(len(self.bank), size=len(mels))]
        heard = [np.maximum(mel @ warp, self.spec.log_floor) for mel, warp in zip(heard, warps, strict=True)]
        return {"heard": _tensor(heard), "mel": _tensor(mels), "reference": _tensor(references)}

    def _said_and_heard(
        self, clip: Entry, frames: int, random: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        if random.random() < self.data.said_again:
            return self.cache.crop_with_again(clip, frames, random)
        said = self.cache.crop(clip, frames, random)
        return said, said

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        """Words are heard out of another mouth, at another pitch: the voice has to come from elsewhere."""
        mel, content, content_again, true_content = self.live[NETWORK](
            batch["heard"], batch["reference"], batch["mel"]
        )
        return {
            "reconstruction": self.weights.reconstruction * (mel - batch["mel"]).abs().mean(),
            "content": self.weights.content * (content_again - content.detach()).square().mean(),
            "same": self.weights.same * (true_content - content).square().mean(),
        }

    @torch.no_grad()
    def judge(self) -> Terms:
        """L1 of val clips, or for want of them of training clips, said in the voice of another clip."""
        random = np.random.default_rng(0)
        entries = self.val or [e for entries in self.of_speaker.values() for e in entries]
        chosen = [entries[i] for i in random.permutation(len(entries))[:_VAL_CLIPS]]
        pairs = [self._said_and_heard(e, _VAL_FRAMES, random) for e in chosen]
        others = [self.of_speaker[e.speaker][0] for e in chosen]
        reference = _tensor([self.cache.crop(e, self.data.reference_frames, random) for e in others])
        device = self.fabric.device
        mel, heard = (_tensor(list(mels)).to(device) for mels in zip(*pairs, strict=True))
        rebuilt, content, again, _ = self.network(heard, reference.to(device), mel)
        return {
            "val": float((rebuilt - mel).abs().mean()),
            "val_content": float((again - content).square().mean()),
        }

    @torch.no_grad()
    def before_saving(self) -> None:
        """Each speaker's voice: the mean over a few of the clips."""
        random = np.random.default_rng(0)
        for index, name in enumerate(self.speakers):
            clips = self.of_speaker[name][:_TABLE_CLIPS]
            mels = _tensor([self.cache.crop(e, self.data.reference_frames, random) for e in clips])
            vectors = self.network.speaker_encoder(mels.to(self.network.voices.device))
            self.network.voices[index] = torch.nn.functional.normalize(vectors.mean(dim=0), dim=-1)

    def write_beside_best(self, folder: Path) -> None:
        """For `training.inference.load_trained_model`: tensors and plain values, nothing that runs."""
        table = {
            "network": asdict(self.shape),
            "speakers": self.speakers,
            "weights": self.network.state_dict(),
        }
        fresh = folder / f"{PLAIN_CHECKPOINT}.new"
        torch.save(table, fresh)
        fresh.replace(folder / PLAIN_CHECKPOINT)

    def facts(self) -> dict[str, Any]:
        return {"speakers": self.speakers, "people": {name: self._person(name) for name in self.speakers}}

    def _person(self, name: str) -> dict[str, Any]:
        clips = self.of_speaker[name]
        pitch = self.cache.median_log_f0(clips[:_TABLE_CLIPS])
        return {
            "gender": clips[0].gender,
            "corpus": clips[0].corpus,
            "median_log_f0": _MIDDLE_LOG_F0 if pitch is None else pitch,
        }


def _tensor(mels: list[np.ndarray]) -> Tensor:
    return torch.from_numpy(np.stack(mels))
