"""One pair of devices with a worker between them."""

import threading

import numpy as np
import pytest

from rtvc.presets import PRESETS
from rtvc.session import Session
from rtvc.stage import Pipeline
from tests.fakes import FakeDevice, Hopping

PATIENCE_SECONDS = 10.0


@pytest.fixture
def device() -> FakeDevice:
    return FakeDevice()


@pytest.fixture
def session(device: FakeDevice) -> Session:
    return Session(device, Pipeline([Hopping(557)]), PRESETS["balanced"], clock=device.clock)


def test_rest_begins_when_a_hop_is_done(
    session: Session, device: FakeDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rtvc.session._LONGEST_HOP_SECONDS", PATIENCE_SECONDS)
    session.start()
    hops, rested = list[int](), threading.Event()

    def wait() -> None:
        session.await_rest()
        hops.append(session.chain.hops.count)
        rested.set()

    waiter = threading.Thread(target=wait)
    waiter.start()
    for _ in range(50):
        assert not hops or hops[0] > 0
        device.push(np.zeros(256, np.float32))
        if rested.wait(0.05):
            break
    waiter.join(PATIENCE_SECONDS)
    session.close()
    assert hops and hops[0] > 0


def test_rest_is_not_waited_for_where_no_sound_comes(
    session: Session, device: FakeDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rtvc.session._LONGEST_HOP_SECONDS", 4 * PATIENCE_SECONDS)
    session.start()
    device.push(np.zeros(256, np.float32))
    device.clock.now += 5 * PATIENCE_SECONDS
    waiter = threading.Thread(target=session.await_rest, daemon=True)
    waiter.start()
    waiter.join(PATIENCE_SECONDS)
    assert not waiter.is_alive()
    session.close()


@pytest.mark.parametrize("hop_seconds, rests", [(0.001, False), (0.02, True)])
def test_a_worker_that_is_never_through_rests_all_the_same(
    session: Session, device: FakeDevice, monkeypatch: pytest.MonkeyPatch, hop_seconds: float, rests: bool
) -> None:
    """Else Linux would take its real-time rank away, and that of all others."""
    worked, waited, left = threading.Event(), list[float](), 40

    def work_once() -> bool:
        nonlocal left
        device.clock.now += hop_seconds
        left -= 1
        if left == 0:
            worked.set()
        return left > 0

    monkeypatch.setattr(session.chain, "work_once", work_once)
    monkeypatch.setattr("rtvc.session.time.sleep", waited.append)
    session.start()
    assert worked.wait(PATIENCE_SECONDS)
    assert bool(waited) == rests
    session.close()


def test_sound_that_is_a_moment_late_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    device = FakeDevice(block=round(PATIENCE_SECONDS * 48000))
    session = Session(device, Pipeline([Hopping(557)]), PRESETS["balanced"], clock=device.clock)
    is_there, blocks = threading.Event(), 0

    def work_once() -> bool:
        nonlocal blocks
        blocks += session.chain.captured_seconds > 0.0
        if blocks == 3:  # what the first two put out was not enough
            is_there.set()
        return 0 < blocks <= 3

    monkeypatch.setattr(session.chain, "work_once", work_once)
    monkeypatch.setattr(session.chain.output, "lacks", lambda count: not is_there.is_set())
    session.start()
    device.push(np.zeros(device.input_block, np.float32))
    assert is_there.is_set()
    session.close()


def test_sound_is_waited_for_as_long_as_the_device_can_spare_it(
    session: Session, device: FakeDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = list[int]()
    device.spare_seconds = 0.0075

    def lacks(count: int) -> bool:
        asked.append(count)
        device.clock.now += 0.001
        return True

    monkeypatch.setattr(session.chain.output, "lacks", lacks)
    monkeypatch.setattr(session._block_done, "wait", lambda seconds: seconds < 0.008)
    session.start()
    device.push(np.zeros(256, np.float32))
    assert asked == [256] * 9, "once before, then for 7.5 ms"
    asked.clear()
    device.spare_seconds = 0.0
    device.push(np.zeros(256, np.float32))
    assert asked == [256] * 2, "a device that has nothing left is not kept waiting"
    session.close()


def test_a_hop_that_takes_too_long_is_not_waited_for(session: Session) -> None:
    session.start()
    waiter = threading.Thread(target=session.await_rest)
    waiter.start()
    waiter.join(PATIENCE_SECONDS)
    assert not waiter.is_alive()
    session.close()
