"""For how long a little too much delay must prove needless."""

import pytest

from rtvc.patience import Patience

RATE, WATCH_SECONDS, BLOCK, SPARE = 48000, 0.4, 192, 100
WATCH = round(WATCH_SECONDS * RATE)


def watches(patience: Patience, count: int, excess: int, given_way: int) -> list[int]:
    taken = []
    for _ in range(count):
        patience.pass_time(WATCH)
        taken.append(patience.needless(excess, given_way))
    return taken


def late_after_less(patience: Patience) -> None:
    patience.note_less()
    patience.pass_time(RATE)
    patience.note_late()


def test_what_was_given_way_to_is_taken_back_after_four_watches() -> None:
    patience = Patience(RATE, BLOCK, SPARE, WATCH_SECONDS)
    assert watches(patience, 5, excess=480, given_way=480) == [0, 0, 0, 480, 0]


def test_the_least_that_was_shown_counts_and_a_watch_without_any_begins_anew() -> None:
    patience = Patience(RATE, BLOCK, SPARE, WATCH_SECONDS)
    assert [patience.needless(excess, 480) for excess in (370, 300, 0, 370, 350, 300, 480)] == [0] * 6 + [300]


def test_where_nothing_would_have_been_late_all_that_was_given_way_to_is_needless() -> None:
    patience = Patience(RATE, BLOCK, SPARE, WATCH_SECONDS)
    assert watches(patience, 4, excess=480 - SPARE, given_way=480)[-1] == 480
    assert watches(patience, 4, excess=479 - SPARE, given_way=480)[-1] == 479 - SPARE


def test_a_block_of_the_delay_chosen_at_first_is_left_and_more_than_that_is_not() -> None:
    patience = Patience(RATE, BLOCK, SPARE, WATCH_SECONDS)
    assert not any(watches(patience, 20, excess=BLOCK, given_way=0))
    assert watches(patience, 4, excess=2 * BLOCK, given_way=0)[-1] == 2 * BLOCK


@pytest.mark.parametrize("is_opened_again", [False, True])
def test_once_settled_only_what_was_given_way_to_is_taken_back(is_opened_again: bool) -> None:
    patience = Patience(RATE, BLOCK, SPARE, WATCH_SECONDS)
    patience.pass_time(10 * RATE)
    if is_opened_again:
        before, patience = patience, Patience(RATE, BLOCK, SPARE, WATCH_SECONDS)
        patience.go_on_from(before)
    assert not patience.is_settling
    assert not any(watches(patience, 100, excess=3 * BLOCK, given_way=0))
    assert watches(patience, 4, excess=3 * BLOCK, given_way=BLOCK)[-1] == BLOCK


@pytest.mark.parametrize("regrets, needed", [(0, 4), (1, 16), (2, 25), (5, 25)])
def test_it_grows_where_it_proved_wrong_but_not_for_ever(regrets: int, needed: int) -> None:
    patience = Patience(RATE, BLOCK, SPARE, WATCH_SECONDS)
    for _ in range(regrets):
        late_after_less(patience)
    assert watches(patience, needed, 480, 480) == [0] * (needed - 1) + [480]
    opened_again = Patience(RATE, BLOCK, SPARE, WATCH_SECONDS)
    opened_again.learn_from(patience)
    assert not any(watches(opened_again, needed - 1, 480, 480))


def test_sound_that_comes_late_much_later_proves_nothing() -> None:
    patience = Patience(RATE, BLOCK, SPARE, WATCH_SECONDS)
    patience.note_less()
    patience.pass_time(60 * RATE)
    patience.note_late()
    assert watches(patience, 4, 480, 480)[-1] == 480


def test_late_twice_within_ten_seconds_is_late_again() -> None:
    patience = Patience(RATE, BLOCK, SPARE, WATCH_SECONDS)
    again = []
    for seconds in (0, 11, 9, 11):
        patience.pass_time(seconds * RATE)
        patience.note_late()
        again.append(patience.is_late_again)
    assert again == [False, False, True, False]


@pytest.mark.parametrize("excess, is_late_again", [(480 - SPARE, False), (479 - SPARE, True)])
def test_what_would_have_been_late_without_what_was_given_way_to_counts_as_late(
    excess: int, is_late_again: bool
) -> None:
    before, patience = (Patience(RATE, BLOCK, SPARE, WATCH_SECONDS) for _ in range(2))
    before.needless(excess, 480)
    patience.learn_from(before)
    patience.pass_time(9 * RATE)
    patience.note_late()
    assert patience.is_late_again == is_late_again


def test_haste_is_for_once_in_half_a_minute() -> None:
    patience = Patience(RATE, BLOCK, SPARE, WATCH_SECONDS)
    assert patience.may_hasten()
    patience.note_haste()
    assert not patience.may_hasten()
    patience.pass_time(29 * RATE)
    assert not patience.may_hasten()
    patience.pass_time(2 * RATE)
    assert patience.may_hasten()
