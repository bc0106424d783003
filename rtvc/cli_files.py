"""Converting files from the command line: the progress bar while it runs, the account of it afterwards."""

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from rtvc.audio_file import reason, shown
from rtvc.batch import BatchResult, convert_folder
from rtvc.catalog import ASSETS
from rtvc.chain import build_chain
from rtvc.errors import AudioFileError, UsageError
from rtvc.offline import Conversion, convert_file
from rtvc.settings import ChainSettings
from rtvc.spectrogram_png import write_spectrograms

_CLIP = ASSETS / "demo" / "hello.wav"
_CLIP_FOLDER = Path("out")

_Show = Callable[[float, str], None]  # share done, a word on it


def run(options: argparse.Namespace, settings: ChainSettings) -> int:
    """A file or a folder tree; the exit code says whether every file came through."""
    source, destination = Path(options.source), Path(options.destination)
    if options.plot and source.is_dir():
        raise UsageError(f"--plot is for one file, and {shown(source)} is a folder; leave it out.")
    convert = _convert_tree if source.is_dir() else _convert_one
    result = convert(source, destination, options, settings)
    if options.plot:
        write_spectrograms(options.plot, source, destination)
    _tell(result, options, settings)
    return AudioFileError.exit_code if result.failed else 0


def run_demo(options: argparse.Namespace, settings: ChainSettings) -> int:
    """The clip that came with the program, into a folder of the current one."""
    try:
        _CLIP_FOLDER.mkdir(exist_ok=True)
    except OSError as error:
        raise AudioFileError(
            f"The folder {shown(_CLIP_FOLDER)} can't be created here: {reason(error)}; "
            "start from another one."
        ) from error
    names = {"speaker": settings.target, "timbre": settings.timbre}
    voice = names.get(settings.mode, settings.mode)
    result = _convert_one(_CLIP, _CLIP_FOLDER / f"hello_{voice}.wav", options, settings)
    _tell(result, options, settings)
    return 0


def _convert_one(
    source: Path, destination: Path, options: argparse.Namespace, settings: ChainSettings
) -> BatchResult:
    with _bar(source.name) as show:
        done = convert_file(
            source,
            destination,
            partial(build_chain, settings),
            output_rate=options.sample_rate,
            progress=lambda taken, total: show(taken / total if total else 0.0, ""),
        )
    return BatchResult(done=[done])


def _convert_tree(
    source: Path, destination: Path, options: argparse.Namespace, settings: ChainSettings
) -> BatchResult:
    with _bar(source.name) as show:
        return convert_folder(
            source,
            destination,
            partial(build_chain, settings),
            output_rate=options.sample_rate,
            jobs=options.jobs or 1,
            progress=lambda share, finished, files: show(share, f"{finished} of {files} files"),
        )


@contextmanager
def _bar(name: str) -> Iterator[_Show]:
    """On a terminal's standard error, and gone when the work is done."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[word]}"),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(shown(name), total=1.0, word="")
        yield lambda share, word: progress.update(task, completed=share, word=word)


def _tell(result: BatchResult, options: argparse.Namespace, settings: ChainSettings) -> None:
    for failure in result.failed:
        print(f"rtvc: {failure.message}", file=sys.stderr)
    if options.json:
        print(json.dumps(_as_json(result, options, settings)))
    elif len(result.done) == 1 and not result.failed:
        print(f"Wrote {shown(result.done[0].destination)}: {_account(result.done)}.")
    else:
        failed = f"{len(result.failed)} failed, " if result.failed else ""
        print(
            f"Converted {_count(len(result.done), 'file')}, {failed}{result.skipped} skipped as no audio: "
            f"{_account(result.done)}."
        )


def _account(done: list[Conversion]) -> str:
    sound = sum(one.seconds for one in done)
    work = sum(one.elapsed_seconds for one in done)
    return f"{sound:.1f} s of sound in {work:.1f} s of work"


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _as_json(result: BatchResult, options: argparse.Namespace, settings: ChainSettings) -> dict[str, Any]:
    return {
        "settings": asdict(settings),
        "seed": options.seed,
        "files": [
            {
                "source": str(one.source),
                "destination": str(one.destination),
                "input_rate": one.input_rate,
                "output_rate": one.output_rate,
                "input_samples": one.input_samples,
                "output_samples": one.output_samples,
                "seconds": round(one.seconds, 3),
                "elapsed_seconds": round(one.elapsed_seconds, 3),
                "real_time_factor": round(one.real_time_factor, 4),
            }
            for one in result.done
        ],
        "failed": [{"source": str(one.source), "error": one.message} for one in result.failed],
        "skipped": result.skipped,
    }
