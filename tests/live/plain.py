"""The plainest program that passes sound through, to tell what is the card's doing and what is ours.

    python tests/live/plain.py MICROPHONE SPEAKER BLOCK

Microphone to speaker in one callback, with the ranks and the queue that the product asks for, and nothing of
the product in it. Prints a line when it runs, and on SIGTERM how often PortAudio complained.
"""

import os
import signal
import sys
import threading
from typing import Any

import sounddevice

_RATE = 48000
_LIBRARY_RANK, _CALLBACK_RANK, _QUEUED_BLOCKS = 4, 3, 3
_PATIENCE_SECONDS = 10.0

complaints = 0
runs, is_over = threading.Event(), threading.Event()


def give_rank(thread: int, rank: int) -> None:
    try:
        os.sched_setscheduler(thread, os.SCHED_RR, os.sched_param(rank))
    except PermissionError:
        pass  # the product has none either then


def pass_on(indata: Any, outdata: Any, frames: int, time: Any, status: Any) -> None:
    global complaints
    if not runs.is_set():
        give_rank(0, _CALLBACK_RANK)
        runs.set()
    outdata[:] = indata
    complaints += bool(status)


def main() -> None:
    source, sink, block = sys.argv[1], sys.argv[2], int(sys.argv[3])
    signal.signal(signal.SIGTERM, lambda *_: is_over.set())
    before = set(os.listdir("/proc/self/task"))
    stream = sounddevice.Stream(
        samplerate=_RATE,
        blocksize=block,
        device=(source, sink),
        channels=1,
        dtype="float32",
        latency=_QUEUED_BLOCKS * block / _RATE,
        callback=pass_on,
    )
    for thread in set(os.listdir("/proc/self/task")) - before:
        give_rank(int(thread), _LIBRARY_RANK)
    with stream:
        if not runs.wait(_PATIENCE_SECONDS):
            sys.exit("the sound card does not call")
        print("It runs.", flush=True)
        is_over.wait()
    print(complaints, flush=True)


if __name__ == "__main__":
    main()
