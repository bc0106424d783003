"""What is said when something is off, and that nothing is said otherwise."""

from typing import Any

import pytest
from PyQt6.QtWidgets import QApplication

from gui.demo_link import STATS
from gui.hints import HintFinder


@pytest.fixture
def hints(qapp: QApplication) -> HintFinder:
    return HintFinder()


def feed(hints: HintFinder, seconds: float, begin: float = 0.0, **changes: Any) -> None:
    for step in range(round(seconds * 25)):
        hints.add(STATS | {"seconds": begin + step / 25} | changes)


def test_nothing_is_said_while_all_is_well(hints: HintFinder) -> None:
    assert hints.hint == ""
    feed(hints, 60.0)
    assert hints.hint == ""


def test_a_busy_computer(hints: HintFinder) -> None:
    feed(hints, 1.0, load=0.95)
    assert "too busy" in hints.hint


def test_interruptions_of_late_and_not_those_of_long_ago(hints: HintFinder) -> None:
    feed(hints, 5.0, underruns=1)
    assert hints.hint == ""  # one of before
    feed(hints, 2.0, 5.0, underruns=2, drops=1)
    assert "interrupted" in hints.hint
    feed(hints, 15.0, 7.0, underruns=2, drops=1)
    assert hints.hint == ""


def test_a_microphone_that_is_too_loud(hints: HintFinder) -> None:
    feed(hints, 1.0, input_peak=1.0)
    assert "too loud" in hints.hint
    feed(hints, 6.0, 1.0)
    assert hints.hint == ""


def test_a_microphone_that_is_silent(hints: HintFinder) -> None:
    feed(hints, 5.0, input_peak=0.0)
    assert hints.hint == ""
    feed(hints, 3.0, 5.0, input_peak=0.0)
    assert "Nothing comes from the microphone" in hints.hint
    feed(hints, 0.1, 8.0)
    assert hints.hint == ""


def test_a_new_start_forgets(hints: HintFinder) -> None:
    feed(hints, 9.0, 100.0, underruns=0)
    feed(hints, 1.0, 0.0, underruns=5)
    assert hints.hint == ""
