"""The same sentence said by two: which frame of one clip goes with which of the other.

`python -m training.parallel MANIFEST.csv cache/speech --run runs/stream-words` writes parallel.npz beside the
features: for every training clip whose sentence others said too, their frames on the clip's own time axis.
The content that the run has learned is what is compared, so that voices matter little.
"""

import argparse
import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import librosa
import numpy as np
import torch
from numpy.typing import NDArray
from rich.progress import track
from scipy.spatial.distance import cdist

from rtvc.level import NOMINAL_RMS, log_energy_at
from training.manifest import Clip, Sets, read_manifest, read_sets
from training.phones import words
from training.prepare import dequantise
from training.speech_batches import PARALLEL_FILE, Entry, read_index
from training.voice_table import load_system

_NUMBERED = re.compile(r"_(\d+)$")  # the VCC corpora name a sentence by its number
_STEP_COST = [1.0, 1.2, 1.2]  # straight on, then standing still in either: a little dearer
_COST_LIMIT = 1.25  # times the median cost: worse ones say something else, or say it otherwise

Rows = NDArray[np.int32]


@dataclass(frozen=True)
class Pair:
    target: Entry
    rows: Rows  # of the cache, one for each frame of the target
    cost: float


def sentence(clip: Clip) -> str:
    """What is said, as far as it is known; empty where it is not."""
    if clip.transcript:
        return " ".join(words(clip.transcript))
    number = _NUMBERED.search(clip.path.stem)
    return f"{clip.corpus} {number[1]}" if clip.corpus.startswith("vcc") and number else ""


def align(target: NDArray[np.float32], source: NDArray[np.float32]) -> tuple[NDArray[np.float64], float]:
    """The place in the source (a fraction) for each frame of the target, and the mean distance on the way."""
    distances = cdist(target, source)
    _, path = librosa.sequence.dtw(C=distances, weights_mul=np.array(_STEP_COST))
    path = path[::-1]
    counts = np.bincount(path[:, 0], minlength=len(target))
    place = np.bincount(path[:, 0], weights=path[:, 1], minlength=len(target)) / counts
    return place, float(distances[path[:, 0], path[:, 1]].mean())


class Contents:
    """What a trained run hears in the clips of a cache, each clip heard once."""

    def __init__(self, cache: Path, run: Path) -> None:
        self._encoder = load_system(run).stream.content
        self._lookahead = load_system(run).stream.config.lookahead
        self._mel = np.load(cache / "mel.npy", mmap_mode="r")
        self._side = np.load(cache / "side.npy", mmap_mode="r")
        self._known: dict[int, NDArray[np.float32]] = {}

    @torch.no_grad()
    def of(self, entry: Entry) -> NDArray[np.float32]:
        if entry.start not in self._known:
            rows = slice(entry.start, entry.start + entry.frames)
            mel = torch.from_numpy(dequantise(self._mel[rows]))[None]
            energy = self._side[rows, 2:].astype(np.float32) - log_energy_at(NOMINAL_RMS)
            content, _ = self._encoder(mel, torch.from_numpy(energy)[None], self._encoder.initial_state(1))
            self._known[entry.start] = content[0, self._lookahead :].numpy()
        return self._known[entry.start]


def groups(manifest: Path, cache: Path, sets: Sets) -> list[list[Entry]]:
    """Training clips by sentence, where more than one speaker said it."""
    entries = {entry.path: entry for entry in read_index(cache)}
    said: dict[str, list[Entry]] = defaultdict(list)
    for clip in read_manifest(manifest):
        entry = entries.get(clip.path.relative_to(manifest.parent).as_posix())
        text = sentence(clip)
        if entry and text and entry.split == "train" and entry.speaker not in sets.dev_unseen:
            if entry.stem not in sets.target_references:
                said[text].append(entry)
    return [clips for clips in said.values() if len({clip.speaker for clip in clips}) > 1]


def pairs(manifest: Path, cache: Path, sets: Sets, run: Path) -> list[Pair]:
    contents = Contents(cache, run)
    found = []
    for clips in track(groups(manifest, cache, sets), "sentences"):
        for target in clips:
            for source in clips:
                if source.speaker == target.speaker:
                    continue
                place, cost = align(contents.of(target), contents.of(source))
                lookahead = target.frames - len(place)
                place = np.append(place, place[-1] + np.arange(1, lookahead + 1))
                rows = source.start + np.minimum(np.rint(place), source.frames - 1).astype(np.int32)
                found.append(Pair(target, rows, cost))
    return _close(found)


def _close(found: list[Pair]) -> list[Pair]:
    limit = _COST_LIMIT * sorted(pair.cost for pair in found)[len(found) // 2] if found else 0.0
    return [pair for pair in found if pair.cost <= limit]


def write(found: list[Pair], cache: Path) -> None:
    np.savez(
        cache / PARALLEL_FILE,
        target=np.array([pair.target.start for pair in found], np.int64),
        frames=np.array([pair.target.frames for pair in found], np.int64),
        rows=np.concatenate([pair.rows for pair in found]),
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m training.parallel", description=__doc__)
    parser.add_argument("manifest", type=Path)
    parser.add_argument("cache", type=Path)
    parser.add_argument("--run", type=Path, required=True, help="of a stream that has learned to hear words")
    parser.add_argument("--sets", type=Path, default=Path("training/sets.toml"))
    args = parser.parse_args()
    found = pairs(args.manifest, args.cache, read_sets(args.sets), args.run)
    if not found:
        print("No sentence was said by two speakers; nothing was written.")
        return 1
    write(found, args.cache)
    print(f"{len(found)} pairs for {len({pair.target.path for pair in found})} clips")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
