"""Training of `timbre`: what a recording of an instrument is made of, from its melody and loudness alone.

Renders of the instruments, where there are any, are learned as instruments of their own beside the recorded
ones: they show how notes go on and where they lead, and do not lend the recorded ones their sound.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from rtvc.errors import UsageError
from rtvc.level import NOMINAL_RMS, log_energy_at
from training.cache import Entry, FeatureCache
from training.config import RunConfig, section
from training.networks.timbre import Timbre, TimbreConfig
from training.partials import BANDS, HARMONICS, HIGHEST_HZ
from training.systems.base import NETWORK, Batch, System, Terms

_RENDERED = " (rendered)"  # ends the name of an instrument that is there as a recording too
_RENDERED_WEIGHT = 0.4  # of an instrument that is there as a recording too, among the others
_RANGE_PERCENTILES = (3.0, 97.0)  # of the pitches heard; beyond lie mistakes
_QUIETEST_ENERGY = -7.0  # against the nominal level
_FROM_THE_START = 0.3  # of the crops: how a first note begins
_VAL_FRAMES = 400
_VAL_CLIPS = 48
_SOFT_FLOOR = 1e-4  # share below which nobody hears whether a harmonic is there
_NOISE_UNSEEN = 0.36  # natural log, 3 dB: what mostly is seen is below the mean, and still between hops


@dataclass(frozen=True)
class TimbreData:
    cache: str
    renders: str = ""  # a second cache, of renders
    instruments: tuple[str, ...] = ()  # none named: all there are
    frames: int = 128  # of a crop, 1.5 s
    energy_jitter: float = 0.4  # natural log: a live level is known less well than a recording's


@dataclass(frozen=True)
class TimbreLoss:
    tone_log: float = 1.0
    tone_linear: float = 3.0
    noise: float = 0.3
    mel: float = 1.0


class TimbreSystem(System):
    def __init__(self, config: RunConfig, cache: FeatureCache) -> None:
        super().__init__(config, cache)
        self.data = section(TimbreData, config.data, "data")
        self.weights = section(TimbreLoss, config.loss, "loss")
        self.shape = _shape(config)
        self.clips = self._found("train")
        if not self.clips:
            raise UsageError(f"{cache.folder} holds no training clips of the instruments that are asked for.")
        self.val = self._found("val")
        # Those with recordings, or of which there are only renders; what is there twice comes last.
        self.speakers = sorted(self.clips, key=lambda name: (name.endswith(_RENDERED), name))
        chances = np.array([_RENDERED_WEIGHT if n.endswith(_RENDERED) else 1.0 for n in self.speakers])
        self.chances = chances / chances.sum()
        self.network = Timbre(self.shape, len(self.speakers), self.spec)
        self._note_ranges()
        self.parts = {NETWORK: self.network}

    def _found(self, split: str) -> dict[str, list[tuple[FeatureCache, Entry]]]:
        """Clips by instrument, from both caches."""
        recorded = {e.speaker for e in self.cache.of_split("train")} & set(self._wanted(self.cache))
        found: dict[str, list[tuple[FeatureCache, Entry]]] = {}
        for entry in self.cache.of_split(split):
            if entry.speaker in recorded:
                found.setdefault(entry.speaker, []).append((self.cache, entry))
        if self.data.renders:
            renders = FeatureCache(Path(self.data.renders))
            for entry in renders.of_split(split):
                if entry.speaker in self._wanted(renders):
                    name = entry.speaker + (_RENDERED if entry.speaker in recorded else "")
                    found.setdefault(name, []).append((renders, entry))
        return found

    def _wanted(self, cache: FeatureCache) -> tuple[str, ...]:
        return self.data.instruments or tuple(sorted({entry.speaker for entry in cache.entries}))

    @torch.no_grad()
    def _note_ranges(self) -> None:
        for index, name in enumerate(self.speakers):
            sides = np.concatenate([cache.side(entry) for cache, entry in self.clips[name]])
            heard = sides[sides[:, 1] == 1.0, 0]
            if len(heard):
                low, high = np.percentile(heard, _RANGE_PERCENTILES)
                self.network.lowest[index], self.network.highest[index] = float(low), float(high)

    @property
    def steps_per_epoch(self) -> int:
        frames = sum(entry.frames for clips in self.clips.values() for _, entry in clips)
        return max(1, frames // (self.training.batch * self.data.frames))

    def batch(self, step: int, rank: int) -> Batch:
        random = np.random.default_rng([self.config.seed, step, rank])
        picked = []
        for index in random.choice(len(self.speakers), size=self.training.batch, p=self.chances):
            clips = self.clips[self.speakers[index]]
            lengths = np.sqrt([entry.frames for _, entry in clips])
            cache, entry = clips[int(random.choice(len(clips), p=lengths / lengths.sum()))]
            latest = max(0, entry.frames - self.data.frames)
            is_start = random.random() < _FROM_THE_START
            first = 0 if is_start else int(random.integers(latest + 1))
            picked.append(self._row(int(index), cache, entry, first, self.data.frames))
        batch = _stacked(picked)
        jitter = random.normal(0.0, self.data.energy_jitter, size=(len(picked), 1)).astype(np.float32)
        batch["side"][..., 2] += torch.from_numpy(jitter)
        batch["side"][..., 2].clamp_(min=_QUIETEST_ENERGY)
        return batch

    def _row(self, index: int, cache: FeatureCache, entry: Entry, first: int, frames: int) -> dict[str, Any]:
        """A stretch of a clip; silence follows where it is too short."""
        chosen = slice(first, first + frames)
        side = cache.side(entry)[chosen].copy()
        mel = cache.mel(entry)[chosen] - side[:, 2:]
        side[:, 2] = np.maximum(side[:, 2] - log_energy_at(NOMINAL_RMS), _QUIETEST_ENERGY)
        missing = frames - len(side)
        silence = np.repeat([[side[-1, 0], 0.0, _QUIETEST_ENERGY]], missing, axis=0).astype(np.float32)
        partials = np.zeros((1, 1), np.float32) if self.network.is_mel else cache.partials(entry)[chosen]
        return {
            "side": np.concatenate([side, silence]),
            "instrument": np.eye(len(self.speakers), dtype=np.float32)[index],
            "mel": np.pad(mel, ((0, missing), (0, 0))),
            "partials": partials if self.network.is_mel else np.pad(partials, ((0, missing), (0, 0))),
        }

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        network = self.network
        state = {n: x.to(batch["side"].device) for n, x in network.initial_state(len(batch["side"])).items()}
        made, _ = self.live[NETWORK](batch["side"], batch["instrument"], state)
        return self._terms(batch, made)

    def _terms(self, batch: Batch, made: Tensor) -> dict[str, Tensor]:
        is_heard = (batch["side"][..., 1:2] == 1.0).float()
        if self.network.is_mel:
            apart = (made - batch["mel"]).abs() * is_heard
            return {
                "mel": self.weights.mel * apart.sum() / (is_heard.sum() * self.spec.n_mels).clamp(min=1.0)
            }
        widths = [self.shape.harmonics, self.shape.bands]
        tones, noise = made.split(widths, dim=-1)
        true_tones, true_noise = batch["partials"].split(widths, dim=-1)
        order = self.network.order
        counts = is_heard * (order * batch["side"][..., :1].exp() < HIGHEST_HZ)
        true = true_tones.exp()
        apart = ((tones + _SOFT_FLOOR).log() - (true + _SOFT_FLOOR).log()).abs()
        frames = is_heard.sum().clamp(min=1.0)
        linear = ((tones - true).abs() * counts).sum() / frames
        # Of most frames; mean powers would be those of a few, attacks and wrong pitches.
        noise_apart = (true_noise + _NOISE_UNSEEN - noise.clamp(min=1e-6).log()).abs()
        return {
            "tone_log": self.weights.tone_log * (apart * counts).sum() / counts.sum().clamp(min=1.0),
            "tone_linear": self.weights.tone_linear * linear,
            "noise": self.weights.noise * (noise_apart * is_heard).sum() / (frames * widths[1]),
        }

    @torch.no_grad()
    def judge(self) -> Terms:
        """Over val clips of recordings; over training clips where there are none."""
        random = np.random.default_rng(0)
        rows = [(self.speakers.index(n), *clip) for n, clips in sorted(self.val.items()) for clip in clips]
        rows = rows or [(self.speakers.index(n), *clips[0]) for n, clips in sorted(self.clips.items())]
        chosen = [rows[i] for i in random.permutation(len(rows))[:_VAL_CLIPS]]
        batch = _stacked([self._row(i, cache, entry, 0, _VAL_FRAMES) for i, cache, entry in chosen])
        batch = {name: x.to(self.fabric.device) for name, x in batch.items()}
        state = {n: x.to(self.fabric.device) for n, x in self.network.initial_state(len(chosen)).items()}
        made, _ = self.network(batch["side"], batch["instrument"], state)
        terms = {name: float(x) for name, x in self._terms(batch, made).items()}
        return {"val": sum(terms.values())} | {f"val_{name}": x for name, x in terms.items()}

    def facts(self) -> dict[str, Any]:
        every = [clip for clips in self.clips.values() for clip in clips]
        return {
            "speakers": self.speakers,
            "offered": [name for name in self.speakers if not name.endswith(_RENDERED)],
            "corpora": sorted({entry.corpus for _, entry in every}),
        }


def _shape(config: RunConfig) -> TimbreConfig:
    try:
        shape = section(TimbreConfig, config.network, "network")
    except ValueError as error:
        raise UsageError(f"network: {error}.") from None
    if (shape.harmonics, shape.bands) != (HARMONICS, BANDS):
        raise UsageError(
            f"network has {shape.harmonics} harmonics and {shape.bands} bands of noise; caches have "
            f"{HARMONICS} and {BANDS}."
        )
    return shape


def _stacked(rows: list[dict[str, np.ndarray]]) -> Batch:
    return {name: torch.from_numpy(np.stack([row[name] for row in rows])) for name in rows[0]}
