"""Turn a corpus into a feature cache: `python -m training.prepare MANIFEST.csv cache/speech`.

The cache is three memory-mapped arrays over all frames of all clips and an index. Clips that cannot
be read are listed and left out.
"""

import argparse
import json
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from rich.progress import track

from rtvc.mel import MelSpec
from rtvc.pitch_hold import PitchHold
from training.features import features_of
from training.manifest import Clip, read_manifest

# log mels from log(1e-5) to about log(100) in steps of 1/16: eight bits are finer than any loss here.
QUANT_STEP = 1.0 / 14.0
QUANT_ZERO = -11.6


def quantise(log_mel: np.ndarray) -> np.ndarray:
    return np.clip(np.rint((log_mel - QUANT_ZERO) / QUANT_STEP), 0, 255).astype(np.uint8)


def dequantise(stored: np.ndarray) -> np.ndarray:
    return stored.astype(np.float32) * QUANT_STEP + QUANT_ZERO


def clip_arrays(clip: Clip) -> tuple[np.ndarray, np.ndarray] | str:
    """Quantised mels (frames, n_mels) and side features (frames, 3), or why there are none."""
    spec = MelSpec()
    try:
        features = features_of(clip.path, spec)
    except Exception as error:  # one damaged file must not end an hour of work; it is reported
        return f"{clip.path}: {error}"
    hold = PitchHold()
    hold.process(*first_pitch(features.f0_hz, features.voiced))
    log_f0, voiced = hold.process(features.f0_hz, features.voiced)
    side = np.stack([log_f0, voiced, features.log_energy], axis=1)
    return quantise(features.log_mel), side.astype(np.float16)


def first_pitch(f0_hz: np.ndarray, periodicity: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The first clearly voiced frame, so that a clip does not start on the neutral pitch."""
    at = int(np.argmax(periodicity > 0.9))
    return f0_hz[at : at + 1], periodicity[at : at + 1]


def prepare(manifest: Path, destination: Path, jobs: int) -> list[str]:
    """Write the cache; returns one line for each clip that had to be left out."""
    clips = read_manifest(manifest)
    destination.mkdir(parents=True, exist_ok=True)
    mels, sides, index, failures, start = [], [], [], [], 0
    with ProcessPoolExecutor(jobs) as pool:
        results = pool.map(clip_arrays, clips, chunksize=8)
        for clip, result in track(zip(clips, results, strict=True), "features", total=len(clips)):
            if isinstance(result, str):
                failures.append(result)
                continue
            mels.append(result[0])
            sides.append(result[1])
            index.append(_entry(clip, manifest.parent, start, len(result[0])))
            start += len(result[0])
    np.save(destination / "mel.npy", np.concatenate(mels))
    np.save(destination / "side.npy", np.concatenate(sides))
    (destination / "index.json").write_text(json.dumps(index), encoding="utf-8")
    return failures


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


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m training.prepare", description=__doc__)
    parser.add_argument("manifest", type=Path)
    parser.add_argument("destination", type=Path)
    parser.add_argument("--jobs", type=int, default=2)
    args = parser.parse_args()
    for line in prepare(args.manifest, args.destination, args.jobs):
        print(line, file=sys.stderr)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
