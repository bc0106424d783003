"""How good the digit models are: `python -m training.digit_figures`, a table and where its figures come from.

A judge of its own (trained on the corpus, never used in training the models) listens to digits as they are
heard: made by the exported model, through the vocoder, and taken apart again as recordings are.
"""

import argparse
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from rtvc.analysis import analyse
from rtvc.catalog import model_paths
from rtvc.clip import levelled, without_rumble
from rtvc.digit_models import PREFIX, load_speaker
from rtvc.digit_sound import word_sound
from rtvc.digits import DIGITS, DigitSpeaker
from rtvc.errors import ModelError, RtvcError, UsageError
from rtvc.framer import Framer
from rtvc.mel import MelSpec
from rtvc.runtime import BlockModel
from training.cache import FeatureCache
from training.digit_judge import Clips, Judge, clips_of, the_judge, word_image
from training.digit_measures import Numbers, accuracy, frechet, inception_score, nearest, spread

JUDGE_FOLDER = Path("runs/digit-judge")
_CACHE = Path("cache/digits")
_CLOSE_PERCENTILE = 5.0  # of real val clips: nearer than that to a training clip is suspiciously near
_SUBSETS = 5  # as large as the val set, for the Frechet distance, which shrinks with the number of clips


@dataclass(frozen=True)
class Figures:
    """One row of the table. Shares are of what real val clips have."""

    name: str
    clips: int
    accuracy: float
    inception_score: float
    inception_share: float
    spread_share: float  # in what the judge hears
    spread_share_mels: float  # in the mels themselves
    too_near: float  # share of clips nearer to a training clip than most real ones, by what the judge hears
    too_near_mels: float  # and by the mels
    frechet: float  # to the training clips


class Measure:
    """Everything the rows have in common: the judge, and what it hears in real clips."""

    def __init__(self, judge: Judge, train: Clips, val: Clips) -> None:
        self.judge, self.train, self.val = judge, train, val
        self._train_heard, _ = judge.hear(train.images)
        self._val_heard, self._val_sure = judge.hear(val.images)
        self._close = [
            np.percentile(nearest(mine, val.digits, other, train.digits), _CLOSE_PERCENTILE)
            for mine, other in self._both(val, self._val_heard)
        ]

    def _both(self, clips: Clips, heard: Numbers) -> list[tuple[Numbers, Numbers]]:
        """Where clips and training clips lie: in what the judge hears, and as mels."""
        return [(heard, self._train_heard), (_flat(clips), _flat(self.train))]

    def row(self, name: str, clips: Clips) -> Figures:
        heard, sure = self.judge.hear(clips.images)
        near = [
            float((nearest(mine, clips.digits, other, self.train.digits) < close).mean())
            for (mine, other), close in zip(self._both(clips, heard), self._close, strict=True)
        ]
        score = inception_score(sure)
        return Figures(
            name=name,
            clips=len(clips.images),
            accuracy=accuracy(sure, clips.digits),
            inception_score=score,
            inception_share=score / inception_score(self._val_sure),
            spread_share=spread(heard, clips.digits) / spread(self._val_heard, self.val.digits),
            spread_share_mels=spread(_flat(clips), clips.digits) / spread(_flat(self.val), self.val.digits),
            too_near=near[0],
            too_near_mels=near[1],
            frechet=self._frechet(heard, clips),
        )

    def _frechet(self, heard: Numbers, clips: Clips) -> float:
        """Averaged over subsets with as many clips of each digit as the val set has."""
        random = np.random.default_rng(0)
        subsets = [self._like_val(clips, random) for _ in range(_SUBSETS)]
        return float(np.mean([frechet(heard[subset], self._train_heard) for subset in subsets]))

    def _like_val(self, clips: Clips, random: np.random.Generator) -> list[int]:
        chosen: list[int] = []
        for digit, count in zip(*np.unique(self.val.digits, return_counts=True), strict=True):
            chosen += random.permutation(np.flatnonzero(clips.digits == digit))[:count].tolist()
        return chosen


def _flat(clips: Clips) -> Numbers:
    return clips.images.reshape(len(clips.images), -1).astype(np.float64)


