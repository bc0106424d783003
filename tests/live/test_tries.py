"""What is tried again, and whose fault it is when every try was spoilt."""

from contextlib import nullcontext

import numpy as np
import pytest

from tests.live import tries, virtual_card
from tests.live.machine import Moment
from tests.live.sound_marks import noise_bursts
from tests.live.tries import Spoilt, expect_sound, pass_plainly, try_until_judged
from tests.live.virtual_card import VirtualCard, why_unavailable


class FakeMachine:
    def __init__(self, for_sound: str | None = None, for_all: str | None = None) -> None:
        self._for_sound, self._for_all = for_sound, for_all

    def now(self) -> Moment:
        return Moment(0.0, 0.0)

    def excuse_for_sound(self, since: Moment) -> str | None:
        return self._for_sound or self._for_all

    def excuse_for_all(self, since: Moment) -> str | None:
        return self._for_all

    def close(self) -> None:
        pass


STEADY, WAVERING, STARVED = FakeMachine(), FakeMachine("it stood still"), FakeMachine(for_all="it starves")


class Failing:
    """Something that goes wrong so often before it goes well."""

    def __init__(self, times: int, failure: BaseException) -> None:
        self._times, self._failure, self.tries = times, failure, 0

    def __call__(self) -> BaseException | None:
        self.tries += 1
        return self._failure if self.tries <= self._times else None


@pytest.fixture(autouse=True)
def plain_sound_is_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tries, "plain_loses_sound", lambda: False)


def test_spoilt_sound_is_tried_again_and_nothing_else_is() -> None:
    once = Failing(2, Spoilt("lost\nand more"))
    outcome = try_until_judged(once, STEADY)
    assert outcome.failure is None and outcome.spoilt == ["lost", "lost"] and once.tries == 3
    once = Failing(2, AssertionError("wrong"))
    outcome = try_until_judged(once, WAVERING)
    assert str(outcome.failure) == "wrong" and outcome.excuse is None and once.tries == 1


def test_where_the_machine_starves_anything_is_tried_again() -> None:
    once = Failing(1, ValueError())
    outcome = try_until_judged(once, STARVED)
    assert outcome.failure is None and outcome.spoilt == ["ValueError()"] and once.tries == 2


@pytest.mark.parametrize(
    ("machine", "load", "plain_loses", "times", "excuse"),
    [
        (STEADY, 0.2, False, tries.TRIES, None),
        (STEADY, 0.2, True, tries.TRIES, "plainest"),
        (STEADY, 0.5, False, tries.TRIES_WHERE_BUSY, "50%"),
        (WAVERING, 0.2, False, tries.TRIES_WHERE_BUSY, "stood still"),
        (STARVED, 0.2, False, tries.TRIES_WHERE_BUSY, "starves"),
    ],
    ids=["ours", "the card's", "too slow a machine's", "a wavering machine's", "a starved machine's"],
)
def test_whose_fault_it_is(
    machine: FakeMachine,
    load: float,
    plain_loses: bool,
    times: int,
    excuse: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tries, "plain_loses_sound", lambda: plain_loses)
    once = Failing(99, Spoilt("sound was lost", load))
    outcome = try_until_judged(once, machine)
    assert once.tries == times and isinstance(outcome.failure, Spoilt)
    assert outcome.excuse is None if excuse is None else excuse in (outcome.excuse or "")


def test_no_try_begins_when_it_took_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tries, "MOST_SECONDS", -1.0)
    once = Failing(99, Spoilt("sound was lost"))
    assert try_until_judged(once, STEADY).excuse is None and once.tries == 1


@pytest.mark.parametrize(
    ("passes", "loses"),
    [([(0, 0.999)], False), ([(0, 0.999), (1, 0.999)], True), ([(0, 0.5)], True)],
    ids=["whole", "once a complaint", "gaps"],
)
def test_what_counts_as_lost_by_the_plainest_program(
    passes: list[tuple[int, float]], loses: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    rest = iter(passes)
    monkeypatch.setattr(tries, "pass_plainly", lambda card: next(rest, passes[-1]))
    monkeypatch.setattr(tries, "VirtualCard", lambda: nullcontext())
    assert tries.plain_loses_sound() is loses


@pytest.mark.alone
@pytest.mark.skipif(why_unavailable() is not None, reason=f"no virtual card: {why_unavailable()}")
def test_the_plainest_program_is_heard() -> None:
    with VirtualCard() as card:
        complaints, likeness = pass_plainly(card)
    print(f"{complaints} complaints, likeness {likeness:.3f}")
    expect_sound(likeness > 0.5, "what comes out is another sound")


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
