"""Where the clips of a corpus are, by its own layout: VCTK, FSDD, AudioMNIST, folders, a manifest CSV.

Reads names and texts only; whether a file holds sound is found out when its features are made.
"""

import json
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from rtvc.errors import UsageError
from training.manifest import Clip, read_manifest

AUDIO_SUFFIXES = (".wav", ".flac", ".mp3", ".ogg", ".aiff")
TRAIN, VAL, TEST = "train", "val", "test"
_VAL_SHARE = 0.2
_FSDD_TEST_TAKES = 5  # the corpus's own rule: takes 0 to 4 of every speaker are for testing
_VCTK_FOLDERS = ("wav48_silence_trimmed", "wav48")  # 0.92, 0.80
_VCTK_SECOND_MICROPHONE = "_mic2"
_AUDIOMNIST_META = "audioMNIST_meta.txt"


def find_clips(source: Path, layout: str | None = None, kind: str = "speech", seed: int = 0) -> list[Clip]:
    """All clips below a folder, or of one kind in a manifest CSV.

    Where the corpus has no split of its own, a fifth of each speaker's clips is kept for validation.
    """
    if source.suffix.lower() == ".csv":
        return read_manifest(source, kind)
    if not source.is_dir():
        raise UsageError(f"{source} is neither a folder nor a .csv manifest.")
    name = layout or detect_layout(source)
    if name not in LAYOUTS:
        raise UsageError(f"There is no layout '{name}'; choose one of {', '.join(LAYOUTS)}.")
    clips = LAYOUTS[name](source)
    if not clips:
        raise UsageError(f"{source} holds no clips in the layout '{name}'.")
    return split_by_speaker(clips, seed)


def detect_layout(root: Path) -> str:
    if any((root / folder).is_dir() for folder in _VCTK_FOLDERS):
        return "vctk"
    if _audiomnist_folder(root) is not None:
        return "audiomnist"
    if any(_fsdd_parts(path) for path in _audio_files(_fsdd_folder(root), deep=False)):
        return "fsdd"
    return "folders"


def split_by_speaker(clips: list[Clip], seed: int) -> list[Clip]:
    """A fifth of each speaker's clips to val, at random; clips the corpus keeps for testing stay there."""
    free: dict[str, list[int]] = {}
    for index, clip in enumerate(clips):
        if clip.split == TRAIN:
            free.setdefault(clip.speaker, []).append(index)
    out = list(clips)
    for speaker, indices in free.items():
        random.Random(f"{seed}/{speaker}").shuffle(indices)
        for index in indices[: round(_VAL_SHARE * len(indices))]:
            out[index] = replace(out[index], split=VAL)
    return out


def _vctk(root: Path) -> list[Clip]:
    folder = next(root / name for name in _VCTK_FOLDERS if (root / name).is_dir())
    genders = _vctk_genders(root)
    clips = []
    for path in _audio_files(folder):
        if path.stem.endswith(_VCTK_SECOND_MICROPHONE):
            continue
        speaker = path.parent.name
        text = root / "txt" / speaker / f"{path.stem.partition('_mic')[0]}.txt"
        transcript = text.read_text(encoding="utf-8").strip() if text.is_file() else ""
        clips.append(Clip(path, "vctk", speaker, genders.get(speaker, ""), transcript, TRAIN))
    return clips


def _vctk_genders(root: Path) -> dict[str, str]:
    """speaker-info.txt: ID, AGE, GENDER, ...; the older release leaves the p of the id out."""
    path = root / "speaker-info.txt"
    lines = path.read_text(encoding="utf-8").splitlines()[1:] if path.is_file() else []
    rows = [line.split() for line in lines]
    return {f"p{row[0]}" if row[0].isdigit() else row[0]: row[2] for row in rows if len(row) > 2}


def _fsdd_folder(root: Path) -> Path:
    return root / "recordings" if (root / "recordings").is_dir() else root


def _fsdd_parts(path: Path) -> tuple[str, str, int] | None:
    """Digit, speaker and take of 7_jackson_32.wav."""
    digit, _, rest = path.stem.partition("_")
    speaker, _, take = rest.rpartition("_")
    if len(digit) == 1 and digit.isdigit() and speaker and take.isdigit():
        return digit, speaker, int(take)
    return None


def _fsdd(root: Path) -> list[Clip]:
    clips = []
    for path in _audio_files(_fsdd_folder(root), deep=False):
        if parts := _fsdd_parts(path):
            digit, speaker, take = parts
            split = TEST if take < _FSDD_TEST_TAKES else TRAIN
            clips.append(Clip(path, "fsdd", speaker, "", digit, split))
    return clips


def _audiomnist_folder(root: Path) -> Path | None:
    places = (root / "data", root)
    return next((place for place in places if (place / _AUDIOMNIST_META).is_file()), None)


def _audiomnist(root: Path) -> list[Clip]:
    folder = _audiomnist_folder(root)
    if folder is None:
        return []
    meta = json.loads((folder / _AUDIOMNIST_META).read_text(encoding="utf-8"))
    clips = []
    for path in _audio_files(folder):
        if parts := _fsdd_parts(path):
            digit, speaker, _ = parts
            gender = str(meta.get(speaker, {}).get("gender", ""))[:1].upper()
            clips.append(Clip(path, "audiomnist", speaker, gender, digit, TRAIN))
    return clips


def _folders(root: Path) -> list[Clip]:
    """speaker/*.wav (or instrument/*.wav), folders below that belong to the same speaker."""
    return [
        Clip(path, root.name, path.relative_to(root).parts[0], "", "", TRAIN)
        for path in _audio_files(root)
        if path.parent != root
    ]


def _audio_files(folder: Path, deep: bool = True) -> list[Path]:
    found = folder.rglob("*") if deep else folder.glob("*")
    return sorted(path for path in found if path.suffix.lower() in AUDIO_SUFFIXES)


LAYOUTS: dict[str, Callable[[Path], list[Clip]]] = {
    "vctk": _vctk,
    "fsdd": _fsdd,
    "audiomnist": _audiomnist,
    "folders": _folders,
}