def generated(speaker: DigitSpeaker, count: int, variation: float, seed: int) -> Clips:
    """So many of each digit, the voices in turn, as they are heard."""
    random = np.random.default_rng(seed)
    kinds = [(d, speaker.voices[i % len(speaker.voices)]) for d in range(DIGITS) for i in range(count)]
    words = [speaker.word(digit, voice, random, variation) for digit, voice in kinds]
    return Clips(
        np.stack([_heard(word, speaker.spec) for word in words]),
        np.array([digit for digit, _ in kinds]),
        [voice for _, voice in kinds],
    )


def _heard(word: np.ndarray, spec: MelSpec) -> np.ndarray:
    """A word's image after the vocoder; one that is all silence stays so."""
    sound = word_sound(word, spec)
    if len(sound) < spec.n_fft:
        return word_image(np.full((1, spec.n_mels), spec.log_floor, np.float32), spec)
    again = levelled(without_rumble(sound, spec), spec)
    return word_image(analyse(Framer(spec).process(again), spec).log_mel, spec)


def copied(cache: FeatureCache, corpora: tuple[str, ...], val: Clips) -> Clips:
    """The val clips through the vocoder alone: what no model can be better than."""
    entries = [e for e in cache.of_split("val") if e.corpus in corpora and e.transcript in set("0123456789")]
    return Clips(np.stack([_heard(cache.mel(e), cache.spec) for e in entries]), val.digits, val.voices)


def speakers_of(models: list[str]) -> list[DigitSpeaker]:
    names = models or [name for name in model_paths() if name.startswith(PREFIX)]
    if not names:
        raise ModelError("There is no digit model to measure; train and export one, or name its file.")
    return [
        DigitSpeaker(BlockModel(Path(name))) if name.endswith(".onnx") else load_speaker(name)
        for name in names
    ]


def measure(args: argparse.Namespace) -> list[Figures]:
    cache = FeatureCache(args.data)
    speakers = speakers_of(args.models)
    for speaker in speakers:
        if speaker.spec != cache.spec:
            raise UsageError(f"{cache.folder} was prepared with another front end than {speaker.name} has.")
    corpora = tuple(args.corpus)
    train, val = clips_of(cache, "train", corpora), clips_of(cache, "val", corpora)
    judge = the_judge(cache, train, val, args.judge, lambda line: print(line, file=sys.stderr))
    table = Measure(judge, train, val)
    rows = [table.row("real, not trained on", val)]
    rows.append(table.row("the same through the vocoder", copied(cache, corpora, val)))
    for speaker in speakers:
        rows.append(table.row(speaker.name, generated(speaker, args.clips, args.variation, args.seed)))
    return rows


def show(rows: list[Figures]) -> None:
    table = Table()
    for name in (
        "",
        "clips",
        "recognised",
        "inception score",
        "of real",
        "spread of real: heard",
        "mels",
        "too near a training clip: heard",
        "mels",
        "Frechet to training clips",
    ):
        table.add_column(name)
    for row in rows:
        table.add_row(
            row.name,
            str(row.clips),
            f"{row.accuracy:.1%}",
            f"{row.inception_score:.2f}",
            *(f"{share:.0%}" for share in (row.inception_share, row.spread_share, row.spread_share_mels)),
            *(f"{share:.1%}" for share in (row.too_near, row.too_near_mels)),
            f"{row.frechet:.2f}",
        )
    Console().print(table)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m training.digit_figures", description=__doc__)
    parser.add_argument("models", nargs="*", help="names or .onnx files (default: all there are)")
    parser.add_argument("--data", type=Path, default=_CACHE, help="prepared corpus (default: %(default)s)")
    parser.add_argument("--corpus", nargs="+", default=["fsdd"], help="which of it (default: fsdd)")
    parser.add_argument("--clips", type=int, default=100, help="of each digit (default: 100)")
    parser.add_argument("--variation", type=float, default=1.0, help="default: 1")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--judge", type=Path, default=JUDGE_FOLDER, help="its folder (default: %(default)s)")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    try:
        rows = measure(args)
    except RtvcError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    if args.json:
        print(json.dumps([asdict(row) for row in rows]))
    else:
        show(rows)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
