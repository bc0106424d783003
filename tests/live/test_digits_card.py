"""Digits said into a running session, from the command to the loudspeaker."""

import subprocess
import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest

from tests.live.test_control_card import Program
from tests.live.test_virtual_card import ROOT
from tests.live.tries import expect_sound
from tests.live.virtual_card import RATE, VirtualCard, why_unavailable

pytestmark = [
    pytest.mark.alone,
    pytest.mark.skipif(why_unavailable() is not None, reason=f"no virtual card: {why_unavailable()}"),
]

AUDIBLE = 2e-3
CHUNK = 8 * (RATE // 200)  # bytes: 5 ms of two channels
DIGITS = 4
PATIENCE = 10.0
WITHIN_MS = 150.0  # of which the recorder here takes some


class Ear:
    """Listens at the loudspeaker and notes when it says something after a silence."""

    def __init__(self, card: VirtualCard) -> None:
        command = ["parec", "-d", "cable.monitor", "--latency-msec=5", "--format=float32le"]
        command += [f"--rate={RATE}", "--channels=2", "--raw"]
        self._recorder = subprocess.Popen(command, stdout=subprocess.PIPE, env=card.environment)
        self.heard = threading.Event()
        self.at = 0.0
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    def _listen(self) -> None:
        assert self._recorder.stdout is not None
        while chunk := self._recorder.stdout.read(CHUNK):
            if not self.heard.is_set() and np.abs(np.frombuffer(chunk, np.float32)).max() > AUDIBLE:
                self.at = time.monotonic()
                self.heard.set()

    def close(self) -> None:
        self._recorder.terminate()
        self._thread.join()
        assert self._recorder.stdout is not None
        self._recorder.stdout.close()
        self._recorder.wait()


@pytest.fixture
def card() -> Iterator[VirtualCard]:
    with VirtualCard() as card:
        card.environment["PYTHONPATH"] = str(ROOT)
        yield card


def test_a_digit_is_heard_soon_after_it_was_asked_for(card: VirtualCard) -> None:
    program, ear = Program(card, "--mode", "digits"), Ear(card)
    assert program.ask("start", cmd="start")["ok"]
    program.await_seconds(2.0)
    late_ms = []
    for seed in range(DIGITS):
        ear.heard.clear()
        asked = time.monotonic()
        program.tell(cmd="say", digits="7", seed=seed)
        assert ear.heard.wait(PATIENCE), "nothing was said"
        late_ms.append((ear.at - asked) * 1e3)
        program.await_seconds(1.5)  # until it is said
    ear.close()
    program.end()
    print(f"heard after {[round(value) for value in late_ms]} ms")
    expect_sound(bool(np.median(late_ms) < WITHIN_MS), f"heard after {late_ms} ms")
