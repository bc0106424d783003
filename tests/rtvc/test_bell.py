"""One thread tells another that there is something to do."""

import threading

from rtvc.bell import Bell


def test_rung_twice_is_rung_once() -> None:
    bell = Bell()
    assert not bell.wait(0.001)
    bell.ring()
    bell.ring()
    assert bell.wait(0.001) and not bell.wait(0.001)


def test_what_was_rung_before_may_be_forgotten() -> None:
    bell = Bell()
    bell.hush()
    bell.ring()
    bell.hush()
    assert not bell.wait(0.001)


def test_another_thread_hears_it() -> None:
    bell, heard = Bell(), list[bool]()
    listener = threading.Thread(target=lambda: heard.append(bell.wait(10.0)))
    listener.start()
    bell.ring()
    listener.join(10.0)
    assert heard == [True]
