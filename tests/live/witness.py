"""Witness, who tells whether the machine itself stood still for a moment: no program can be blamed for that.

A thread of the highest rank on each processor asks to be woken every other millisecond. Where that comes
late, a virtual machine's host gave the processor to somebody else, or its firmware did; nothing that runs
here outranks it. Neither the load average nor a processor's idle time shows it.
"""

import os
import subprocess
import sys
import threading
import time

HELD_UP_SECONDS = 0.003  # later than that is late; undisturbed machines stay below 1 ms
_STEP_SECONDS = 0.002
_RANK = 90
_END_PATIENCE_SECONDS = 5.0


class Witness:
    """Watches in a process of its own, until it is closed."""

    def __init__(self) -> None:
        watch = [sys.executable, __file__]
        self._process = subprocess.Popen(watch, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._seen: list[tuple[float, float]] = []  # when it ended, and how late; only ever appended to
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._seen.append((time.monotonic(), float(line)))

    @property
    def number(self) -> int:
        """Of its process."""
        return self._process.pid

    def held_up(self, since: float = 0.0) -> list[float]:
        """How late, in seconds, each time it was late since then (`time.monotonic`)."""
        return [late for at, late in self._seen.copy() if at >= since]

    def times(self) -> list[float]:
        """When (`time.monotonic`) it had been late."""
        return [at for at, _ in self._seen.copy()]

    def close(self) -> None:
        """Closing its input ends it."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(_END_PATIENCE_SECONDS)
        self._reader.join(_END_PATIENCE_SECONDS)
        self._process.stdout.close()


def may_rank() -> bool:
    """Whether anybody here may have real-time priority; without it there is no witness."""
    if not hasattr(os, "sched_setscheduler"):
        return False
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(1))
    except PermissionError:
        return False
    os.sched_setscheduler(0, os.SCHED_OTHER | os.SCHED_RESET_ON_FORK, os.sched_param(0))
    return True


def _watch(processor: int) -> None:
    """In a thread of its own."""
    os.sched_setaffinity(0, {processor})
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(_RANK))
    except PermissionError:
        return  # of ordinary rank it would see what other programs do
    while True:
        before = time.monotonic()
        time.sleep(_STEP_SECONDS)
        late = time.monotonic() - before - _STEP_SECONDS
        if late > HELD_UP_SECONDS:
            os.write(1, f"{late:.4f}\n".encode())  # whole, whatever the other threads say


def main() -> None:
    for processor in os.sched_getaffinity(0):
        threading.Thread(target=_watch, args=(processor,), daemon=True).start()
    sys.stdin.read()


if __name__ == "__main__":
    main()
