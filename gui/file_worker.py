"""python -m gui.file_worker: converts files one after the other for the window. No Qt in here.

JSON lines on standard input:
    {"convert": id, "source": path, "destination": path, "settings": {...}}, {"cancel": id}
    {"plan": folder, "into": folder}
On standard output, for each file now and then {"id", "share"}, and in the end {"id", "done": seconds} or
{"id", "error": sentence}; for a folder {"planned": [[source, destination], ...]} a hundred at a time, with
"skipped" and "unreadable" in the last, or {"unplanned": folder, "error": sentence}.
"""

import contextlib
import json
import os
import queue
import sys
import threading
import time
from functools import partial
from pathlib import Path
from typing import Any

from rtvc.batch_worker import Cancelled, Failure, Reuse, convert_job
from rtvc.chain import build_chain
from rtvc.changes import changed
from rtvc.errors import RtvcError
from rtvc.folder_plan import FileJob, plan_folder
from rtvc.offline import Conversion
from rtvc.opening import Wanted
from rtvc.settings import ChainSettings

_TELL_SECONDS = 0.1
_PLANNED_AT_ONCE = 100


class Worker:
    """The main thread converts; a reader takes in what is to be done, and what no longer is."""

    def __init__(self) -> None:
        self._orders: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._cancelled: set[int] = set()  # the reader only adds, the main thread only asks
        self._reuse: tuple[ChainSettings, Reuse] | None = None

    def run(self) -> None:
        threading.Thread(target=self._read, daemon=True).start()
        while (order := self._orders.get()) is not None:
            if "plan" in order:
                self._plan(Path(order["plan"]), Path(order["into"]))
            else:
                self._convert(order)

    def _read(self) -> None:
        """Reader's thread."""
        for line in sys.stdin:
            order = json.loads(line)
            if "cancel" in order:
                self._cancelled.add(order["cancel"])
            else:
                self._orders.put(order)
        self._orders.put(None)

    def _plan(self, source: Path, into: Path) -> None:
        try:
            plan = plan_folder(source, into)
        except RtvcError as error:
            _tell(unplanned=str(source), error=str(error))
            return
        pairs = [[str(job.source), str(job.destination)] for job in plan.jobs]
        for first in range(0, len(pairs), _PLANNED_AT_ONCE):
            _tell(planned=pairs[first : first + _PLANNED_AT_ONCE])
        _tell(planned=[], skipped=plan.skipped, unreadable=plan.unreadable)

    def _convert(self, order: dict[str, Any]) -> None:
        number, source = order["convert"], Path(order["source"])
        size, done, told = _size(source), 0, time.monotonic()

        def advance(count: int) -> None:
            nonlocal done, told
            done += count
            if number in self._cancelled:
                raise Cancelled
            if time.monotonic() - told >= _TELL_SECONDS:
                told = time.monotonic()
                _tell(id=number, share=min(1.0, done / max(1, size)))

        try:
            if number in self._cancelled:
                raise Cancelled
            pipeline = self._pipeline(order["settings"])
            outcome = convert_job(FileJob(source, Path(order["destination"]), size), pipeline, None, advance)
        except Cancelled:
            _tell(id=number, error="", cancelled=True)
        except RtvcError as error:
            _tell(id=number, error=str(error))
        else:
            _tell_outcome(number, outcome)

    def _pipeline(self, settings: dict[str, Any]) -> Reuse:
        wanted = changed(Wanted(ChainSettings()), settings).settings
        if self._reuse is None or self._reuse[0] != wanted:
            self._reuse = wanted, Reuse(partial(build_chain, wanted))
        return self._reuse[1]


def _tell_outcome(number: int, outcome: Conversion | Failure) -> None:
    if isinstance(outcome, Failure):
        _tell(id=number, error=outcome.message)
    else:
        _tell(id=number, done=round(outcome.seconds, 2))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _tell(**content: Any) -> None:
    print(json.dumps(content), flush=True)


if __name__ == "__main__":
    if hasattr(os, "nice"):  # the live voice goes before
        with contextlib.suppress(OSError):
            os.nice(10)
    Worker().run()
