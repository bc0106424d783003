"""Train a system: `python -m training.train training/configs/autoencoder.toml`.

The run lives in checkpoints/NAME, named after the configuration unless --out says otherwise, and goes on
where it was when started again. On several GPUs or machines start the same command by torchrun or SLURM.
"""

import argparse
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lightning.fabric import Fabric
from lightning.fabric.loggers import TensorBoardLogger
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from rtvc.errors import EXIT_INTERRUPTED, RtvcError, UsageError
from training.config import RunConfig, read_config
from training.loop import Loop, Report
from training.loop import Progress as Passed
from training.systems.base import System, Terms
from training.systems.registry import make_system

CONFIG = "config.toml"
CHECKPOINTS = Path("checkpoints")


def train(
    config_path: Path, folder: Path, max_minutes: float | None = None, accelerator: str = "auto"
) -> str:
    """Start or go on with a run; returns one line on how it ended, in the first process of several."""
    config = read_config(config_path)
    _check_folder(config, folder)
    fabric = make_fabric(folder, accelerator)
    fabric.launch()
    system = make_system(config)
    if fabric.is_global_zero:
        folder.mkdir(parents=True, exist_ok=True)
        if config_path.resolve() != (folder / CONFIG).resolve():
            shutil.copy(config_path, folder / CONFIG)
    fabric.barrier()
    loop = Loop(system, fabric, folder)
    has_resumed = loop.resume()
    if has_resumed and fabric.is_global_zero:
        print(f"goes on at step {loop.progress.step}, epoch {loop.progress.epoch}")
    with _bar(system, fabric.is_global_zero) as report:
        reason = loop.run(max_minutes, report)
    done = loop.progress
    if not fabric.is_global_zero:
        return ""
    return (
        f"{folder}: {reason} at step {done.step}, epoch {done.epoch}, "
        f"after {done.seconds / 60.0:.1f} minutes; best val {done.best:.4f}"
    )


def make_fabric(folder: Path, accelerator: str = "auto") -> Fabric:
    """One process, or as many as torchrun or SLURM have started."""
    here = int(os.environ.get("LOCAL_WORLD_SIZE") or os.environ.get("SLURM_NTASKS_PER_NODE") or 1)
    world = int(os.environ.get("WORLD_SIZE") or os.environ.get("SLURM_NTASKS") or here)
    return Fabric(
        accelerator=accelerator,
        devices=here,
        num_nodes=max(1, world // here),
        strategy="ddp" if world > 1 else "auto",
        loggers=TensorBoardLogger(folder, name="tensorboard", version=""),
    )


def _check_folder(config: RunConfig, folder: Path) -> None:
    kept = folder / CONFIG
    if kept.exists() and not read_config(kept).same_run(config):
        raise UsageError(
            f"{folder} holds a run with another system, seed, network or data; choose another --out."
        )


@contextmanager
def _bar(system: System, is_shown: bool) -> Iterator[Report]:
    columns = (
        TextColumn("epoch {task.fields[epoch]}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total} {task.fields[figures]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, disable=not is_shown) as bar:
        task = bar.add_task("steps", total=system.steps_per_epoch, epoch=0, figures="")

        def report(passed: Passed, terms: Terms) -> None:
            figures = " ".join(f"{name} {value:.3f}" for name, value in terms.items())
            done = passed.step % system.steps_per_epoch
            bar.update(task, completed=done, epoch=passed.epoch, figures=figures)

        yield report


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m training.train", description=__doc__)
    parser.add_argument("config", type=Path)
    parser.add_argument("--out", type=Path, help="folder of the run (default: checkpoints/NAME)")
    parser.add_argument("--max-minutes", type=float, help="end after so many; the next start goes on")
    parser.add_argument("--accelerator", default="auto", help="cpu, cuda, mps (default: the best there is)")
    args = parser.parse_args()
    try:
        folder = args.out or CHECKPOINTS / args.config.stem
        if line := train(args.config, folder, args.max_minutes, args.accelerator):
            print(line)
    except RtvcError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("Interrupted; start again to go on from the last checkpoint.", file=sys.stderr)
        return EXIT_INTERRUPTED
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
