"""plan_folder: which files of a folder tree become which new files. It looks and names, it writes nothing."""

import os
from dataclasses import dataclass
from pathlib import Path

from rtvc.audio_file import WRITABLE, reason, shown
from rtvc.errors import AudioFileError

# By name, so that a text beside the recordings is skipped in silence and a broken recording is not.
# The last three can't be read: whoever has them should hear so.
_AUDIO_SUFFIXES = frozenset(
    ".wav .wave .flac .mp3 .ogg .oga .opus .aif .aiff .aifc .au .snd .caf .w64 .rf64 .sph .voc"
    " .m4a .aac .wma".split()
)


@dataclass(frozen=True)
class FileJob:
    source: Path
    destination: Path
    size: int  # bytes, what the progress bar counts in


@dataclass(frozen=True)
class FolderPlan:
    jobs: list[FileJob]
    skipped: int  # files that are no audio by their name
    unreadable: list[str]  # folders that can't be looked into, a sentence each


def plan_folder(source: Path, destination: Path) -> FolderPlan:
    """The tree below `source`, laid out the same below `destination`.

    WAV and FLAC keep their names; `a.mp3` becomes `a.wav`, or `a.mp3.wav` where that name is taken.
    """
    _check_folders(source, destination)
    jobs: list[FileJob] = []
    unreadable: list[str] = []
    skipped = 0

    def note(error: OSError) -> None:
        unreadable.append(f"The folder {shown(error.filename)} can't be read: {reason(error)}.")

    for place, folders, names in os.walk(source, onerror=note):
        here = Path(place)
        folders[:] = sorted(name for name in folders if not _is_left_out(here / name, destination))
        audio = sorted(name for name in names if _is_audio(name))
        skipped += len(names) - len(audio)
        target = destination / here.relative_to(source)
        for name, result in _result_names(audio).items():
            jobs.append(FileJob(here / name, target / result, _size(here / name)))
    if not jobs and not unreadable:
        raise AudioFileError(
            f"There is no audio file in the folder {shown(source)} ({skipped} others); name another folder."
        )
    return FolderPlan(jobs, skipped, unreadable)


def _check_folders(source: Path, destination: Path) -> None:
    if destination.exists() and not destination.is_dir():
        raise AudioFileError(
            f"The source {shown(source)} is a folder and {shown(destination)} is a file; "
            "name a folder for the results."
        )
    if not destination.exists() and destination.suffix.lower() in WRITABLE:
        raise AudioFileError(
            f"The source {shown(source)} is a folder and {shown(destination)} is named like a file; "
            "name a folder for the results."
        )
    if source.resolve().is_relative_to(destination.resolve()):
        raise AudioFileError(
            f"The folder for the results, {shown(destination)}, is or contains the source {shown(source)}, "
            "whose files might be overwritten; choose another one."
        )
    if not destination.resolve().parent.is_dir():
        raise AudioFileError(f"There is no folder {shown(destination.parent)} to write to; create it first.")


def _is_left_out(folder: Path, destination: Path) -> bool:
    """Hidden folders, and the results themselves where they lie within the source."""
    return folder.name.startswith(".") or (destination.is_dir() and folder.samefile(destination))


def _is_audio(name: str) -> bool:
    return not name.startswith(".") and Path(name).suffix.lower() in _AUDIO_SUFFIXES


def _result_names(names: list[str]) -> dict[str, str]:
    """Source name to result name, all within one folder and without two of a kind."""
    results = {name: name for name in names if Path(name).suffix.lower() in WRITABLE}
    taken = {name.casefold() for name in results}
    for name in names:
        if name not in results:
            short = Path(name).stem + ".wav"
            results[name] = name + ".wav" if short.casefold() in taken else short
            taken.add(results[name].casefold())
    return results


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # a dangling link: its conversion will say so
        return 0
