"""How late sound is after the worker was late, others had the processors, or devices were opened again."""

from dataclasses import replace

import numpy as np
import pytest

from rtvc.live_chain import LiveChain
from rtvc.output_buffer import OutputBuffer
from rtvc.presets import Preset
from rtvc.stage import Audio
from tests.fakes import Hopping
from tests.rtvc.test_live_chain import (
    BLOCK,
    FLOWN_OFF_SECONDS,
    PRESET,
    RATE,
    Diligent,
    Rig,
    expected_delay,
    shown_delay,
)

GIVEN_WAY = 480  # at most


def opened_again(before: Rig, preset: Preset = PRESET) -> Rig:
    again = Rig(Hopping(557), seconds=60.0, preset=preset)
    again.chain.know_machine(before.chain)
    return again


@pytest.mark.parametrize("stall_seconds", [0.02, 0.1, 0.24, 0.5, 1.9])
def test_a_stall_does_not_change_the_delay_for_good(stall_seconds: float) -> None:
    rig = Rig(Hopping(557), seconds=28.0)
    rig.run(1.0)
    rig.run(stall_seconds, work=False)
    rig.run(0.5)
    assert rig.delay_at_end() == expected_delay(rig.stage)
    rig.run(FLOWN_OFF_SECONDS)
    rig.run(stall_seconds, work=False)
    rig.run(1.0)
    assert shown_delay(rig) <= expected_delay(rig.stage) + GIVEN_WAY, "nearly, the second time"
    rig.run(FLOWN_OFF_SECONDS)
    assert rig.delay_at_end() == expected_delay(rig.stage), "and the rest flows off"
    assert rig.chain.output.underruns >= 2
    heard = np.concatenate(rig.played)
    assert np.abs(np.diff(heard)).max() < 0.08, "no click"


def stand_still_now_and_then(rig: Rig, times: int) -> None:
    for _ in range(times):
        rig.run(5.0)
        rig.run(2 * BLOCK / RATE, work=False)


def test_a_machine_that_stands_still_now_and_then_is_allowed_for_after_some_times() -> None:
    rig = Rig(seconds=60.0)
    stand_still_now_and_then(rig, 10)
    assert rig.chain.output.underruns <= 3, "the delay that spares it stays"
    assert rig.chain.output.cuts <= 2
    rig.run(1.0)
    assert expected_delay(rig.stage) < rig.delay_at_end() <= expected_delay(rig.stage) + 0.010 * RATE
    opened_again = Rig(seconds=60.0)
    opened_again.chain.know_machine(rig.chain)
    stand_still_now_and_then(opened_again, 10)
    assert opened_again.chain.output.underruns == 1


class Crowded(Diligent):
    """Among other programs, which let it run for a share of the time."""

    share, own_seconds = 1.0, 0.0

    def process(self, block: Audio) -> Audio:
        began = self.clock[0]
        out = super().process(block)
        self.own_seconds += self.share * (self.clock[0] - began)
        return out


def crowded_rig(monkeypatch: pytest.MonkeyPatch) -> tuple[Rig, Crowded]:
    clock = [0.0]
    monkeypatch.setattr("rtvc.live_chain.time.perf_counter", lambda: clock[0])
    rig, worker = Rig(seconds=30.0), Crowded(clock)
    worker.seconds = 0.004
    rig.chain = LiveChain(
        worker, RATE, BLOCK, BLOCK, PRESET, clock=lambda: 0.0, own_clock=lambda: worker.own_seconds
    )
    return rig, worker


