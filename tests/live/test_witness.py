"""The witness of a machine that stands still."""

import os
import signal
import threading
import time

import pytest

from tests.live.witness import HELD_UP_SECONDS, Witness, may_rank

STILL_SECONDS, PATIENCE_SECONDS = 0.1, 20.0


@pytest.mark.alone
@pytest.mark.skipif(not may_rank(), reason="no real-time priority here")
def test_tells_when_it_was_not_woken() -> None:
    witness, pause = Witness(), threading.Event()
    try:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while max(witness.held_up(), default=0.0) < 0.5 * STILL_SECONDS:  # at first it is starting up
            assert time.monotonic() < deadline, "it saw nothing"
            os.kill(witness.number, signal.SIGSTOP)
            pause.wait(STILL_SECONDS)  # that is what it is to see
            os.kill(witness.number, signal.SIGCONT)
            pause.wait(STILL_SECONDS)
        assert all(late > HELD_UP_SECONDS for late in witness.held_up())
        assert not witness.held_up(since=time.monotonic() + 1.0)
    finally:
        os.kill(witness.number, signal.SIGCONT)
        witness.close()
