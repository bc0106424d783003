import os
import platform
import subprocess
import sys
import threading
import time

import pytest

from rtvc import realtime
from rtvc.runaway import RunawayGuard

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="ranks are given on Linux only")


def policy(thread):
    return os.sched_getscheduler(thread) & ~os.SCHED_RESET_ON_FORK


@pytest.fixture
def permitted():
    """Threads of real-time rank are allowed here."""

    def look():
        allowed.append(realtime.raise_thread_priority(realtime.ONLOOKER_PRIORITY))

    allowed: list[bool] = []
    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    if not allowed[0]:
        pytest.skip("the system allows no real-time rank")


def waiting_thread(done):
    thread = threading.Thread(target=done.wait)
    thread.start()
    return thread


@linux
def test_threads_that_a_library_starts_get_a_rank_and_others_keep_theirs(permitted):
    done = threading.Event()
    ours = waiting_thread(done)
    with realtime.raised_library_threads():
        theirs = waiting_thread(done)
    assert policy(theirs.native_id) == os.SCHED_RR
    assert policy(ours.native_id) == os.SCHED_OTHER
    assert policy(threading.get_native_id()) == os.SCHED_OTHER
    done.set()
    ours.join()
    theirs.join()


@linux
def test_a_callback_that_a_library_calls_at_once_keeps_its_own_rank(permitted):
    is_raised, done = threading.Event(), threading.Event()

    def call_back():
        realtime.raise_thread_priority(realtime.CALLBACK_PRIORITY)
        is_raised.set()
        done.wait()

    thread = threading.Thread(target=call_back)
    with realtime.raised_library_threads():
        thread.start()
        is_raised.wait()
    rank = realtime.ranks()[thread.native_id]
    done.set()
    thread.join()
    assert rank == realtime.CALLBACK_PRIORITY


@linux
def test_a_runaway_loses_the_rank_of_all(permitted):
    done = threading.Event()
    with realtime.punctual_interpreter():
        with realtime.raised_library_threads():
            theirs = waiting_thread(done)
        realtime._lower_all_threads()
        assert policy(theirs.native_id) == os.SCHED_OTHER
    done.set()
    theirs.join()


@linux
@pytest.mark.parametrize("hard, soft", [(None, 1_000_000), (5_000_000, 1_000_000), (200_000, 100_000)])
def test_the_rank_is_lost_before_the_process_is(monkeypatch, hard, soft):
    import resource

    hard = resource.RLIM_INFINITY if hard is None else hard
    given = []
    monkeypatch.setattr(resource, "getrlimit", lambda which: (hard, hard))
    monkeypatch.setattr(resource, "setrlimit", lambda which, limits: given.append(limits))
    with realtime.punctual_interpreter():
        assert given == [(soft, hard)]
    assert given[1:] == [(hard, hard)]


def test_a_system_that_lists_no_threads_is_left_alone(monkeypatch):
    def no_such_folder(path):
        raise FileNotFoundError(path)

    monkeypatch.setattr(os, "listdir", no_such_folder)
    before = len(realtime.ranks())
    with realtime.raised_library_threads():
        pass
    assert len(realtime.ranks()) == before


def wait_for_policy(thread, wanted):
    deadline = time.monotonic() + 10
    while policy(thread) != wanted and time.monotonic() < deadline:
        time.sleep(0.01)
    assert policy(thread) == wanted


@linux
def test_a_callback_that_never_rests_comes_after_the_worker_and_then_after_all_until_it_rests(
    permitted, monkeypatch
):
    is_tired, done = threading.Event(), threading.Event()
    given, give_rank = [], realtime.give_rank

    def note_rank(thread, rank):
        given.append((thread, rank))
        return give_rank(thread, rank)

    monkeypatch.setattr(realtime, "give_rank", note_rank)

    def call_back():
        realtime.raise_thread_priority(realtime.CALLBACK_PRIORITY)
        while not is_tired.is_set():
            pass
        done.wait()

    thread = threading.Thread(target=call_back)
    with RunawayGuard():
        thread.start()
        wait_for_policy(thread.native_id, os.SCHED_RR)
        wait_for_policy(thread.native_id, os.SCHED_OTHER)
        is_tired.set()
        wait_for_policy(thread.native_id, os.SCHED_RR)
        done.set()
        thread.join()
    ranks = [rank for of, rank in given if of == thread.native_id]
    assert ranks == [realtime.CALLBACK_PRIORITY, realtime.ONLOOKER_PRIORITY, realtime.CALLBACK_PRIORITY]


def test_a_thread_that_rests_gets_the_rank_that_it_had_last(monkeypatch):
    computed, given = [0.0], []
    monkeypatch.setattr(realtime, "cpu_seconds", lambda thread: computed[0])
    monkeypatch.setattr(realtime, "give_rank", lambda thread, rank: given.append(rank))
    monkeypatch.setattr(realtime, "take_rank", lambda thread: None)
    guard = RunawayGuard()
    guard._look_at(7, realtime.LIBRARY_PRIORITY, now=0.02, seconds=0.02)
    computed[0] = 0.02
    guard._look_at(7, realtime.CALLBACK_PRIORITY, now=0.04, seconds=0.02)
    guard._look_at(7, realtime.ONLOOKER_PRIORITY, now=1.0, seconds=0.02)
    assert given == [realtime.ONLOOKER_PRIORITY, realtime.CALLBACK_PRIORITY]


@linux
def test_a_worker_may_compute_all_the_time(permitted):
    done = threading.Event()

    def work():
        realtime.raise_thread_priority(realtime.WORKER_PRIORITY)
        while realtime.cpu_seconds(threading.get_native_id()) < 1.0:
            pass
        done.wait()

    thread = threading.Thread(target=work)
    with RunawayGuard():
        thread.start()
        while realtime.cpu_seconds(thread.native_id) < 1.0:
            time.sleep(0.01)
        assert policy(thread.native_id) == os.SCHED_RR
        done.set()
        thread.join()
    deadline = time.monotonic() + 10  # the kernel knows a thread for a moment after it was joined
    while realtime.cpu_seconds(thread.native_id) is not None and time.monotonic() < deadline:
        time.sleep(0.001)
    assert realtime.cpu_seconds(thread.native_id) is None


# Eight threads that live at once each want some memory; glibc then says how many heaps it has.
HEAPS = """
import ctypes, sys, threading
from rtvc import realtime

libc, barrier = ctypes.CDLL(None), threading.Barrier(8)
libc.malloc_info.argtypes = [ctypes.c_int, ctypes.c_void_p]

def allocate():
    libc.malloc(50_000)
    barrier.wait()

with realtime.punctual_interpreter():
    threads = [threading.Thread(target=allocate) for _ in range(8)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
libc.malloc_info(0, ctypes.c_void_p.in_dll(libc, "stdout"))
libc.fflush(None)
"""


@linux
def test_threads_share_few_heaps():
    if platform.libc_ver()[0] != "glibc":
        pytest.skip("another C library")
    told = subprocess.run([sys.executable, "-c", HEAPS], stdout=subprocess.PIPE, text=True, check=True).stdout
    assert 1 <= told.count("<heap ") <= 2
