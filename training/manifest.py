"""The speech corpus as a list of clips, read from a manifest CSV, and the named sets carved out of it."""

import csv
import tomllib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Clip:
    path: Path
    corpus: str
    speaker: str  # the person: recordings of one person in two corpora carry one name
    gender: str  # F or M
    transcript: str
    split: str  # as the corpus says: train or val


@dataclass(frozen=True)
class Sets:
    """Who is kept out of training, and for what."""

    dev_unseen: frozenset[str]  # speakers never trained on; models are selected on them
    target_references: frozenset[str]  # clips (by stem) of shipped voices, kept to judge likeness
    shipped_voices: tuple[str, ...]
    no_memory: frozenset[str] = frozenset()  # shipped voices that are further from themselves with one


def read_sets(path: Path) -> Sets:
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    return Sets(
        dev_unseen=frozenset(table["dev_unseen"]),
        target_references=frozenset(table["target_references"]),
        shipped_voices=tuple(table["shipped_voices"]),
        no_memory=frozenset(table.get("no_memory", ())),
    )


def read_manifest(path: Path, kind: str = "speech") -> list[Clip]:
    """All clips of one kind; audio paths are relative to the manifest's folder."""
    with path.open(newline="", encoding="utf-8") as file:
        return [_clip(row, path.parent) for row in csv.DictReader(file) if row["kind"] == kind]


def _clip(row: dict[str, str], root: Path) -> Clip:
    person = row["same_person_as"].rpartition("/")[2] or row["speaker"]
    return Clip(
        path=root / row["path"],
        corpus=row["corpus"],
        # SF1 of one corpus and VCC2SF1 of the other are one person; the shorter name wins.
        speaker=min(row["speaker"], person, key=len),
        gender=row["gender"],
        transcript=row["transcript"],
        split=row["split"],
    )
