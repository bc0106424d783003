"""No processor rests for a while.

Some hosts of virtual machines give a resting processor to somebody else, and it is late when it is wanted.
What keeps it busy comes after all other work.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_AWAKE = """
import os, sys
os.sched_setaffinity(0, {int(sys.argv[1])})
os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
while True:
    pass
"""


@contextmanager
def awake(is_wanted: bool) -> Iterator[None]:
    numbers = sorted(os.sched_getaffinity(0)) if is_wanted else []
    workers = [subprocess.Popen([sys.executable, "-c", _AWAKE, str(number)]) for number in numbers]
    try:
        yield
    finally:
        end(workers)


def end(processes: "list[subprocess.Popen[bytes]]") -> None:
    while processes:
        process = processes.pop()
        process.kill()
        process.wait()
