"""How much work a hop gets, by the time there is for it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtvc.pace import Pace

seconds = st.floats(0.0, 1.0)


def paced(hop_seconds: float, hops: int = 50) -> Pace:
    pace = Pace()
    for _ in range(hops):
        pace.add_hop(hop_seconds, 1.0)
    return pace


@given(hop=seconds, left=st.floats(-10.0, 10.0))
def test_it_is_a_share(hop: float, left: float) -> None:
    assert 0.0 <= paced(hop, hops=3).effort_for(left) <= 1.0


def test_before_anything_is_known_all_is_done() -> None:
    assert Pace().effort_for(0.0) == 1.0


def test_all_is_done_where_there_is_time() -> None:
    assert paced(0.004).effort_for(0.010) == 1.0


def test_the_less_time_the_less_work() -> None:
    pace = paced(0.010)
    efforts = [pace.effort_for(left) for left in (0.013, 0.011, 0.010, 0.009, 0.007, 0.0, -0.005)]
    assert efforts == sorted(efforts, reverse=True)
    assert efforts[0] == 1.0 and 0.3 < efforts[2] < 0.8 and efforts[-1] == 0.0


def test_one_long_hop_is_forgotten_after_some_seconds() -> None:
    pace = paced(0.004)
    pace.add_hop(0.020, 1.0)
    assert pace.effort_for(0.010) == 0.0
    for _ in range(500):
        pace.add_hop(0.004, 1.0)
    assert pace.effort_for(0.010) == 1.0


def test_a_machine_that_gets_quicker_does_all_again() -> None:
    """What a hop takes with all its work is guessed from hops with less."""
    pace = paced(0.012)
    for _ in range(1000):
        effort = pace.effort_for(0.010)
        pace.add_hop(0.005 * (1.0 - 0.4 * (1.0 - effort)), effort)
    assert pace.effort_for(0.010) == 1.0 and pace.effort == pytest.approx(1.0, abs=0.02)


def test_a_slow_machine_settles_where_its_hops_fit() -> None:
    pace, taken = Pace(), list[float]()
    for _ in range(1000):
        effort = pace.effort_for(0.010)
        taken.append(0.011 * (1.0 - 0.4 * (1.0 - effort)))
        pace.add_hop(taken[-1], effort)
    assert max(taken[1:]) < 0.010
    assert 0.2 < pace.effort < 0.7