def test_the_delay_is_as_before_within_a_second_after_others_have_let_go(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rig, worker = crowded_rig(monkeypatch)
    rig.run(2.0)
    usual = rig.delay_at_end()
    worker.share = 0.5
    for _ in range(3):
        rig.run(1.0)
        rig.run(0.02, work=False)
    rig.run(1.0)
    assert rig.delay_at_end() == usual + GIVEN_WAY, "kept while it is crowded"
    worker.share = 0.9
    rig.run(1.0)
    assert rig.delay_at_end() == usual
    assert rig.chain.output.cuts == 0
    assert np.abs(np.diff(np.concatenate(rig.played)[-RATE:])).max() < 0.08, "no click"


def test_a_crowd_that_comes_and_goes_is_not_believed_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    rig, worker = crowded_rig(monkeypatch)
    rig.run(2.0)
    for _ in range(6):
        worker.share = 0.5
        rig.run(1.0)
        rig.run(0.01, work=False)
        worker.share = 0.9
        rig.run(2.0)
    assert rig.chain.output.underruns <= 3


def stall_twice(rig: Rig, blocks: int) -> None:
    """The second time it is given way to, half a second later all of it is there."""
    for _ in range(2):
        rig.run(blocks * BLOCK / RATE, work=False)
        rig.run(0.5)


def run_late(rig: Rig, seconds: float, blocks: int) -> None:
    """The worker is so many blocks behind."""
    rig.run(blocks * BLOCK / RATE, work=False)
    for _ in range(round(seconds * RATE / BLOCK)):
        rig.capture()
        rig.play()
        rig.chain.work_once()


def test_a_block_that_may_be_needed_again_is_left_where_it_is() -> None:
    rig = Rig(Hopping(557), seconds=18.0)
    run_late(rig, 0.5, blocks=1)
    chosen = shown_delay(rig)
    assert chosen == pytest.approx(expected_delay(rig.stage) + BLOCK, abs=1)
    rig.run(6.0)
    assert shown_delay(rig) == pytest.approx(chosen, abs=1)


@pytest.mark.parametrize("is_opened_again", [False, True])
def test_a_machine_that_is_faster_after_a_while_does_not_change_the_delay(is_opened_again: bool) -> None:
    rig = Rig(Hopping(557), seconds=40.0)
    run_late(rig, 12.0, blocks=2)
    settled = shown_delay(rig)
    assert settled == pytest.approx(expected_delay(rig.stage) + 2 * BLOCK, abs=1)
    rig = opened_again(rig) if is_opened_again else rig
    assert shown_delay(rig) == pytest.approx(settled, abs=1), "also while the first sound is waited for"
    rig.run(12.0)
    assert shown_delay(rig) == pytest.approx(settled, abs=1)
    stall_twice(rig, 8)
    rig.run(0.5)
    assert shown_delay(rig) == pytest.approx(settled + GIVEN_WAY, abs=1)
    rig.run(FLOWN_OFF_SECONDS)
    assert shown_delay(rig) == pytest.approx(settled, abs=24), "what late sound added flows off, no more"
    assert (rig.chain.output.underruns, rig.chain.output.cuts, rig.chain.cuts) == (2, 0, 0)


@pytest.mark.parametrize("every_seconds, blocks_more", [(8.0, 1.8), (12.0, 0.0)])
def test_a_machine_that_goes_on_being_late_at_times_has_more_delay_only_where_that_is_often(
    every_seconds: float, blocks_more: float
) -> None:
    rig = Rig(Hopping(557), seconds=130.0)
    rig.run(2.0)
    stall_twice(rig, 8)
    for _ in range(round(120.0 / every_seconds)):
        rig.run(every_seconds - 0.04)
        at_last = shown_delay(rig)
        rig.run(0.04, work=False)
    assert at_last == pytest.approx(expected_delay(rig.stage) + blocks_more * BLOCK, abs=24)


def test_late_sound_is_no_drop_and_the_delay_as_before_where_a_block_more_was_chosen() -> None:
    rig = Rig(Hopping(557), seconds=18.0)
    run_late(rig, 0.5, blocks=1)
    rig.run(0.5)
    chosen = shown_delay(rig)
    stall_twice(rig, 6)
    rig.run(0.5)
    assert shown_delay(rig) == pytest.approx(chosen + GIVEN_WAY, abs=1)
    rig.run(FLOWN_OFF_SECONDS)
    assert shown_delay(rig) == pytest.approx(chosen, abs=24), "half a millisecond says nothing"
    assert (rig.chain.output.underruns, rig.chain.output.cuts, rig.chain.cuts) == (2, 0, 0)


def play_late(buffer: OutputBuffer, block: int, *late: tuple[float, int], captured: int = 0) -> int:
    """For so many seconds the worker is so many samples behind; says how many were captured by then."""
    out = np.zeros(block, np.float32)
    for seconds, behind in late:
        for _ in range(round(seconds * RATE / block)):
            captured += block
            due = captured - behind
            buffer.write(np.zeros(max(0, due - buffer.written), np.float32), due)
            buffer.play(out, captured)
    return captured


def test_a_delay_that_nothing_explains_is_cut_where_blocks_are_large_too() -> None:
    block, late = 512, 900
    buffer = OutputBuffer(RATE, block, 0.015)
    play_late(buffer, block, (1.0, late), (1.0, 0))
    assert (buffer.underruns, buffer.cuts) == (0, 1)
    assert buffer.cut_samples == pytest.approx(late, abs=1)


def test_after_a_cut_no_more_flows_off() -> None:
    buffer = OutputBuffer(RATE, BLOCK, 0.008)
    play_late(buffer, BLOCK, (1.0, 900), (2.4, 400), (6.0, 0))
    assert (buffer.underruns, buffer.cuts) == (0, 1)
    assert buffer.stretched_samples < 0, "before it some did"
    assert buffer.delay_samples == pytest.approx(buffer.target_samples, abs=1)


def test_what_is_given_way_to_is_shown_at_once() -> None:
    rig = Rig(Hopping(557))
    rig.run(1.0)
    for _ in range(2):
        rig.run(0.1)
        rig.run(0.02, work=False)
    while not rig.chain.output._given_way:
        rig.capture()
        rig.work()
        rig.play()
    assert shown_delay(rig) == pytest.approx(expected_delay(rig.stage) + rig.chain.output._given_way, abs=1)


def test_opened_again_it_is_as_late_as_before_though_it_begins_better() -> None:
    slow = Rig(Hopping(557))
    run_late(slow, 2.0, blocks=2)
    assert slow.delay_at_end() > expected_delay(slow.stage)
    again = opened_again(slow)
    again.run(0.8)
    assert again.delay_at_end() == slow.delay_at_end()
    again.run(FLOWN_OFF_SECONDS)
    assert again.delay_at_end() == expected_delay(again.stage), "unless that proves needless"
    too_slow = Rig(Hopping(557))
    too_slow.chain.output._usual_delay, too_slow.chain.output._is_playing = 0.5 * RATE, True
    afresh = opened_again(too_slow)
    afresh.run(0.8)
    assert afresh.delay_at_end() == expected_delay(afresh.stage), "another machine by now"


def test_opened_again_while_it_is_crowded_it_is_late_for_a_while_only() -> None:
    before = Rig(Hopping(557))
    before.run(1.0)
    again = opened_again(before)
    run_late(again, 0.5, blocks=1)
    assert shown_delay(again) == pytest.approx(expected_delay(again.stage) + BLOCK, abs=1)
    again.run(FLOWN_OFF_SECONDS)
    assert again.delay_at_end() == expected_delay(again.stage)


def test_opened_again_it_is_as_late_as_before_though_it_begins_worse_where_no_sound_is_late_by_that() -> None:
    patient = replace(PRESET, output_margin_ms=1.5 * BLOCK / RATE * 1e3)
    before = Rig(Hopping(557), preset=patient)
    before.run(1.0)
    again = opened_again(before, patient)
    run_late(again, 2.0, blocks=1)
    assert shown_delay(again) == pytest.approx(shown_delay(before), abs=1)
    assert again.chain.output.underruns == 0


@pytest.mark.parametrize("seconds", [0.15, 1.0], ids=["a stall", "another device"])
def test_opened_again_a_much_longer_delay_is_believed_when_it_shows_again_and_again(seconds: float) -> None:
    before = Rig(Hopping(557))
    before.run(1.0)
    again = opened_again(before)
    run_late(again, seconds, blocks=4)
    again.run(1.0)
    assert again.chain.output.cuts == (seconds == 1.0)
    again.run(FLOWN_OFF_SECONDS)
    assert again.delay_at_end() == expected_delay(again.stage)
    assert again.chain.output.underruns == 0


def test_opened_again_while_the_machine_stalls_on_and_on_it_is_as_late_as_before() -> None:
    before, again = (OutputBuffer(RATE, BLOCK, 0.008) for _ in range(2))
    play_late(before, BLOCK, (12.0, 0))
    again.know_machine(before)
    play_late(again, BLOCK, (0.22, 1500), (0.22, 2500), (1.0, 0))
    assert (again.underruns, again.cuts) == (0, 0)
    assert again.delay_samples == pytest.approx(before.delay_samples, abs=1)


def test_opened_again_twice_before_any_sound_came_it_is_as_late_as_before() -> None:
    before = Rig(Hopping(557), seconds=18.0)
    run_late(before, 12.0, blocks=2)
    silent = opened_again(before)
    run_late(silent, 0.15, blocks=8)  # looked at once, and not believed
    again = opened_again(silent)
    assert shown_delay(again) == pytest.approx(shown_delay(before), abs=1)
    again.run(12.0)
    assert shown_delay(again) == pytest.approx(shown_delay(before), abs=1)


def test_where_others_have_let_go_no_more_is_taken_in_haste_than_late_sound_may_add() -> None:
    before, again = (OutputBuffer(RATE, BLOCK, 0.008) for _ in range(2))
    play_late(before, BLOCK, (12.0, 0))
    again.know_machine(before)
    captured = play_late(again, BLOCK, (1.0, 1500))
    assert again._given_way > GIVEN_WAY
    again.hasten()
    play_late(again, BLOCK, (1.5, 900), captured=captured)
    assert (again.underruns, again.cuts) == (0, 0)
    assert -GIVEN_WAY <= again.stretched_samples < 0


def test_opened_again_a_cut_leads_back_to_the_delay_as_before() -> None:
    before = Rig(Hopping(557), seconds=18.0)
    run_late(before, 12.0, blocks=1)
    again = opened_again(before)
    run_late(again, 1.0, blocks=6)
    again.run(1.0)
    assert again.chain.output.cuts == 1
    assert shown_delay(again) == pytest.approx(shown_delay(before), abs=1)


@pytest.mark.parametrize("blocks", [1, 2, 3, 4, 6])
def test_opened_again_while_the_machine_was_late_the_delay_finds_back_to_the_settled_one(blocks: int) -> None:
    before = Rig(Hopping(557), seconds=18.0)
    before.run(12.0)
    again = opened_again(before)
    run_late(again, 1.0, blocks)
    again.run(20.0)
    assert shown_delay(again) == pytest.approx(shown_delay(before), abs=24)
    assert again.chain.output.underruns == 0
