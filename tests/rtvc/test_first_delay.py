"""How late sound is to be played, from what was watched before."""

from rtvc.first_delay import FirstDelay
from rtvc.value_range import Range

TARGET, MUCH, CHANCE = 500, 600, 200
BEFORE = 4000.0


def watched(*values: float) -> Range:
    found = Range()
    for value in values:
        found.add(value, 192)
    return found


def first_delay(before: float = 0.0) -> FirstDelay:
    first = FirstDelay(TARGET, MUCH, CHANCE)
    first.recall(before)
    return first


def test_the_least_headroom_becomes_the_target() -> None:
    assert first_delay().shift(watched(900, 200, 700), watched(3000)) == (-300, 0)


def test_devices_known_before_are_as_late_as_then_where_they_look_a_little_better() -> None:
    shift, given_way = first_delay(BEFORE).shift(watched(TARGET + 400), watched(4100))
    assert 4100 - shift == BEFORE
    assert given_way == 0


def test_devices_that_look_much_better_than_before_are_believed() -> None:
    shift, _ = first_delay(BEFORE).shift(watched(TARGET + 1000), watched(4100))
    assert shift == 1000


def test_devices_known_before_are_as_late_as_then_where_they_look_worse_by_chance() -> None:
    assert first_delay(BEFORE).shift(watched(TARGET - CHANCE), watched(4000)) == (0, 0)
    assert first_delay(BEFORE).shift(watched(TARGET - CHANCE - 1), watched(4000)) == (-CHANCE - 1, CHANCE + 1)


def test_all_that_is_more_than_before_is_given_way_to_and_flows_off() -> None:
    assert first_delay(BEFORE).shift(watched(TARGET - 300), watched(4000)) == (-300, 300)
    assert first_delay(BEFORE).shift(watched(TARGET - 900), watched(4000)) == (-900, 900)


def test_a_much_longer_delay_than_before_is_believed_when_three_looks_agree() -> None:
    first = first_delay(BEFORE)
    assert first.is_believable(BEFORE + MUCH)
    assert not first.is_believable(BEFORE + MUCH + 1)
    for delay in (BEFORE + 1000, BEFORE + 1001 + CHANCE, BEFORE + 1001):
        assert not first.is_believable(delay)
        first.note_look(delay)
    assert first.is_believable(BEFORE + 1001 + CHANCE)


def test_looks_that_never_agree_end_at_last() -> None:
    first = first_delay(BEFORE)
    for number in range(1, 6):
        assert not first.is_believable(BEFORE + 1000 * number)
        first.note_look(BEFORE + 1000 * number)
    assert first.is_believable(BEFORE + 6000)


def test_new_devices_are_believed_at_once() -> None:
    assert first_delay().is_believable(BEFORE)
