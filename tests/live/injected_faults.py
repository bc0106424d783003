"""Faults brought about on the virtual card while sound runs: what goes wrong, and for how long."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

import numpy as np

from tests.live.test_control_card import Program
from tests.live.virtual_card import VirtualCard, standing_still

During = Callable[[VirtualCard, Program], AbstractContextManager[None]]

_NONSENSE_BYTES, _COMMANDS_AT_ONCE = 50_000, 1_000
_BUSY_PER_CORE = 2


@dataclass(frozen=True)
class Kind:
    during: During
    seconds: float  # how long it lasts
    interrupts: bool = True  # whether sound can't go on meanwhile


@contextmanager
def _microphone_pulled_out(card: VirtualCard, program: Program) -> Iterator[None]:
    with card.without("microphone"):
        yield


@contextmanager
def _speaker_pulled_out(card: VirtualCard, program: Program) -> Iterator[None]:
    with card.without("speaker"):
        yield


@contextmanager
def _server_killed(card: VirtualCard, program: Program) -> Iterator[None]:
    card.kill()
    try:
        yield
    finally:
        card.start()


def _server_frozen(card: VirtualCard, program: Program) -> AbstractContextManager[None]:
    return card.frozen()


def _program_stopped(card: VirtualCard, program: Program) -> AbstractContextManager[None]:
    return standing_still(program.process)


@contextmanager
def _machine_busy(card: VirtualCard, program: Program) -> Iterator[None]:
    command = [sys.executable, "-c", "while True: pass"]
    busy = [subprocess.Popen(command) for _ in range(_BUSY_PER_CORE * (os.cpu_count() or 1))]
    try:
        yield
    finally:
        for process in busy:
            process.kill()
            process.wait()


@contextmanager
def _flooded(card: VirtualCard, program: Program) -> Iterator[None]:
    program.write(np.random.default_rng(5).bytes(_NONSENSE_BYTES) + b"\n")
    for number in range(_COMMANDS_AT_ONCE):
        program.write(json.dumps({"cmd": "set", "output_gain_db": -(number % 7)}).encode() + b"\n")
    yield


KINDS = {
    "microphone pulled out for 2 s": Kind(_microphone_pulled_out, 2.0),
    "loudspeaker pulled out for 2 s": Kind(_speaker_pulled_out, 2.0),
    "sound server killed, back after 1 s": Kind(_server_killed, 1.0),
    "sound server frozen for 3 s": Kind(_server_frozen, 3.0),
    "program stopped for 2 s": Kind(_program_stopped, 2.0),
    "two busy processes a core for 6 s": Kind(_machine_busy, 6.0, interrupts=False),
    "50 kB of nonsense, 1000 commands at once": Kind(_flooded, 1.0, interrupts=False),
}
