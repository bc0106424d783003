"""What is tried again, and whose fault it is when every try was spoilt."""

from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest

from tests.live import tries, virtual_card
from tests.live.sound_marks import noise_bursts
from tests.live.tries import Spoilt, expect_sound, pass_plainly, try_again
from tests.live.virtual_card import VirtualCard, why_unavailable


class FakeCard:
    def __init__(self, is_quiet: bool = True) -> None:
        self.is_quiet = is_quiet

    def attempt(self) -> Any:
        return nullcontext()


def spoilt(times: int, error: type[AssertionError] = Spoilt) -> Any:
    """Something that goes wrong so often before it goes well, and a list of what it did."""
    done: list[bool] = []

    def once() -> None:
        done.append(len(done) >= times)
        if not done[-1]:
            raise error("sound was lost")

    return once, done


def test_spoilt_sound_is_tried_again_and_nothing_else_is() -> None:
    once, done = spoilt(2)
    try_again(FakeCard(), once)  # type: ignore[arg-type]
    assert done == [False, False, True]
    once, done = spoilt(2, AssertionError)
    with pytest.raises(AssertionError):
        try_again(FakeCard(), once)  # type: ignore[arg-type]
    assert done == [False]


@pytest.mark.parametrize(
    ("is_quiet", "load", "plain_loses", "times", "ends"),
    [
        (True, 0.2, False, tries.TRIES, Spoilt),
        (True, 0.2, True, tries.TRIES, pytest.skip.Exception),
        (True, 0.5, False, tries.TRIES_WHERE_BUSY, pytest.skip.Exception),
        (False, 0.2, False, tries.TRIES_WHERE_BUSY, pytest.skip.Exception),
    ],
    ids=["ours", "the card's", "too slow a machine's", "a busy machine's"],
)
def test_whose_fault_it_is(
    is_quiet: bool,
    load: float,
    plain_loses: bool,
    times: int,
    ends: type[BaseException],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tries, "plain_loses_sound", lambda: plain_loses)
    done: list[bool] = []

    def once() -> None:
        done.append(False)
        expect_sound(False, "sound was lost", load)

    with pytest.raises(ends):
        try_again(FakeCard(is_quiet), once)  # type: ignore[arg-type]
    assert len(done) == times


@pytest.mark.parametrize(
    ("passes", "loses"),
    [([(0, 0.999)], False), ([(0, 0.999), (1, 0.999)], True), ([(0, 0.5)], True)],
    ids=["whole", "once a complaint", "gaps"],
)
def test_what_counts_as_lost_by_the_plainest_program(
    passes: list[tuple[int, float]], loses: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    rest = iter(passes)
    monkeypatch.setattr(tries, "pass_plainly", lambda card: next(rest, passes[-1]))
    monkeypatch.setattr(tries, "VirtualCard", lambda: nullcontext())
    assert tries.plain_loses_sound() is loses


@pytest.mark.alone
@pytest.mark.skipif(why_unavailable() is not None, reason=f"no virtual card: {why_unavailable()}")
def test_the_plainest_program_is_heard() -> None:
    def once() -> None:
        complaints, likeness = pass_plainly(card)
        print(f"{complaints} complaints, likeness {likeness:.3f}")
        expect_sound(likeness > 0.5, "what comes out is another sound")

    with VirtualCard() as card:
        try_again(card, once)


@pytest.mark.alone
@pytest.mark.skipif(why_unavailable() is not None, reason=f"no virtual card: {why_unavailable()}")
def test_a_card_that_falls_silent_is_not_waited_for_but_started_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(virtual_card, "_ANSWER_PATIENCE_SECONDS", 1.0)
    sound = noise_bursts(3.0)
    with VirtualCard() as card:
        with card.frozen(), pytest.raises(Spoilt, match="fell silent"):
            card.say_and_listen(sound, 0.5)
        monkeypatch.undo()
        heard, _ = card.say_and_listen(sound, 1.0)
        assert np.abs(heard).max() > 0.1, "it is there again"
