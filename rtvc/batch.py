"""convert_folder: many files at once, in processes of their own. A bad file is noted and the rest goes on."""

import multiprocessing
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rtvc.audio_file import shown
from rtvc.batch_worker import Failure, Reuse, Shared, convert_job, start_worker, work
from rtvc.folder_plan import FileJob, plan_folder
from rtvc.offline import Conversion, MakePipeline, check_output_rate
from rtvc.threads import one_each

MAX_JOBS = 61  # Windows can't wait for more
BatchProgress = Callable[[float, int, int], None]  # share done (0..1), files finished, files in all

_POLL_SECONDS = 0.1
_USUAL_RATE = 48_000


@dataclass
class BatchResult:
    done: list[Conversion] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)
    skipped: int = 0  # files that are no audio

    def add(self, outcome: Conversion | Failure) -> None:
        if isinstance(outcome, Conversion):
            self.done.append(outcome)
        else:
            self.failed.append(outcome)


def convert_folder(
    source: Path,
    destination: Path,
    make_pipeline: MakePipeline,
    *,
    output_rate: int | None = None,
    jobs: int = 1,
    progress: BatchProgress | None = None,
) -> BatchResult:
    """Convert every audio file below `source` to the same place below `destination`.

    Args:
        make_pipeline: can be pickled where `jobs` is above 1.
        jobs: processes to share the work.
        progress: called in this process now and then; what it raises ends everything. Files that are
            finished then stay, and none is left half written.
    """
    check_output_rate(output_rate)
    plan = plan_folder(source, destination)
    make_pipeline(_USUAL_RATE, output_rate or _USUAL_RATE)  # a missing voice is one error, not one per file
    result = BatchResult(skipped=plan.skipped, failed=[Failure(source, text) for text in plan.unreadable])
    report = _Report(plan.jobs, progress)
    if jobs == 1:
        outcomes = _one_by_one(plan.jobs, make_pipeline, output_rate, report)
    else:
        outcomes = _side_by_side(plan.jobs, make_pipeline, output_rate, min(jobs, MAX_JOBS), report)
    for outcome in outcomes:
        result.add(outcome)
        report.finish_file()
    return result


class _Report:
    """Adds up what was done, in bytes of source, since lengths in samples are not known yet."""

    def __init__(self, jobs: list[FileJob], progress: BatchProgress | None) -> None:
        self._files = len(jobs)
        self._bytes = max(1, sum(job.size for job in jobs))
        self._progress = progress
        self._finished = 0
        self._done = 0

    def finish_file(self) -> None:
        self._finished += 1
        self.update(self._done)

    def update(self, done: int) -> None:
        self._done = done
        if self._progress:
            share = 1.0 if self._finished == self._files else min(1.0, done / self._bytes)
            self._progress(share, self._finished, self._files)


def _one_by_one(
    jobs: list[FileJob], make_pipeline: MakePipeline, output_rate: int | None, report: _Report
) -> Iterator[Conversion | Failure]:
    done = 0

    def advance(size: int) -> None:
        nonlocal done
        done += size
        report.update(done)

    reuse = Reuse(make_pipeline)
    for job in jobs:
        yield convert_job(job, reuse, output_rate, advance)


def _side_by_side(
    jobs: list[FileJob], make_pipeline: MakePipeline, output_rate: int | None, workers: int, report: _Report
) -> Iterator[Conversion | Failure]:
    context = multiprocessing.get_context("spawn")  # forking would copy locks of threads that are not there
    shared = Shared(context)
    with (
        _one_thread_each(),
        ProcessPoolExecutor(workers, context, start_worker, (shared, make_pipeline, output_rate)) as pool,
    ):
        try:
            for job, future in [(job, pool.submit(work, job)) for job in jobs]:
                yield _outcome(job, future, lambda: report.update(shared.bytes_done))
        finally:  # also when the caller was interrupted; the workers then drop what they are at
            shared.cancelled.set()
            pool.shutdown(wait=True, cancel_futures=True)


def _outcome(
    job: FileJob, future: Future[Conversion | Failure], poll: Callable[[], None]
) -> Conversion | Failure:
    while True:
        try:
            return future.result(timeout=_POLL_SECONDS)
        except TimeoutError:
            poll()
        except BrokenProcessPool:
            return Failure(
                job.source,
                f"{shown(job.source)} was lost when a process ended, perhaps for lack of memory; "
                "try fewer --jobs.",
            )


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Processes started within do their sums on one thread; libraries read this when they are loaded."""
    before = {name: os.environ.get(name) for name in one_each()}
    os.environ.update(one_each())
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
