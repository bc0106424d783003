"""Random crops of the speech cache for training `stream`: a source, another clip of its speaker, a name."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from rtvc.level import NOMINAL_RMS, log_energy_at
from training.manifest import Sets
from training.phone_set import PHONES_FILE, UNKNOWN
from training.prepare import dequantise

PARALLEL_FILE = "parallel.npz"  # of training.parallel, beside the features


@dataclass(frozen=True)
class Entry:
    path: str  # as the manifest has it
    speaker: str
    split: str
    start: int
    frames: int

    @property
    def stem(self) -> str:
        return Path(self.path).stem


@dataclass(frozen=True)
class Heard:
    """Who says it: the clip's own speaker, or another who said the same, put on the clip's time axis."""

    mel: Tensor  # (batch, frames, n_mels)
    energy: Tensor  # (batch, frames, 1)
    speaker: Tensor  # (batch,)
    is_own: Tensor  # (batch,) bool


@dataclass(frozen=True)
class Batch:
    mel: Tensor  # (batch, frames, n_mels)
    side: Tensor  # (batch, frames, 3): log f0, voicing, energy against nominal
    reference: Tensor  # (batch, reference_frames, n_mels) another clip of the speaker
    speaker: Tensor  # (batch,) index into SpeechBatches.speakers
    phone: Tensor  # (batch, frames) place in PHONES, or UNKNOWN
    heard: Heard


def read_index(cache: Path) -> list[Entry]:
    rows = json.loads((cache / "index.json").read_text(encoding="utf-8"))
    return [Entry(row["path"], row["speaker"], row["split"], row["start"], row["frames"]) for row in rows]


def read_phones(cache: Path, frames: int) -> np.ndarray:
    """The labels that training.phones wrote; without them every phone is unknown."""
    path = cache / PHONES_FILE
    return np.load(path) if path.exists() else np.full(frames, UNKNOWN, np.uint8)


def read_parallel(cache: Path) -> dict[int, list[np.ndarray]]:
    """By where a clip starts: for each other speaker of its sentence the rows that go with its frames."""
    path = cache / PARALLEL_FILE
    if not path.exists():
        return {}
    with np.load(path) as file:
        parts = np.split(file["rows"], np.cumsum(file["frames"])[:-1])
        found: dict[int, list[np.ndarray]] = {}
        for start, rows in zip(file["target"].tolist(), parts, strict=True):
            found.setdefault(start, []).append(rows)
    return found


class SpeechBatches:
    """Holds the memory-mapped cache and one random generator; `sample` draws a batch."""

    def __init__(
        self,
        cache: Path,
        sets: Sets,
        seed: int,
        shipped_share: float,
        parallel_share: float = 0.0,
        shortest: int = 40,
    ) -> None:
        self.mel = np.load(cache / "mel.npy", mmap_mode="r")
        self.side = np.load(cache / "side.npy", mmap_mode="r")
        self.phones = read_phones(cache, len(self.mel))
        self.parallel = read_parallel(cache)
        self.parallel_share = parallel_share  # of the clips that have a parallel one
        self.random = np.random.default_rng(seed)
        entries = [entry for entry in read_index(cache) if entry.frames >= shortest]
        train = [e for e in entries if e.split == "train" and e.stem not in sets.target_references]
        self.dev = [e for e in entries if e.speaker in sets.dev_unseen]
        self.of_speaker: dict[str, list[Entry]] = {}
        for entry in train:
            if entry.speaker not in sets.dev_unseen:
                self.of_speaker.setdefault(entry.speaker, []).append(entry)
        self.speakers = sorted(self.of_speaker)
        self.speaker_at = {
            e.start: self.speakers.index(e.speaker) for e in train if e.speaker in self.of_speaker
        }
        self.starts = np.array(sorted(self.speaker_at))
        self.weights = self._speaker_weights(sets, shipped_share)
        self.even_weights = self._speaker_weights(sets, None)
        self.log_f0_median = torch.tensor([self.median_log_f0(name) for name in self.speakers])

    def _speaker_weights(self, sets: Sets, shipped_share: float | None) -> np.ndarray:
        """Square root of the material, with a fixed share for the voices that ship, or none."""
        amount = np.array([sum(e.frames for e in self.of_speaker[name]) for name in self.speakers])
        weights = np.sqrt(amount.astype(np.float64))
        if shipped_share is None:
            return weights / weights.sum()
        shipped = np.array([name in sets.shipped_voices for name in self.speakers])
        for group, share in ((shipped, shipped_share), (~shipped, 1.0 - shipped_share)):
            if group.any():
                weights[group] *= share / weights[group].sum()
        return weights / weights.sum()

    def median_log_f0(self, speaker: str) -> float:
        """Of held log f0 over clearly voiced frames, by which source and target are matched."""
        rows = np.concatenate(
            [self.side[e.start : e.start + e.frames, :2] for e in self.of_speaker[speaker]]
        ).astype(np.float32)
        values = rows[rows[:, 1] > 0.9, 0]
        return float(np.median(values)) if len(values) else 5.0

    def rows(self, entry: Entry, frames: int) -> np.ndarray:
        """A random stretch of a clip; one that is too short is padded with its own quiet end."""
        first = int(self.random.integers(0, max(1, entry.frames - frames + 1)))
        return np.minimum(np.arange(first, first + frames), entry.frames - 1) + entry.start

    def _mels(self, rows: list[np.ndarray]) -> Tensor:
        return torch.from_numpy(dequantise(self.mel[np.stack(rows)]))

    def _sides(self, rows: list[np.ndarray]) -> Tensor:
        side = self.side[np.stack(rows)].astype(np.float32)
        side[..., 2] -= log_energy_at(NOMINAL_RMS)
        return torch.from_numpy(side)

    def _batch(
        self,
        rows: list[np.ndarray],
        heard: list[np.ndarray],
        references: list[np.ndarray],
        speaker: np.ndarray,
    ) -> Batch:
        phone = torch.from_numpy(self.phones[np.stack(rows)].astype(np.int64))
        return Batch(
            self._mels(rows),
            self._sides(rows),
            self._mels(references),
            torch.from_numpy(speaker),
            phone,
            self._heard(rows, heard, speaker),
        )

    def _heard(self, rows: list[np.ndarray], heard: list[np.ndarray], speaker: np.ndarray) -> Heard:
        is_own = np.array([said is own for said, own in zip(heard, rows, strict=True)])
        who = [
            known if own else self._speaker_of(said[0])
            for known, own, said in zip(speaker, is_own, heard, strict=True)
        ]
        energy = self._sides(heard)[..., 2:]
        return Heard(self._mels(heard), energy, torch.tensor(who), torch.from_numpy(is_own))

    def _speaker_of(self, row: int) -> int:
        return self.speaker_at[int(self.starts[np.searchsorted(self.starts, row, side="right") - 1])]

    def _said_by_another(self, entry: Entry, rows: np.ndarray) -> np.ndarray:
        """The same words out of another mouth, now and then, if there is one; else the rows themselves."""
        others = self.parallel.get(entry.start)
        if not others or self.random.random() >= self.parallel_share:
            return rows
        return others[int(self.random.integers(len(others)))][rows - entry.start]

    def sample(self, size: int, frames: int, reference_frames: int, evenly: bool = False) -> Batch:
        """`evenly`: without preferring the voices that ship."""
        weights = self.even_weights if evenly else self.weights
        who = self.random.choice(len(self.speakers), size=size, p=weights)
        rows, heard, references = [], [], []
        for index in who:
            clips = self.of_speaker[self.speakers[index]]
            lengths = np.array([clip.frames for clip in clips], dtype=np.float64)
            at = int(self.random.choice(len(clips), p=lengths / lengths.sum()))
            other = int(self.random.integers(len(clips) - 1)) if len(clips) > 1 else 0
            rows.append(self.rows(clips[at], frames))
            heard.append(self._said_by_another(clips[at], rows[-1]))
            references.append(self.rows(clips[other + (len(clips) > 1 and other >= at)], reference_frames))
        return self._batch(rows, heard, references, who)

    def dev_batch(self, frames: int, per_speaker: int = 4) -> Batch:
        """The same crops every time: the selection figure must not move by chance."""
        keep, self.random = self.random, np.random.default_rng(0)
        chosen: list[Entry] = []
        for name in sorted({entry.speaker for entry in self.dev}):
            chosen += ([e for e in self.dev if e.speaker == name] * per_speaker)[:per_speaker]
        rows = [self.rows(entry, frames) for entry in chosen]
        references = [
            self.rows(chosen[i - i % per_speaker + (i + 1) % per_speaker], 160) for i in range(len(chosen))
        ]
        self.random = keep
        return self._batch(rows, rows, references, np.zeros(len(chosen), np.int64))
