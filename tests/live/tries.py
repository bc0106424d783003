"""Several tries of a test that judges sound as it is made: other programs on the machine can spoil one.

A test passes with its first try that goes well. Where none does, the machine is judged before the program is.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Protocol

from rtvc.presets import PRESETS
from tests.live.machine import Moment
from tests.live.sound_marks import delay_and_likeness, noise_bursts
from tests.live.virtual_card import Spoilt, VirtualCard

TRIES, TRIES_WHERE_BUSY, PLAIN_TRIES = 5, 2, 3
MOST_SECONDS = 150.0  # after which no other try begins
MOST_LOAD = 0.25  # of real time before anything is asked: a slower machine has no room for more
_PLAIN_SECONDS, _WHOLE = 2.0, 0.98


def expect_sound(is_well: bool, what: str, load: float = 0.0) -> None:
    """`load` where more than the chain alone has to run: see Spoilt."""
    if not is_well:
        raise Spoilt(what, load)


class Watched(Protocol):
    """What is asked of a `Machine` here."""

    def now(self) -> Moment: ...
    def excuse_for_sound(self, since: Moment) -> str | None: ...
    def excuse_for_all(self, since: Moment) -> str | None: ...
    def close(self) -> None: ...


@dataclass
class Outcome:
    """Of all tries: the last one's failure, if it failed, and an excuse for it, if there is one."""

    failure: BaseException | None = None
    excuse: str | None = None
    spoilt: list[str] = field(default_factory=list)  # what went wrong in the tries before


def try_until_judged(once: Callable[[], BaseException | None], machine: Watched) -> Outcome:
    """`once` makes a try and returns how it failed, or None."""
    outcome, began = Outcome(), time.monotonic()
    for number in count(1):
        start = machine.now()
        outcome.failure = once()
        if outcome.failure is None:
            return Outcome(spoilt=outcome.spoilt)
        outcome.excuse = _excuse(machine, start, outcome.failure)
        may_be_spoilt = outcome.excuse is not None or isinstance(outcome.failure, Spoilt)
        is_last = number >= (TRIES_WHERE_BUSY if outcome.excuse else TRIES)
        if is_last or not may_be_spoilt or time.monotonic() - began > MOST_SECONDS:
            break
        outcome.spoilt.append(first_line(outcome.failure))
    if outcome.excuse is None and isinstance(outcome.failure, Spoilt) and plain_loses_sound():
        outcome.excuse = "the plainest program loses sound here as well"
    return outcome


def _excuse(machine: Watched, start: Moment, failure: BaseException) -> str | None:
    """Why a failure need not be the program's fault."""
    if not isinstance(failure, Spoilt):
        return machine.excuse_for_all(start)
    if failure.load >= MOST_LOAD:
        return f"the chain alone takes {failure.load:.0%} of real time here ({MOST_LOAD:.0%} leave room)"
    return machine.excuse_for_sound(start)


def first_line(failure: BaseException) -> str:
    return (str(failure).splitlines() or [repr(failure)])[0]


def plain_loses_sound() -> bool:
    """Whether a plain copy from microphone to speaker loses any, on a card of its own."""
    with VirtualCard() as card:
        for _ in range(PLAIN_TRIES):
            try:
                complaints, likeness = pass_plainly(card)
            except Spoilt:
                return True
            print(f"a plain copy: {complaints} complaints, likeness {likeness:.3f}")
            if complaints or likeness < _WHOLE:
                return True
    return False


def pass_plainly(card: VirtualCard) -> tuple[int, float]:
    """How often PortAudio complained, and how whole the sound is."""
    plain, block = Path(__file__).with_name("plain.py"), PRESETS["balanced"].block_samples
    program = card.run([sys.executable, str(plain), "default", "default", str(block)])
    assert program.stdout is not None
    expect_sound(bool(program.stdout.readline()), "not even the plainest program runs")
    heard, said = card.say_and_listen(noise_bursts(_PLAIN_SECONDS), _PLAIN_SECONDS + 1.0)
    program.terminate()
    return int(program.stdout.readline()), delay_and_likeness(heard, said)[1]
