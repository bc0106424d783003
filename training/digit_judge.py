"""The judge of spoken digits: trained once on a corpus, kept, and itself judged before it judges."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from rtvc.digits import image_of
from rtvc.errors import RtvcError
from rtvc.mel import MelSpec
from rtvc.model_format import ImageShape
from training import checkpoint
from training.cache import FeatureCache
from training.digit_measures import Labels, Numbers, accuracy
from training.networks.digit_judge import DigitJudge
from training.networks.saved import NETWORK
from training.prepare import RECIPE

Images = NDArray[np.float32]  # (clips, n_mels, frames)

LEAST_ACCURACY = 0.97  # on clips it was not trained on; what hears less says little about others
JUDGE = "judge.safetensors"
_SHAPE = ImageShape(frames=64, low=-8.0, high=1.0)
_RECIPE = 2  # changes with what is below and how it is used: a judge of another one is trained anew
_EPOCHS, _BATCH, _SEED = 16, 64, 11
_RATE = 2e-3  # at its highest
_SHIFT = 6  # frames
_GAIN = 0.08  # of white
_WIDEST_GAP = 8  # frames or bands
_ONSET_DB = 35.0  # below the loudest frame: where a word begins
_AT_ONCE = 256


@dataclass(frozen=True)
class Clips:
    """Digits as images, all beginning where the word does."""

    images: Images
    digits: Labels
    voices: list[str]


@dataclass(frozen=True)
class Judge:
    network: DigitJudge
    accuracy: float  # on the val clips

    @torch.no_grad()
    def hear(self, images: Images) -> tuple[Numbers, Numbers]:
        """Features (clips, 64) and probabilities (clips, 10)."""
        starts = range(0, len(images), _AT_ONCE)
        parts = [self.network(torch.from_numpy(images[i : i + _AT_ONCE])) for i in starts]
        features, logits = (torch.cat(list(part)) for part in zip(*parts, strict=True))
        return features.double().numpy(), logits.double().softmax(dim=-1).numpy()


def clips_of(cache: FeatureCache, split: str, corpora: tuple[str, ...]) -> Clips:
    entries = [e for e in cache.of_split(split) if e.corpus in corpora and e.transcript in set("0123456789")]
    if not entries:
        raise RtvcError(f"{cache.folder} holds no {split} clips of digits of {', '.join(corpora)}.")
    return Clips(
        np.stack([word_image(cache.mel(entry), cache.spec) for entry in entries]),
        np.array([int(entry.transcript) for entry in entries]),
        [entry.speaker for entry in entries],
    )


def word_image(log_mel: NDArray[np.float32], spec: MelSpec) -> Images:
    """(n_mels, frames), from where the word begins."""
    power = np.exp(2.0 * log_mel).sum(axis=1)
    onset = int(np.argmax(power > power.max() * 10.0 ** (-_ONSET_DB / 10.0)))
    return image_of(log_mel[onset:], _SHAPE, spec)


def the_judge(
    cache: FeatureCache, train: Clips, val: Clips, folder: Path, say: Callable[[str], None]
) -> Judge:
    """The one in the folder, if it was trained on this, else one trained now; what hears badly is refused."""
    corpus = json.loads((cache.folder / RECIPE).read_text(encoding="utf-8"))["fingerprint"]
    facts = {
        "corpus": corpus,
        "clips": len(train.images),
        "recipe": _RECIPE,
        "epochs": _EPOCHS,
        "seed": _SEED,
    }
    path = folder / JUDGE
    network = DigitJudge()
    if path.exists() and checkpoint.read(path)[1] == facts:
        network.load_state_dict(checkpoint.read(path)[0][NETWORK])
    else:
        say(f"The judge is trained on {len(train.images)} clips.")
        network = _trained(train)
        folder.mkdir(parents=True, exist_ok=True)
        checkpoint.write(path, {NETWORK: network.state_dict()}, facts)
    judge = Judge(network.eval(), 0.0)
    heard = accuracy(judge.hear(val.images)[1], val.digits)
    if heard < LEAST_ACCURACY:
        raise RtvcError(
            f"The judge hears {heard:.1%} of the val clips right; below {LEAST_ACCURACY:.0%} it says nothing "
            f"about others. Give it more clips, and remove {path} to train it again."
        )
    return Judge(network.eval(), heard)


def _trained(clips: Clips) -> DigitJudge:
    torch.manual_seed(_SEED)
    random = np.random.default_rng(_SEED)
    network = DigitJudge().train()
    steps = _EPOCHS * max(1, len(clips.images) // _BATCH)
    optimiser = torch.optim.AdamW(network.parameters(), weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=_RATE, total_steps=steps)
    for _ in range(steps):
        chosen = random.integers(len(clips.images), size=_BATCH)
        images = torch.from_numpy(np.stack([_disturbed(clips.images[i], random) for i in chosen]))
        loss = functional.cross_entropy(network(images)[1], torch.from_numpy(clips.digits[chosen]))
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        schedule.step()
    return network


def _disturbed(image: Images, random: np.random.Generator) -> Images:
    """A little earlier or later, louder or softer, with a gap in time and one in frequency."""
    shift = int(random.integers(-_SHIFT, _SHIFT + 1))
    moved = np.roll(image, shift, axis=1)
    moved[:, (slice(0, shift) if shift > 0 else slice(moved.shape[1] + shift, None))] = 0.0
    moved = np.clip(moved + random.uniform(-_GAIN, _GAIN) * (moved > 0.0), 0.0, 1.0).astype(np.float32)
    for rows in (moved, moved.T):
        width = int(random.integers(0, _WIDEST_GAP + 1))
        start = int(random.integers(0, len(rows) - width + 1))
        rows[start : start + width] = 0.0
    return moved
