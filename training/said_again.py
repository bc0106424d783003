"""Every clip of a cache as others would say it: `python -m training.said_again cache/speech`.

Writes again.npy beside the features: row by row what `stream` makes of each clip, in a voice between two of
those that it has. Who trains on it has the same words, at the same moments, from another mouth.
"""

import argparse
import math
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
from numpy.lib.format import open_memmap
from rich.progress import track

from rtvc import catalog
from rtvc.blend import mixed
from rtvc.conversion import Conversion
from rtvc.errors import RtvcError, UsageError
from rtvc.frames import Frames, in_hz
from rtvc.level import NOMINAL_RMS
from rtvc.runtime import BlockModel, load_model
from rtvc.two_part import open_model
from rtvc.voices import Voice
from training.cache import AGAIN, Entry, FeatureCache
from training.prepare import quantise

_MODEL = "stream"


def said_again(cache: FeatureCache, entry: Entry, conversion: Conversion) -> np.ndarray:
    """Log-mels (frames, n_mels), each frame in its old place."""
    side = cache.side(entry)
    late = conversion.latency_samples / cache.spec.hop
    side, mel = (_and_last(x, round(late)) for x in (side, cache.mel(entry)))
    pitch = cache.median_log_f0([entry])
    conversion.know_speaker(math.exp(pitch) if pitch is not None else None, NOMINAL_RMS)
    conversion.reset()
    return conversion.process(Frames(mel, in_hz(side[:, 0].tolist()), side[:, 1], side[:, 2])).log_mel


def _and_last(rows: np.ndarray, more: int) -> np.ndarray:
    return np.concatenate([rows, np.repeat(rows[-1:], more, axis=0)])


def somebody(voices: list[Voice], random: np.random.Generator) -> Voice:
    """Between two of them, anywhere."""
    first, second = random.choice(len(voices), size=2, replace=False)
    share = float(random.random())
    return mixed("somebody", [(voices[first], share), (voices[second], 1.0 - share)])


def _make(entry: Entry, folder: Path) -> tuple[int, np.ndarray]:
    """Worker processes: the first row and the rows."""
    cache, voices = FeatureCache(folder), [v for v in catalog.voices() if _MODEL in v.embeddings]
    voice = somebody(voices, np.random.default_rng(entry.start))
    model = open_model(_MODEL)
    assert not isinstance(model, BlockModel)
    return entry.start, quantise(said_again(cache, entry, Conversion(model, voice)))


def write(folder: Path, jobs: int) -> int:
    """Returns how many clips there are."""
    cache = FeatureCache(folder)
    if cache.spec != (heard := load_model(catalog.model_path(_MODEL)).info.mel):
        raise UsageError(f"{folder} holds {cache.spec}, which {_MODEL} does not hear; it hears {heard}.")
    fresh = folder / f"{AGAIN}.new.npy"
    frames = max(entry.start + entry.frames for entry in cache.entries)
    rows = open_memmap(fresh, "w+", np.uint8, (frames, cache.spec.n_mels))
    with ProcessPoolExecutor(jobs) as pool:
        made = pool.map(partial(_make, folder=folder), cache.entries, chunksize=8)
        for start, mel in track(made, "said again", total=len(cache.entries)):
            rows[start : start + len(mel)] = mel
    rows.flush()
    fresh.replace(folder / f"{AGAIN}.npy")
    return len(cache.entries)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m training.said_again", description=__doc__)
    parser.add_argument("cache", type=Path)
    parser.add_argument("--jobs", type=int, default=2)
    args = parser.parse_args()
    try:
        print(f"{write(args.cache, args.jobs)} clips said again in {args.cache}")
    except RtvcError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
