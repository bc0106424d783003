"""Turn a corpus into a feature cache: `python -m training.prepare data/MANIFEST.csv cache/speech`.

The corpus is a manifest CSV or a folder laid out as VCTK, FSDD, AudioMNIST or one folder a speaker. The cache
is memory-mapped arrays over all frames of all clips and an index. Clips that cannot be used are listed
and left out. Interrupted, it goes on where it was when started again; finished, it has nothing left to do.
"""

import argparse
import hashlib
import json
import shutil
import sys
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
from numpy.lib.format import open_memmap
from rich.progress import track

from rtvc.errors import RtvcError
from rtvc.mel import MelSpec
from rtvc.pitch_hold import PitchHold
from training.corpora import LAYOUTS, find_clips
from training.features import Features, features_of, level_audio
from training.front_ends import FRONT_ENDS, front_end
from training.manifest import Clip
from training.partials import BANDS, HARMONICS, played

# log mels from log(1e-5) to about log(100) in steps of 1/16: eight bits are finer than any loss here.
QUANT_STEP = 1.0 / 14.0
QUANT_ZERO = -11.6
RECIPE = "recipe.json"  # in the cache: how its features were made, and of which clips
_NAMES = ("mel", "side", "partials")  # of the arrays; the last one where the recipe asks for it
_PARTS = "parts"  # in the cache while it grows: one file for each clip that is done
_TRIM_DB = 40.0  # so far below its loudest frame a clip's ends are silence
_TRIM_KEEP_SECONDS = 0.1
_QUIETEST_LOG_ENERGY = float(np.log(1e-3 * 0.05))  # 60 dB below the nominal level


@dataclass(frozen=True)
class Recipe:
    """What is done to every clip."""

    mel: MelSpec = MelSpec()
    trim: bool = False
    # Clips of instruments: harmonics and noise too, and the melody instead of a voice's pitch. Not in the
    # text that caches made before it existed are known by.
    partials: bool = field(default=False, repr=False)


def quantise(log_mel: np.ndarray) -> np.ndarray:
    return np.clip(np.rint((log_mel - QUANT_ZERO) / QUANT_STEP), 0, 255).astype(np.uint8)


def dequantise(stored: np.ndarray) -> np.ndarray:
    return stored.astype(np.float32) * QUANT_STEP + QUANT_ZERO


Arrays = tuple[np.ndarray, ...]  # as many as there are _NAMES, or one less


def clip_arrays(clip: Clip, recipe: Recipe | None = None) -> Arrays | str:
    """Quantised mels (frames, n_mels), side features (frames, 3), perhaps partials; or why there are none."""
    recipe = recipe or Recipe()
    try:
        if recipe.partials:
            return _instrument_arrays(clip, recipe.mel)
        features = features_of(clip.path, recipe.mel)
    except Exception as error:  # one damaged file must not end an hour of work; it is reported
        return f"{clip.path}: {error}"
    if len(features.log_mel) < recipe.mel.overlap:
        return f"{clip.path}: too short, {len(features.log_mel)} frames"
    if features.log_energy.max() < _QUIETEST_LOG_ENERGY or not np.isfinite(features.log_mel).all():
        return f"{clip.path}: holds no sound"
    hold = PitchHold()
    hold.process(*first_pitch(features.f0_hz, features.voiced))
    log_f0, voiced = hold.process(features.f0_hz, features.voiced)
    side = np.stack([log_f0, voiced, features.log_energy], axis=1)
    keep = _sounding(features, recipe.mel) if recipe.trim else slice(None)
    return quantise(features.log_mel)[keep], side.astype(np.float16)[keep]


def _instrument_arrays(clip: Clip, spec: MelSpec) -> Arrays | str:
    """Silent ends stay: how a note begins is half of an instrument."""
    audio = level_audio(clip.path, spec)
    if len(audio) < 2 * spec.n_fft:
        return f"{clip.path}: too short, {len(audio)} samples"
    clip_played = played(audio, spec)
    if not clip_played.side[:, 1].any():
        return f"{clip.path}: holds no note"
    # The side stays in full: half floats round a pitch to five cents.
    return quantise(clip_played.log_mel), clip_played.side, clip_played.partials.astype(np.float16)


