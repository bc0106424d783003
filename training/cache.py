"""Reads what training.prepare wrote: features of all clips, memory-mapped. Draws no batches."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rtvc.errors import UsageError
from rtvc.mel import MelSpec
from training.prepare import RECIPE, dequantise

AGAIN = "again"  # the array that training.said_again writes beside the features
_SURELY_VOICED = 0.9


@dataclass(frozen=True)
class Entry:
    path: str  # as the corpus has it
    corpus: str
    speaker: str
    gender: str
    transcript: str
    split: str
    start: int
    frames: int


class FeatureCache:
    """One prepared corpus."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            recipe = json.loads((folder / RECIPE).read_text(encoding="utf-8"))
            rows = json.loads((folder / "index.json").read_text(encoding="utf-8"))
            self._mel = np.load(folder / "mel.npy", mmap_mode="r")
            self._side = np.load(folder / "side.npy", mmap_mode="r")
            has_partials = (folder / "partials.npy").exists()
            self._partials = np.load(folder / "partials.npy", mmap_mode="r") if has_partials else None
            has_again = (folder / f"{AGAIN}.npy").exists()
            self._again = np.load(folder / f"{AGAIN}.npy", mmap_mode="r") if has_again else None
            self.spec = MelSpec(**recipe["mel"])
            self.entries = [Entry(**row) for row in rows]
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise UsageError(
                f"{folder} is no prepared corpus ({type(error).__name__}: {error}); "
                "run python -m training.prepare first."
            ) from None

    def of_split(self, split: str) -> list[Entry]:
        return [entry for entry in self.entries if entry.split == split]

    def mel(self, entry: Entry) -> np.ndarray:
        """Log-mels (frames, n_mels) of one clip."""
        return dequantise(self._mel[entry.start : entry.start + entry.frames])

    def side(self, entry: Entry) -> np.ndarray:
        """Held log f0, voicing (of an instrument: presence) and log energy, (frames, 3)."""
        return self._side[entry.start : entry.start + entry.frames].astype(np.float32)

    def partials(self, entry: Entry) -> np.ndarray:
        """Harmonics and noise bands, natural log of shares of the frame's RMS, (frames, both)."""
        if self._partials is None:
            raise UsageError(f"{self.folder} was prepared without --partials; prepare it again with it.")
        return self._partials[entry.start : entry.start + entry.frames].astype(np.float32)

    def median_log_f0(self, entries: list[Entry]) -> float | None:
        """Of clearly voiced frames; None where there are none."""
        side = np.concatenate([self.side(entry) for entry in entries])
        voiced = side[side[:, 1] > _SURELY_VOICED, 0]
        return float(np.median(voiced)) if len(voiced) else None

    def crop(self, entry: Entry, frames: int, random: np.random.Generator) -> np.ndarray:
        """A random stretch of a clip; one that is too short is followed by silence."""
        return padded(dequantise(self._mel[_stretch(entry, frames, random)]), frames, self.spec)

    def crop_with_again(
        self, entry: Entry, frames: int, random: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """The same stretch twice: as it was said, and as `stream` says it in another voice."""
        if self._again is None or len(self._again) != len(self._mel):
            raise UsageError(
                f"{self.folder} holds no {AGAIN}.npy of these clips; "
                f"run python -m training.said_again {self.folder} first."
            )
        rows = _stretch(entry, frames, random)
        said, again = (padded(dequantise(x[rows]), frames, self.spec) for x in (self._mel, self._again))
        return said, again


def _stretch(entry: Entry, frames: int, random: np.random.Generator) -> slice:
    first = int(random.integers(0, max(1, entry.frames - frames + 1)))
    return slice(entry.start + first, entry.start + min(entry.frames, first + frames))


def padded(mel: np.ndarray, frames: int, spec: MelSpec) -> np.ndarray:
    """Exactly so many frames, the missing ones silent."""
    missing = max(0, frames - len(mel))
    silence = np.full((missing, spec.n_mels), spec.log_floor, np.float32)
    return np.concatenate([mel[:frames], silence])
