"""One pipeline after another while sound runs: no click, no gap, and as late as declared."""

import time

import numpy as np
import pytest

from rtvc.handover import warm_up
from rtvc.live_chain import LiveChain
from rtvc.stage import Audio, Pipeline
from tests.fakes import Hopping
from tests.rtvc.test_live_chain import (
    BLOCK,
    FLOWN_OFF_SECONDS,
    MARGIN,
    PRESET,
    RATE,
    Diligent,
    Rig,
    expected_delay,
)


class Scaling(Hopping):
    def __init__(self, hop: int, factor: float) -> None:
        super().__init__(hop)
        self.factor = factor

    def process(self, block: Audio) -> Audio:
        return super().process(block) * np.float32(self.factor)


def clicks(rig: Rig, since: int) -> float:
    return float(np.abs(np.diff(np.concatenate(rig.played)[since:])).max())


@pytest.mark.parametrize("old, new", [(557, 557), (557, 2048), (2048, 557), (1, 4096), (4096, 1), (300, 301)])
def test_the_delay_becomes_that_of_the_new_one(old: int, new: int) -> None:
    rig, stage = Rig(Hopping(old)), Hopping(new)
    rig.run(1.0)
    since = len(rig.played) * BLOCK
    rig.chain.swap(Pipeline([stage]))
    rig.run(1.5)
    assert rig.delay_at_end() == expected_delay(stage)
    shown = (rig.chain.buffer_seconds + rig.chain.latency_seconds) * RATE
    assert shown == pytest.approx(expected_delay(stage), abs=1)
    assert (rig.chain.output.underruns, rig.chain.output.cuts) == (0, 0)
    assert clicks(rig, since) < 0.08
    assert np.abs(np.concatenate(rig.played)[since:]).reshape(-1, BLOCK).max(axis=1).min() > 0.1, "no gap"


def test_the_new_one_works_little_until_it_is_listened_to() -> None:
    rig, old, new = Rig(), Diligent([0.0]), Diligent([0.0])
    rig.chain = LiveChain(old, RATE, BLOCK, BLOCK, PRESET, own_clock=time.perf_counter)
    rig.run(1.0)
    rig.chain.swap(new)
    rig.run(1.0)
    efforts = new.efforts[1:]  # before the first block nobody has said anything
    assert efforts == sorted(efforts) and set(efforts) == {0.0, 1.0}
    assert 0.06 < efforts.count(0.0) * 557 / RATE < 0.12
    assert set(old.efforts) == {1.0}


def test_a_warm_up_rests_before_each_long_hop(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, rests = [0.0], list[float]()
    monkeypatch.setattr("rtvc.handover.time.perf_counter", lambda: clock[0])
    diligent = Diligent(clock)
    for diligent.seconds, least, most in ((0.006, 0.9, 1.1), (0.002, 0.25, 0.5), (0.0, 0.0, 0.1)):
        diligent.efforts.clear()
        rests.clear()
        warm_up(diligent, RATE, await_rest=lambda: rests.append(clock[0]))
        assert len(diligent.efforts) > 10
        assert rests and least <= len(rests) / len(diligent.efforts) <= most


def test_a_quicker_one_can_be_as_late_as_the_one_before() -> None:
    rig = Rig(Hopping(2048))
    rig.run(1.0)
    rig.chain.swap(Pipeline([Hopping(1)]), rig.chain.latency_seconds)
    rig.run(1.5)
    assert rig.delay_at_end() == expected_delay(Hopping(2048))
    assert rig.chain.latency_seconds * RATE == pytest.approx(2047, abs=1)
    rig.chain.swap(Pipeline([Hopping(2048)]))
    rig.run(1.5)
    assert rig.delay_at_end() == BLOCK + MARGIN + 2047
    assert (rig.chain.output.underruns, rig.chain.output.cuts) == (0, 0)


def test_many_changes_in_a_row_end_with_the_last() -> None:
    rig, rng = Rig(Hopping(557), seconds=12), np.random.default_rng(3)
    rig.run(1.0)
    since = len(rig.played) * BLOCK
    for _ in range(60):
        rig.chain.swap(Pipeline([Scaling(int(rng.integers(1, 3000)), float(rng.uniform(0.5, 1.0)))]))
        rig.run(float(rng.uniform(0.0, 0.3)))
    last = Hopping(1000)
    rig.chain.swap(Pipeline([last]))
    rig.run(1.0)
    assert rig.delay_at_end() == expected_delay(last)
    assert clicks(rig, since) < 0.08
    assert (rig.chain.output.underruns, rig.chain.output.cuts, rig.chain.repairs) == (0, 0, 0)


@pytest.mark.parametrize("new", [1, 557, 4096])
def test_a_stall_in_the_middle_of_a_change_does_no_harm(new: int) -> None:
    rig, stage = Rig(Hopping(557), seconds=12), Hopping(new)
    rig.run(1.0)
    rig.chain.swap(Pipeline([stage]))
    rig.run(0.1)
    rig.run(0.5, work=False)
    rig.run(FLOWN_OFF_SECONDS)
    assert rig.delay_at_end() == expected_delay(stage)


def test_a_new_one_that_is_ill_is_started_afresh() -> None:
    class Ill(Hopping):
        is_ill = True

        def process(self, block: Audio) -> Audio:
            return super().process(block) * np.float32(np.nan if self.is_ill else 1.0)

        def reset(self) -> None:
            super().reset()
            self.is_ill = False

    rig, stage = Rig(Hopping(557)), Ill(2048)
    stage.is_ill = True
    rig.run(1.0)
    rig.chain.swap(Pipeline([stage]))
    rig.run(1.5)
    assert rig.chain.repairs == 1
    assert rig.delay_at_end() == expected_delay(stage)
    assert np.isfinite(np.concatenate(rig.played)).all()