def first_pitch(f0_hz: np.ndarray, periodicity: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The first clearly voiced frame, so that a clip does not start on the neutral pitch."""
    at = int(np.argmax(periodicity > 0.9))
    return f0_hz[at : at + 1], periodicity[at : at + 1]


def _sounding(features: Features, spec: MelSpec) -> slice:
    """Without the silence at both ends, but for a little of it."""
    energy = features.log_energy
    loud = np.flatnonzero(energy > energy.max() - _TRIM_DB / 8.686)
    margin = round(_TRIM_KEEP_SECONDS / spec.hop_seconds)
    return slice(max(0, int(loud[0]) - margin), int(loud[-1]) + 1 + margin)


def prepare(
    source: Path,
    destination: Path,
    jobs: int,
    recipe: Recipe | None = None,
    layout: str | None = None,
    kind: str = "speech",
    seed: int = 0,
) -> list[str]:
    """Write the cache; returns one line for each clip that had to be left out."""
    recipe = recipe or Recipe()
    root = source if source.is_dir() else source.parent
    clips = find_clips(source, layout, kind, seed)
    keys = [_key(clip, recipe) for clip in clips]
    fingerprint = hashlib.sha256("".join(keys).encode()).hexdigest()
    made = _read_recipe(destination)
    if made.get("fingerprint") == fingerprint:
        return list(made["failures"])
    parts = destination / _PARTS
    parts.mkdir(parents=True, exist_ok=True)
    failures = _make_parts(clips, keys, parts, recipe, jobs)
    done = [
        (c, parts / f"{k}.npz") for c, k in zip(clips, keys, strict=True) if (parts / f"{k}.npz").exists()
    ]
    if not done:
        raise RtvcError(f"None of the {len(clips)} clips of {source} can be used; the first: {failures[0]}")
    _assemble(done, root, destination)
    table = {"mel": asdict(recipe.mel), "trim": recipe.trim, "fingerprint": fingerprint, "failures": failures}
    _replace(destination / RECIPE, json.dumps(table))
    shutil.rmtree(parts)
    return failures


def _key(clip: Clip, recipe: Recipe) -> str:
    """Changes with the file, its place in the corpus and what is done to it."""
    stat = clip.path.stat() if clip.path.exists() else None
    seen = (str(clip), stat and (stat.st_size, stat.st_mtime_ns), str(recipe))
    seen += (HARMONICS, BANDS) if recipe.partials else ()
    return hashlib.sha256(repr(seen).encode()).hexdigest()


def _make_parts(clips: list[Clip], keys: list[str], parts: Path, recipe: Recipe, jobs: int) -> list[str]:
    left = [(c, k) for c, k in zip(clips, keys, strict=True) if not (parts / f"{k}.npz").exists()]
    work = partial(_make_part, parts=parts, recipe=recipe)
    with ProcessPoolExecutor(jobs) as pool:
        try:
            reports = track(pool.map(work, left, chunksize=8), "features", total=len(left))
            return [report for report in reports if report]
        except BrokenProcessPool:
            raise RtvcError(
                "A worker process died, perhaps for want of memory; start again with fewer --jobs, "
                "what is done is kept."
            ) from None


def _make_part(job: tuple[Clip, str], parts: Path, recipe: Recipe) -> str:
    """Worker processes. Returns the complaint, or nothing."""
    clip, key = job
    result = clip_arrays(clip, recipe)
    if isinstance(result, str):
        return result
    fresh = parts / f"{key}.new.npz"
    np.savez(fresh, **dict(zip(_NAMES, result, strict=False)))  # type: ignore[arg-type]
    fresh.replace(parts / f"{key}.npz")
    return ""


def _assemble(done: list[tuple[Clip, Path]], root: Path, destination: Path) -> None:
    """One array of each kind from all parts, without holding them in memory."""
    index, start, first = [], 0, _loaded(done[0][1])
    lengths = [len(_loaded(path)["side"]) for _, path in done]
    whole = {
        name: open_memmap(destination / f"{name}.new.npy", "w+", x.dtype, (sum(lengths), x.shape[1]))
        for name, x in first.items()
    }
    for (clip, path), frames in zip(done, lengths, strict=True):
        for name, x in _loaded(path).items():
            whole[name][start : start + frames] = x
        index.append(_entry(clip, root, start, frames))
        start += frames
    for name, array in whole.items():
        array.flush()
        (destination / f"{name}.new.npy").replace(destination / f"{name}.npy")
    _replace(destination / "index.json", json.dumps(index))


def _loaded(path: Path) -> dict[str, np.ndarray]:
    with np.load(path, allow_pickle=False) as part:
        return dict(part)


def _entry(clip: Clip, root: Path, start: int, frames: int) -> dict[str, object]:
    return {
        "path": clip.path.relative_to(root).as_posix(),
        "corpus": clip.corpus,
        "speaker": clip.speaker,
        "gender": clip.gender,
        "transcript": clip.transcript,
        "split": clip.split,
        "start": start,
        "frames": frames,
    }


def _read_recipe(cache: Path) -> dict:
    path = cache / RECIPE
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def _replace(path: Path, text: str) -> None:
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m training.prepare", description=__doc__)
    parser.add_argument("source", type=Path, help="a manifest .csv or the folder of a corpus")
    parser.add_argument("destination", type=Path, help="folder of the cache")
    parser.add_argument("--layout", choices=tuple(LAYOUTS), help="of the folder (default: by its looks)")
    parser.add_argument("--kind", default="speech", help="which rows of a manifest (default: speech)")
    parser.add_argument("--front-end", default="voice", choices=tuple(FRONT_ENDS), help="default: voice")
    parser.add_argument(
        "--trim", action=argparse.BooleanOptionalAction, help="cut silent ends (folders: yes)"
    )
    parser.add_argument(
        "--partials", action="store_true", help="harmonics, noise and melody too, of instruments"
    )
    parser.add_argument(
        "--said-again", action="store_true", help="every clip in another voice too, for the autoencoder"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the 80/20 split (default: 0)")
    parser.add_argument("--jobs", type=int, default=2)
    args = parser.parse_args()
    trim = args.source.is_dir() if args.trim is None else args.trim
    recipe = Recipe(front_end(args.front_end), trim, args.partials)
    try:
        failures = prepare(
            args.source, args.destination, args.jobs, recipe, args.layout, args.kind, args.seed
        )
        if args.said_again:
            from training import said_again  # which reads what is prepared here

            said_again.write(args.destination, args.jobs)
    except RtvcError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    for line in failures:
        print(line, file=sys.stderr)
    rows = json.loads((args.destination / "index.json").read_text(encoding="utf-8"))
    print(f"{len(rows)} clips in {args.destination}, {len(failures)} left out")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
