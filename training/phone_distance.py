"""Are the first words as clear as the rest? `python -m training.phone_distance SOURCE CONVERTED --first 0.5`.

Phones are recognised freely in the recording and in its conversion, aligned, and the differences counted
for the speech up to `--first` seconds after it begins and for what follows. Files are paired by name.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pocketsphinx import Decoder, get_model_path
from rich.progress import track

from training.features import load_audio
from training.phone_set import PHONES, SILENCE

_RATE = 16000
_FRAMES_PER_SECOND = 100


@dataclass(frozen=True)
class Heard:
    phone: str
    second: float


@dataclass
class Count:
    """Phones of the recording, and how many edits lead from them to the conversion's."""

    phones: int = 0
    edits: int = 0

    @property
    def distance(self) -> float:
        return self.edits / max(1, self.phones)


def recogniser() -> Decoder:
    return Decoder(
        samprate=_RATE,
        cmn="batch",
        lm=None,
        allphone=get_model_path("en-us/en-us-phone.lm.bin"),
        lw=2.0,
        beam=1e-20,
        pbeam=1e-20,
        loglevel="FATAL",
    )


def listen(decoder: Decoder, path: Path) -> list[Heard]:
    audio = load_audio(path, _RATE)
    decoder.start_utt()
    decoder.process_raw((np.clip(audio, -1, 1) * 32767.0).astype("<i2").tobytes(), False, True)
    decoder.end_utt()
    spoken = [Heard(segment.word, segment.start_frame / _FRAMES_PER_SECOND) for segment in decoder.seg()]
    return [heard for heard in spoken if heard.phone in PHONES and heard.phone != SILENCE]


def edits_by_phone(reference: list[str], other: list[str]) -> list[int]:
    """How many edits each phone of the reference takes; one put in counts for the phone before it."""
    cost = np.zeros((len(reference) + 1, len(other) + 1), dtype=int)
    cost[:, 0], cost[0] = np.arange(len(reference) + 1), np.arange(len(other) + 1)
    for i, phone in enumerate(reference, 1):
        for j, heard in enumerate(other, 1):
            change = cost[i - 1, j - 1] + (phone != heard)
            cost[i, j] = min(change, cost[i - 1, j] + 1, cost[i, j - 1] + 1)
    edits = [0] * len(reference)
    i, j = len(reference), len(other)
    while (i or j) and reference:
        if i and j and cost[i, j] == cost[i - 1, j - 1] + (reference[i - 1] != other[j - 1]):
            edits[i - 1] += int(reference[i - 1] != other[j - 1])
            i, j = i - 1, j - 1
        elif i and cost[i, j] == cost[i - 1, j] + 1:
            edits[i - 1] += 1
            i -= 1
        else:
            edits[max(i - 1, 0)] += 1
            j -= 1
    return edits


def compare(pairs: list[tuple[Path, Path]], first_seconds: float) -> tuple[Count, Count]:
    """The beginning of the speech, and the rest."""
    decoder, beginning, rest = recogniser(), Count(), Count()
    for source, converted in track(pairs, "phones"):
        heard = listen(decoder, source)
        edits = edits_by_phone([x.phone for x in heard], [x.phone for x in listen(decoder, converted)])
        for x, edit in zip(heard, edits, strict=True):
            count = beginning if x.second < heard[0].second + first_seconds else rest
            count.phones += 1
            count.edits += edit
    return beginning, rest


def pairs_of(source: Path, converted: Path) -> list[tuple[Path, Path]]:
    by_stem = {path.stem: path for path in sorted(converted.rglob("*.*"))}
    return [(path, by_stem[path.stem]) for path in sorted(source.rglob("*.*")) if path.stem in by_stem]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m training.phone_distance", description=__doc__)
    parser.add_argument("source", type=Path)
    parser.add_argument("converted", type=Path)
    parser.add_argument("--first", type=float, default=0.5, metavar="SECONDS")
    args = parser.parse_args()
    pairs = pairs_of(args.source, args.converted)
    if not pairs:
        parser.error(f"no file below {args.converted} has the name of one below {args.source}")
    beginning, rest = compare(pairs, args.first)
    print(f"{len(pairs)} pairs; phone distance up to {args.first} s of speech {beginning.distance:.3f}")
    print(f"(of {beginning.phones} phones), after that {rest.distance:.3f} (of {rest.phones})")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
