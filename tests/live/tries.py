"""Several tries of what other programs on the machine can spoil once, but not every time."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rtvc.presets import PRESETS
from tests.live.sound_marks import delay_and_likeness, noise_bursts
from tests.live.virtual_card import Spoilt, VirtualCard

TRIES, TRIES_WHERE_BUSY, PLAIN_TRIES = 5, 2, 3
MOST_LOAD = 0.25  # of real time before anything is asked: a slower machine has no room for more
_PLAIN_SECONDS, _WHOLE = 2.0, 0.98


def expect_sound(is_well: bool, what: str, load: float = 0.0) -> None:
    """`load` where more than the chain alone has to run: see Spoilt."""
    if not is_well:
        raise Spoilt(what, load)


def try_again(card: VirtualCard, once: Callable[[], None], tries: int = TRIES) -> None:
    """Passes with the first try in which sound was not spoilt.

    Where none is, what a program that only copies sound makes of this machine tells whose fault it is.
    """
    for number in range(1, tries + 1):
        try:
            with card.attempt():
                return once()
        except Spoilt as error:
            print(f"a try failed: {error}")
            if number >= TRIES_WHERE_BUSY and (excuse := _excuse(card, error.load)):
                pytest.skip(f"{excuse}: {error}")
            if number < tries:
                continue
            if plain_loses_sound():
                pytest.skip(f"the plainest program loses sound here as well: {error}")
            raise


def _excuse(card: VirtualCard, load: float) -> str | None:
    """Why sound that was spoilt twice need not be the program's fault."""
    if not card.is_quiet:
        return "this machine is busy, or stands still now and then"
    if load >= MOST_LOAD:
        return f"the chain alone takes {load:.0%} of real time here ({MOST_LOAD:.0%} leave room)"
    return None


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
    block = PRESETS["balanced"].block_samples
    with card.attempt():
        plain = Path(__file__).with_name("plain.py")
        program = card.run([sys.executable, str(plain), "default", "default", str(block)])
        assert program.stdout is not None
        expect_sound(bool(program.stdout.readline()), "not even the plainest program runs")
        heard, said = card.say_and_listen(noise_bursts(_PLAIN_SECONDS), _PLAIN_SECONDS + 1.0)
        program.terminate()
        return int(program.stdout.readline()), delay_and_likeness(heard, said)[1]
