"""What measurements of speech share: clips out of a folder, and the judges that are installed for it."""

import argparse
import importlib
from collections.abc import Iterable, Iterator
from math import gcd
from pathlib import Path
from typing import Any

import numpy as np
from scipy.signal import resample_poly

from rtvc.audio_file import AudioReader
from rtvc.errors import UsageError
from rtvc.stage import Audio

JUDGED_RATE = 16_000  # wide-band PESQ knows no other
_ENDINGS = {".wav", ".flac"}
_SHORTEST_SECONDS = 1.0  # below it STOI has too few frames


def speech_parser(module: str, doc: str | None, seconds: float) -> argparse.ArgumentParser:
    """Of a measurement of a folder's speech; it adds what else it asks for."""
    parser = argparse.ArgumentParser(prog=f"python -m {module}", description=(doc or "").splitlines()[0])
    parser.add_argument("folder", type=Path, help="recorded speech, .wav or .flac, folders within included")
    parser.add_argument("--seconds", type=float, default=seconds, help="of speech (default: %(default)s)")
    return parser


def imported(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise UsageError(
            f"The comparison needs the package {name}, which is missing; run 'pip install rtvc[eval]'."
        ) from error


def clips(folder_or_files: Path | str | Iterable[Path], rate: int, seconds: float) -> Iterator[Audio]:
    """Whole clips until `seconds` are full, from all over the list: neighbours are often one speaker."""
    files, left, found = _files(folder_or_files), seconds, False
    for index in np.random.default_rng(0).permutation(len(files)):
        if left <= 0:
            break
        with AudioReader(files[index]) as reader:
            clip = np.concatenate(list(reader.blocks(65_536)))
            clip = resampled(clip, reader.sample_rate, rate)
        if len(clip) >= _SHORTEST_SECONDS * rate and np.abs(clip).max() > 1e-3:
            left -= len(clip) / rate
            found = True
            yield clip
    if not found:
        raise UsageError(
            f"No clip of at least {_SHORTEST_SECONDS:g} s with sound in it was found; "
            "name a folder that has recorded speech."
        )


def resampled(sound: Audio, old_rate: int, new_rate: int) -> Audio:
    common = gcd(old_rate, new_rate)
    return np.asarray(resample_poly(sound, new_rate // common, old_rate // common), np.float32)


def _files(folder_or_files: Path | str | Iterable[Path]) -> list[Path]:
    if not isinstance(folder_or_files, (Path, str)):
        return list(folder_or_files)
    folder = Path(folder_or_files)
    if not folder.is_dir():
        raise UsageError(f"There is no folder '{folder}'; name one that has recorded speech.")
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in _ENDINGS)
