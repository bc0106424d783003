"""Makes the machine and the interpreter punctual, as far as they allow it. All platform code lives here."""

import gc
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

# The callbacks come before the worker: they are short, and the speaker waits for them. The sound library's
# own threads come before the callbacks: PortAudio polls without a pause while PulseAudio's client is busy,
# and whoever keeps that one from running then waits for good. All stay below what sound servers use for
# themselves, which is 5 at the least (PulseAudio): with its client's thread at that or above, half of all
# streams began a block late, or went in uneven steps. A thread that only looks on needs a rank too where it
# shares the interpreter: another program could halt it while it holds the interpreter's lock, and the
# callbacks with it.
LIBRARY_PRIORITY = 4
CALLBACK_PRIORITY = 3
WORKER_PRIORITY = 2
ONLOOKER_PRIORITY = 1
_SWITCH_INTERVAL_SECONDS = 0.0002
_LONGEST_RUN_SECONDS = 1
_QOS_CLASS_USER_INTERACTIVE = 0x21
_M_ARENA_MAX, _MOST_HEAPS = -8, 2  # the first is glibc's name
_THREAD_CPU_CLOCK = 6  # CPUCLOCK_PERTHREAD_MASK | CPUCLOCK_SCHED

# Threads raised so far, with their ranks. Written and copied in single steps of the interpreter, so that a
# signal handler may read it at any time.
_ranks: dict[int, int] = {}


def raise_thread_priority(priority: int) -> bool:
    """Any thread. Run the calling thread before ordinary ones; False where the system does not allow it."""
    try:
        if sys.platform.startswith("linux"):
            return give_rank(threading.get_native_id(), priority)
        if sys.platform == "win32":
            return _join_pro_audio()
        if sys.platform == "darwin":
            import ctypes

            libc = ctypes.CDLL(None)
            return bool(libc.pthread_set_qos_class_self_np(_QOS_CLASS_USER_INTERACTIVE, 0) == 0)
    except (OSError, AttributeError):
        pass  # no permission, or an older system: the sound is then at the mercy of the machine's load
    return False


@contextmanager
def raised_library_threads() -> Iterator[None]:
    """Any thread. What a sound library starts meanwhile comes before all of ours.

    A library may carry sound between the device and its callbacks on a thread of its own (PulseAudio's client
    does). On Linux only: elsewhere systems see to their own.
    """
    before = _threads()
    for thread in ranks().keys() - before if before else ():
        _ranks.pop(thread, None)  # it has ended, and its number may be another's by now
    yield
    for thread in _threads() - before - ranks().keys():  # a callback may have come already
        give_rank(thread, LIBRARY_PRIORITY)


def _threads() -> set[int]:
    """All of this process, those of libraries included; none where the system does not list them."""
    try:
        return {int(name) for name in os.listdir("/proc/self/task")}
    except OSError:
        return set()


def give_rank(thread: int, priority: int) -> bool:
    """Any thread. False where the system does not allow it, or knows no such ranks."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        # Without RESET_ON_FORK a child process would be real-time too.
        os.sched_setscheduler(thread, os.SCHED_RR | os.SCHED_RESET_ON_FORK, os.sched_param(priority))
    except OSError:
        return False  # no permission, or it has ended
    _ranks[thread] = priority
    return True


def ranks() -> dict[int, int]:
    """Any thread. The threads that were given a rank; some may have ended."""
    return _ranks.copy()


def cpu_seconds(thread: int) -> float | None:
    """Any thread, on Linux. How long a thread of this process has computed; None when it has ended."""
    try:
        # The clock's number is made of the thread's, as clock_getcpuclockid would do it.
        return time.clock_gettime(~thread << 3 | _THREAD_CPU_CLOCK)
    except OSError:
        _ranks.pop(thread, None)
        return None


@contextmanager
def raised_thread_priority(priority: int) -> Iterator[None]:
    """The calling thread before ordinary ones, for a while (elsewhere than on Linux: from then on)."""
    was_raised = raise_thread_priority(priority)
    try:
        yield
    finally:
        if was_raised and sys.platform.startswith("linux"):
            take_rank(threading.get_native_id())


def _join_pro_audio() -> bool:
    """Any thread. Windows' own service for audio threads."""
    import ctypes

    task = ctypes.c_ulong(0)
    avrt: Any = ctypes.WinDLL("avrt")  # type: ignore[attr-defined,unused-ignore]
    avrt.AvSetMmThreadCharacteristicsW.restype = ctypes.c_void_p
    return bool(avrt.AvSetMmThreadCharacteristicsW("Pro Audio", ctypes.byref(task)))


@contextmanager
def punctual_interpreter() -> Iterator[None]:
    """While sound runs: threads hand over quickly, the collector rests, no runaway locks the machine."""
    interval, was_collecting = sys.getswitchinterval(), gc.isenabled()
    sys.setswitchinterval(_SWITCH_INTERVAL_SECONDS)
    gc.collect()
    gc.freeze()  # what lives now lives on: `collect_garbage` need not look at it again
    gc.disable()
    _share_heaps()
    restore_limit = _limit_realtime_runs()
    try:
        yield
    finally:
        restore_limit()
        if was_collecting:
            gc.enable()
        gc.unfreeze()
        sys.setswitchinterval(interval)


def _share_heaps() -> None:
    """Let all threads allocate from few heaps, from now on.

    glibc gives heaps of their own to up to eight threads a processor. Devices that are opened again bring new
    threads each time, and what a heap has grown by for them stays.
    """
    if not sys.platform.startswith("linux"):
        return
    import ctypes

    try:
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, _MOST_HEAPS)
    except AttributeError:
        pass  # another C library


def collect_garbage() -> None:
    """Worker thread, between hops. Quick, because all that was there before the start is frozen."""
    gc.collect()


def _limit_realtime_runs() -> Any:
    """Let a real-time thread that never rests lose its rank, instead of taking the machine along.

    Linux sends SIGXCPU after so many seconds without a wait; only the main thread may say what then happens,
    and without a handler the signal would end the process. At the hard limit, which desktops set to 0.2 s, it
    ends the process in any case: half of that is early enough.
    """
    if not sys.platform.startswith("linux") or threading.current_thread() is not threading.main_thread():
        return lambda: None
    import resource
    import signal

    limits = resource.getrlimit(resource.RLIMIT_RTTIME)
    handler = signal.signal(signal.SIGXCPU, lambda *_: _lower_all_threads())
    wanted = _LONGEST_RUN_SECONDS * 1_000_000
    if limits[1] != resource.RLIM_INFINITY:
        wanted = min(wanted, limits[1] // 2)
    resource.setrlimit(resource.RLIMIT_RTTIME, (wanted, limits[1]))

    def restore() -> None:
        resource.setrlimit(resource.RLIMIT_RTTIME, limits)
        signal.signal(signal.SIGXCPU, handler if handler is not None else signal.SIG_DFL)
        _ranks.clear()

    return restore


def _lower_all_threads() -> None:
    """Main thread, in a signal handler."""
    for thread in ranks():
        take_rank(thread)


def take_rank(thread: int) -> None:
    """Any thread. Let a thread be an ordinary one."""
    if not sys.platform.startswith("linux"):
        return
    try:
        # RESET_ON_FORK stays: only a privileged process may take it back.
        os.sched_setscheduler(thread, os.SCHED_OTHER | os.SCHED_RESET_ON_FORK, os.sched_param(0))
    except OSError:
        pass  # it has ended
