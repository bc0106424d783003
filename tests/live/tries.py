"""Several tries of what other programs on the machine can spoil once, but not every time."""

from collections.abc import Callable

import pytest

from tests.live.virtual_card import VirtualCard

TRIES = 3
MOST_LOAD = 0.25  # of real time before anything is asked: a slower machine has no room for more


class Spoilt(AssertionError):
    """Sound was lost, or late. All other failures are the program's, and are not tried again."""


def expect_sound(is_well: bool, what: str) -> None:
    if not is_well:
        raise Spoilt(what)


def try_again(card: VirtualCard, once: Callable[[], None], tries: int = TRIES) -> None:
    """Passes with the first try in which sound was not spoilt."""
    for left in reversed(range(tries)):
        try:
            return once()
        except Spoilt as error:
            print(f"a try failed: {error}")
            if left:
                continue
            if card.is_quiet:
                raise
            pytest.skip(f"this machine is busy, or stands still now and then: {error}")


def need_room(load: float) -> None:
    """Before lost sound is judged, where more than the chain alone has to run."""
    if load >= MOST_LOAD:
        pytest.skip(f"the chain alone takes {load:.0%} of real time here ({MOST_LOAD:.0%} leave room)")
