import os
import sys
import threading

import pytest

from rtvc import realtime

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
def test_a_runaway_loses_the_rank_of_all(permitted):
    done = threading.Event()
    with realtime.punctual_interpreter():
        with realtime.raised_library_threads():
            theirs = waiting_thread(done)
        realtime._lower_all_threads()
        assert policy(theirs.native_id) == os.SCHED_OTHER
    done.set()
    theirs.join()


def test_a_system_that_lists_no_threads_is_left_alone(monkeypatch):
    def no_such_folder(path):
        raise FileNotFoundError(path)

    monkeypatch.setattr(os, "listdir", no_such_folder)
    before = len(realtime._raised_threads)
    with realtime.raised_library_threads():
        pass
    assert len(realtime._raised_threads) == before
