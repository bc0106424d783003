"""Whether other programs keep the worker from running."""

import pytest

from rtvc.crowding import Crowding

HOP, LOOKS = (
    0.01,
    60,
)  # seconds of sound; as many hops as one look takes, whatever the system's clock, and more


def ends(crowding: Crowding, load: float, waited: float, hops: int = 4 * LOOKS) -> int:
    """Hops that take `load` of the sound's time, of which they wait for a share."""
    seconds = load * HOP
    return sum(crowding.has_ended_with(seconds, (1.0 - waited) * seconds, HOP) for _ in range(hops))


@pytest.mark.parametrize("load", [0.05, 0.4, 0.9])
def test_the_end_is_told_once(load: float) -> None:
    crowding = Crowding()
    assert ends(crowding, load, 0.1) == 0
    assert ends(crowding, load, 0.5) == 0
    assert ends(crowding, load, 0.1) == 1
    assert ends(crowding, load, 0.1) == 0


def test_a_share_in_between_changes_nothing() -> None:
    crowding = Crowding()
    assert [ends(crowding, 0.4, waited) for waited in (0.3, 0.1, 0.5, 0.3, 0.5, 0.3)] == [0] * 6
    assert ends(crowding, 0.4, 0.1) == 1


def test_hops_that_take_next_to_no_time_say_nothing() -> None:
    crowding = Crowding()
    assert ends(crowding, 0.01, 1.0) == ends(crowding, 0.01, 0.0) == ends(crowding, 0.0, 0.0) == 0
