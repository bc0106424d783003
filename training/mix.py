"""Weights between two runs of which one went on from the other.

`python -m training.mix runs/stream-voices runs/stream-heard --share 0.5 --out checkpoints/stream`

What the later run won at one thing it may have lost at another; between the two lie weights that keep most of
both. The folder written has the later run's configuration and can be exported like any run.
"""

import argparse
import shutil
from pathlib import Path

from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from training.networks.stream import AVERAGE


def mixed(earlier: dict[str, Tensor], later: dict[str, Tensor], share: float) -> dict[str, Tensor]:
    """`share` of the later weights; what is no fraction is taken from the later ones."""
    if earlier.keys() != later.keys() or any(earlier[name].shape != later[name].shape for name in later):
        raise ValueError("the two runs have different networks")
    return {name: earlier[name].lerp(x, share) if x.is_floating_point() else x for name, x in later.items()}


def steps_of(run: Path) -> str:
    with safe_open(run / AVERAGE, framework="pt") as file:
        return str((file.metadata() or {}).get("step", "unknown"))


def mix(earlier: Path, later: Path, share: float, out: Path) -> None:
    weights = mixed(load_file(earlier / AVERAGE), load_file(later / AVERAGE), share)
    out.mkdir(parents=True, exist_ok=True)
    shutil.copy(later / "config.toml", out / "config.toml")
    steps = f"{share:g} of the way from {steps_of(earlier)} to {steps_of(later)}"
    fresh = out / f"{AVERAGE}.new"
    save_file(weights, fresh, metadata={"step": steps})
    fresh.replace(out / AVERAGE)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m training.mix", description=__doc__)
    parser.add_argument("earlier", type=Path, help="folder of a run")
    parser.add_argument("later", type=Path, help="folder of the run that went on from it")
    parser.add_argument("--share", type=float, default=0.5, help="0: the earlier weights, 1: the later")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    if not 0.0 <= args.share <= 1.0:
        parser.error(f"--share is {args.share}; it lies between 0 and 1.")
    try:
        mix(args.earlier, args.later, args.share, args.out)
    except (OSError, ValueError) as error:
        parser.error(f"These runs cannot be mixed: {error}.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
