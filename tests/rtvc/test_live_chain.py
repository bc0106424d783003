"""The live path without threads: a test calls the callbacks and the worker in the order it wants."""

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from rtvc.fades import read_across_cut, rising_ramp
from rtvc.handover import warm_up
from rtvc.live_chain import LiveChain
from rtvc.presets import PRESETS, Preset
from rtvc.ring import Ring
from rtvc.stage import Audio, Pipeline
from tests.fakes import Hopping, Passing

RATE, BLOCK = 48000, 256
MARGIN = 96
FLOWN_OFF_SECONDS = 10.0  # at most
PRESET = replace(PRESETS["balanced"], output_margin_ms=MARGIN / RATE * 1e3)


class Rig:
    """A microphone that hears a ramp-free noise, a worker and a speaker that keeps all it plays."""

    def __init__(
        self,
        stage: Passing | None = None,
        seconds: float = 8.0,
        preset: Preset = PRESET,
        # Nobody keeps this worker from running, whatever else the machine does meanwhile.
        own_clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.stage = stage or Passing()
        self.chain = LiveChain(Pipeline([self.stage]), RATE, BLOCK, BLOCK, preset, own_clock=own_clock)
        tone = np.sin(2 * np.pi * 220 / RATE * np.arange(round(seconds * RATE)))
        self.sound = (0.5 * tone * np.random.default_rng(1).uniform(0.9, 1, len(tone))).astype(np.float32)
        self.at = 0
        self.played: list[Audio] = []

    def capture(self) -> None:
        self.chain.capture(self.sound[self.at : self.at + BLOCK])
        self.at += BLOCK

    def work(self) -> None:
        while self.chain.work_once():
            pass

    def play(self) -> Audio:
        out = np.full(BLOCK, np.nan, np.float32)
        self.chain.play(out)
        assert np.isfinite(out).all()
        self.played.append(out)
        return out

    def run(self, seconds: float, work: bool = True) -> None:
        """Duplex callbacks one after the other; the worker works between them."""
        for _ in range(round(seconds * RATE / BLOCK)):
            self.capture()
            self.play()
            if work:
                self.work()

    def delay_at_end(self) -> int:
        """How many samples ago the last block played went in; an error if it is not a piece of the input."""
        heard = np.concatenate(self.played)[-4 * BLOCK :]
        for delay in range(self.at - len(heard) + 1):
            if np.array_equal(self.sound[self.at - delay - len(heard) : self.at - delay], heard):
                return delay
        raise AssertionError("what is heard is not what was said")


def expected_delay(stage: Passing) -> int:
    """Headroom the buffer keeps, and what the chain holds back."""
    return BLOCK + MARGIN + int(np.ceil(stage.latency_samples))


def shown_delay(rig: Rig) -> float:
    return (rig.chain.buffer_seconds + rig.chain.latency_seconds) * RATE


@pytest.mark.parametrize("stage", [Passing(), Hopping(557), Hopping(4096)], ids=["0", "557", "4096"])
def test_sound_comes_out_unchanged_as_late_as_said(stage: Passing) -> None:
    rig = Rig(stage)
    rig.run(2.0)
    assert rig.delay_at_end() == expected_delay(stage)
    assert shown_delay(rig) == pytest.approx(expected_delay(stage), abs=1)
    assert (rig.chain.output.underruns, rig.chain.output.cuts, rig.chain.cuts) == (0, 0, 0)


def test_starts_in_silence_and_fades_in() -> None:
    rig = Rig()
    rig.run(2.0)
    heard = np.concatenate(rig.played)
    first = int(np.flatnonzero(heard)[0])
    assert first > 0.15 * RATE
    assert np.abs(heard[first : first + 24]).max() < 0.03


def test_bursts_and_any_phase_are_allowed_for() -> None:
    rig = Rig()
    for _ in range(200):
        for _ in range(3):
            rig.capture()
            rig.play()
        rig.work()
    assert rig.chain.output.underruns == 0
    assert rig.delay_at_end() == expected_delay(rig.stage) + 2 * BLOCK


class Diligent(Pipeline):
    """Takes its time, and less where less is asked for."""

    def __init__(self, clock: list[float]) -> None:
        super().__init__([Hopping(557)])
        self.clock, self.seconds = clock, 0.0
        self.effort, self.efforts = 1.0, list[float]()

    def set_effort(self, effort: float) -> float:
        self.effort = effort
        return effort

    def process(self, block: Audio) -> Audio:
        out = super().process(block)
        if len(out):
            self.clock[0] += self.seconds * (1.0 - 0.4 * (1.0 - self.effort))
            self.efforts.append(self.effort)
        return out


def test_a_hop_that_would_be_late_is_done_with_less_work(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr("rtvc.live_chain.time.perf_counter", lambda: clock[0])
    rig, diligent = Rig(seconds=13.0), Diligent(clock)
    rig.chain = LiveChain(diligent, RATE, BLOCK, BLOCK, PRESET, clock=lambda: 0.0)
    efforts = []
    for diligent.seconds, seconds in ((0.001, 2.0), (0.0065, 2.0), (0.001, 8.0)):
        rig.run(seconds)
        efforts.append(np.mean(diligent.efforts[-50:]))
        assert rig.chain.pace.effort == pytest.approx(efforts[-1], abs=0.2)
    assert efforts[0] == efforts[2] == 1.0
    assert 0.1 < efforts[1] < 0.9


def test_what_lacks_is_said_before_it_is_silence_and_once() -> None:
    rig = Rig()
    output = rig.chain.output
    assert not output.lacks(BLOCK), "nothing has been heard yet"
    rig.run(1.0)
    assert not output.lacks(BLOCK)
    rig.capture()
    while not output.lacks(BLOCK):
        rig.play()
        rig.capture()
    assert output.underruns == 0
    rig.play()
    assert output.underruns == 1
    assert not output.lacks(BLOCK), "it is silent already"
    rig.work()
    rig.run(1.0)
    assert not output.lacks(BLOCK) and output.lacks(RATE)
    output.mute(True)
    assert not output.lacks(RATE), "silence is what is wanted"


def test_starvation_fades_to_silence_and_is_counted_once() -> None:
    rig = Rig()
    rig.run(1.0)
    before = len(rig.played)
    rig.run(0.1, work=False)
    gap = np.concatenate(rig.played[before - 1 :])
    assert rig.chain.output.underruns == 1
    assert not gap[-BLOCK:].any(), "silence, not the last block again"
    assert np.abs(np.diff(gap)).max() < 0.06, "no click"


def test_input_without_room_is_counted_and_the_delay_stays() -> None:
    rig = Rig(seconds=18.0)
    rig.run(1.0)
    rig.run(2.5, work=False)
    assert rig.chain.overruns > 0
    rig.run(FLOWN_OFF_SECONDS)
    assert rig.delay_at_end() == expected_delay(rig.stage)


def test_a_chain_that_never_rests_but_is_in_time_loses_nothing() -> None:
    rig = Rig()
    rig.capture()
    for _ in range(round(2.0 * RATE / BLOCK)):
        for _ in range(2):  # blocks come in pairs, and one is always left over
            rig.capture()
            rig.play()
        for _ in range(2):
            rig.chain.work_once()
    assert (rig.chain.cuts, rig.chain.output.underruns) == (0, 0)


class Toiling(Passing):
    """Takes so much of a processor's time."""

    def __init__(self, load: float) -> None:
        super().__init__()
        self._load, self.seconds = load, 0.0

    def process(self, block: Audio) -> Audio:
        self.seconds += self._load * len(block) / RATE
        return block


def test_a_chain_that_others_keep_from_running_catches_up() -> None:
    stage = Toiling(0.5)
    rig = Rig(stage, seconds=18.0, own_clock=lambda: stage.seconds)
    rig.run(1.0)
    for k in range(round(0.16 * RATE / BLOCK)):
        rig.capture()
        rig.play()
        if k % 2:  # half of it is worked off, the other half piles up
            rig.chain.work_once()
    rig.run(FLOWN_OFF_SECONDS)
    assert rig.chain.cuts == 0
    assert rig.delay_at_end() == expected_delay(stage)


def test_a_chain_too_slow_is_given_less_and_never_runs_late() -> None:
    stage = Toiling(10 / 9)
    rig = Rig(stage, seconds=18.0, own_clock=lambda: stage.seconds)
    rig.run(1.0)
    for k in range(round(4.0 * RATE / BLOCK)):
        rig.capture()
        rig.play()
        if k % 10:  # nine blocks of ten: a load of 111 %
            rig.chain.work_once()
    assert rig.chain.cuts > 0 and rig.chain.cut_samples > 0.05 * 4 * RATE
    behind = rig.at - rig.chain.output.written
    assert behind < 0.15 * RATE
    heard = np.concatenate(rig.played)[-RATE:]
    assert (heard != 0).mean() > 0.3, "part of the sound still comes in time"
    rig.run(FLOWN_OFF_SECONDS)
    assert rig.delay_at_end() == expected_delay(rig.stage)


@pytest.mark.parametrize("block", [16, 128, 239, 241, 512])
def test_a_cut_is_smooth_whatever_the_block(block: int) -> None:
    tone = (0.5 * np.sin(2 * np.pi * 200.0 / RATE * np.arange(6000))).astype(np.float32)
    ring, rise, out = Ring(8000), rising_ramp(240), np.zeros(block, np.float32)
    ring.write(tone)
    ring.read_into(before := np.zeros(100, np.float32))
    count = read_across_cut(ring, out, 1000, rise, np.zeros(240, np.float32))
    ring.read_into(after := np.zeros(100, np.float32))
    assert count == block
    steps = np.abs(np.diff(np.concatenate((before, out, after))))
    assert steps.max() < 0.02 + np.pi / 2 / min(block, 240), "no steeper than the tone and the fade"


def test_a_speaker_that_slept_is_caught_up_with() -> None:
    rig = Rig()
    rig.run(1.0)
    for _ in range(round(0.2 * RATE / BLOCK)):
        rig.capture()
        rig.work()
    rig.run(1.0)
    assert rig.delay_at_end() == expected_delay(rig.stage)
    assert rig.chain.output.cuts == 1
    assert np.abs(np.diff(np.concatenate(rig.played))).max() < 0.08, "no click"


def test_a_microphone_that_lost_sound_does_not_starve_the_speaker_for_good() -> None:
    rig = Rig(seconds=18.0)
    rig.run(1.0)
    for _ in range(20):
        rig.play()
    rig.run(1.0)
    underruns = rig.chain.output.underruns
    rig.run(1.0)
    assert rig.chain.output.underruns == underruns
    rig.run(FLOWN_OFF_SECONDS)
    assert rig.delay_at_end() <= expected_delay(rig.stage)


def test_a_nan_is_not_played_and_the_chain_starts_afresh() -> None:
    class Poisoned(Hopping):
        is_ill = False

        def process(self, block: Audio) -> Audio:
            out = super().process(block)
            return out * np.float32("nan") if self.is_ill else out

        def reset(self) -> None:
            super().reset()
            self.is_ill = False

    stage = Poisoned(557)
    rig = Rig(stage)
    rig.run(1.0)
    stage.is_ill = True
    rig.run(1.0)
    assert rig.chain.repairs == 1
    assert rig.delay_at_end() == expected_delay(stage)


def test_muted_means_silence_from_now_on() -> None:
    rig = Rig()
    rig.run(1.0)
    rig.chain.output.end()
    rig.run(0.1)
    assert not np.concatenate(rig.played[-10:]).any()


def test_warming_up_leaves_no_trace() -> None:
    stage = Hopping(557)
    rig = Rig(stage)
    warm_up(rig.chain.pipeline, RATE, 0.1)
    rig.run(1.0)
    assert stage.resets == 1
    assert rig.delay_at_end() == expected_delay(stage)


def test_two_rates_keep_time() -> None:
    class Halving(Passing):
        def process(self, block: Audio) -> Audio:
            return block[::2]

    chain = LiveChain(Pipeline([Halving(24000)]), RATE, BLOCK, BLOCK // 2, PRESET)
    ramp = np.arange(RATE * 2, dtype=np.float32)
    for at in range(0, len(ramp), BLOCK):
        chain.capture(ramp[at : at + BLOCK])
        out = np.zeros(BLOCK // 2, np.float32)
        chain.play(out)
        while chain.work_once():
            pass
    heard_at = len(ramp) - BLOCK - out[0]
    assert heard_at / RATE == pytest.approx(chain.buffer_seconds, abs=1e-4)


def test_levels_are_those_of_the_sound() -> None:
    rig = Rig()
    rig.run(1.0)
    assert rig.chain.input_level.level == pytest.approx(0.5, rel=0.02)
    assert rig.chain.output_level.level == rig.chain.input_level.level


def test_settings_taken_on_between_blocks_reach_the_pipeline_that_was_given_last() -> None:
    class Tunable(Pipeline):
        def __init__(self) -> None:
            super().__init__([Passing()])
            self.taken: list[object] = []

        def tune(self, settings: object) -> None:
            self.taken.append(settings)

    first, second, third = Tunable(), Tunable(), Tunable()
    chain = LiveChain(first, RATE, BLOCK, BLOCK, PRESET)
    block = np.zeros(BLOCK, np.float32)

    def run(blocks: int) -> None:
        for _ in range(blocks):
            chain.capture(block)
            chain.work_once()
            chain.play(np.zeros(BLOCK, np.float32))

    chain.tune("louder")
    run(2)
    chain.swap(second)
    run(1)
    chain.swap(third)  # while the second one takes over
    chain.tune("quieter")
    run(200)
    chain.tune("loud")
    run(1)
    assert (first.taken, second.taken, third.taken) == (["louder"], [], ["quieter", "loud"])
