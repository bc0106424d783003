"""What a worker process does for a folder: one file after the other, stopping when it is told to.

Knows nothing of other files; `rtvc.batch` hands them out.
"""

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.context import SpawnContext
from pathlib import Path
from typing import Any

from rtvc.audio_file import reason, shown
from rtvc.errors import AudioFileError, RtvcError
from rtvc.folder_plan import FileJob
from rtvc.offline import Conversion, MakePipeline, convert_file
from rtvc.stage import Pipeline


@dataclass(frozen=True)
class Failure:
    source: Path
    message: str


class Reuse:
    """Makes a pipeline per pair of rates, once: loading a model takes longer than a short file."""

    def __init__(self, make_pipeline: MakePipeline) -> None:
        self._make = make_pipeline
        self._made: dict[tuple[int, int], Pipeline] = {}

    def __call__(self, input_rate: int, output_rate: int) -> Pipeline:
        rates = input_rate, output_rate
        if rates not in self._made:
            self._made[rates] = self._make(*rates)
        self._made[rates].reset()
        return self._made[rates]


def convert_job(
    job: FileJob, make_pipeline: MakePipeline, output_rate: int | None, advance: Callable[[int], None]
) -> Conversion | Failure:
    """One file; `advance` gets bytes of source. Whatever is wrong with the file is an outcome."""
    passed = 0

    def progress(samples: int, total: int | None) -> None:
        nonlocal passed
        reached = job.size * samples // total if total else 0
        advance(max(0, reached - passed))
        passed = max(passed, reached)

    try:
        _make_folder(job.destination.parent)
        return convert_file(
            job.source, job.destination, make_pipeline, output_rate=output_rate, progress=progress
        )
    except RtvcError as error:
        return Failure(job.source, str(error))
    except Exception as error:  # a border: a fault in one file must not cost the others
        return Failure(job.source, f"{shown(job.source)} met a fault in the program: {error!r}.")
    finally:
        if passed < job.size:
            advance(job.size - passed)


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise AudioFileError(
            f"The folder {shown(path)} can't be created: {reason(error)}; choose another one."
        ) from error


class Shared:
    """What all processes see. `cancelled` is only ever set; the count only grows, under its lock."""

    def __init__(self, context: SpawnContext) -> None:
        self.cancelled = context.Event()
        self._bytes: Any = context.Value("q", 0)

    @property
    def bytes_done(self) -> int:
        return int(self._bytes.get_obj().value)  # without the lock, which a killed worker may hold forever

    def advance(self, size: int) -> None:
        """Worker processes. Raises Cancelled when it is time to stop."""
        if self.cancelled.is_set():
            raise Cancelled
        with self._bytes.get_lock():
            self._bytes.value += size


class Cancelled(BaseException):
    """Passes by `except Exception`, as KeyboardInterrupt does."""


_worker: tuple[Shared, Reuse, int | None]  # set once per worker process, before its first file


def start_worker(shared: Shared, make_pipeline: MakePipeline, output_rate: int | None) -> None:
    global _worker
    _worker = shared, Reuse(make_pipeline), output_rate
    # A terminal signals the parent and its workers alike; the parent decides and cancels.
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    threading.Thread(target=_leave_with_parent, args=(shared,), daemon=True).start()


def _leave_with_parent(shared: Shared) -> None:
    """Runs beside the work: a worker whose parent was killed would wait forever."""
    parent = multiprocessing.parent_process()
    assert parent, "only workers have this thread"
    parent.join()
    shared.cancelled.set()
    time.sleep(2.0)  # for the file at hand to be cleaned up
    os._exit(1)


def work(job: FileJob) -> Conversion | Failure:
    shared, make_pipeline, output_rate = _worker
    try:
        return convert_job(job, make_pipeline, output_rate, shared.advance)
    except Cancelled:
        return Failure(job.source, f"{shown(job.source)} was cancelled.")
