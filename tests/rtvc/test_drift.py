"""Two devices with a clock each, simulated: the delay stays, nothing clicks, and the stats tell of it."""

import heapq
import time

import numpy as np
import pytest

from rtvc.drift import ClockFollower
from rtvc.live_chain import LiveChain
from rtvc.presets import PRESETS
from rtvc.stage import Audio, Pipeline
from tests.fakes import FakeClock, Hopping

RATE, HOP = 48000, 557
PRESET = PRESETS["balanced"]
BLOCK = PRESET.block_samples
STEADY_AFTER = 1.0  # seconds
SLOW_HZ = 10.0  # with a period longer than any delay here
# The slow tone's own bend and single precision's; one sample left out on a slope bends it by a thousandth.
SMOOTH = 5e-6


class TwoClocks:
    """A microphone that hears a ramp, so that every sample played says when it went in; or a tone.

    Single precision counts the samples of 350 s; the phase of a slow tone says the same for any time.
    """

    def __init__(
        self, input_ppm: float, jitter_seconds: float = 0.0, phase: float = 0.3, tone_hz: float = 0.0
    ) -> None:
        self.tone_hz = tone_hz
        angles = 2 * np.pi * tone_hz / RATE * np.arange(BLOCK)
        self._fit = np.linalg.pinv(np.stack([np.sin(angles), np.cos(angles)], axis=1))
        self.clock, self.random = FakeClock(), np.random.default_rng(4)
        self.chain = LiveChain(
            Pipeline([Hopping(HOP)]),
            RATE,
            BLOCK,
            BLOCK,
            PRESET,
            is_duplex=False,
            clock=self.clock,
            own_clock=time.perf_counter,
        )
        self.jitter_seconds = jitter_seconds
        self.input_rate = RATE * (1 + input_ppm * 1e-6)
        self._start = self.clock.now
        self._captured = self._played = 0
        # (when it should call, is output)
        self._calls = [
            (self._start + BLOCK / self.input_rate, False),
            (self._start + phase * BLOCK / RATE, True),
        ]
        self.delays_ms: list[tuple[float, float]] = []  # (when, how late), at the first sample of each block
        self.blocks: list[Audio] = []
        self.microphone_works = True
        self.held_blocks: int | None = None  # while not None, blocks gather in the sound system

    def run(self, seconds: float) -> None:
        end = self._calls[0][0] + seconds
        while self._calls[0][0] < end:
            due, is_output = heapq.heappop(self._calls)
            late = self.random.uniform(0, self.jitter_seconds)
            self.clock.now = max(self.clock.now, due + late)
            if is_output:
                self._play(due)
            elif self.held_blocks is not None:
                self.held_blocks += 1
            else:
                self._capture()
            heapq.heappush(self._calls, (due + BLOCK / (RATE if is_output else self.input_rate), is_output))

    def stall(self, seconds: float) -> None:
        """The worker stands still."""
        works = self.chain.work_once
        self.chain.work_once = lambda: False  # type: ignore[method-assign]
        self.run(seconds)
        self.chain.work_once = works  # type: ignore[method-assign]

    def let_go(self) -> None:
        """All that has gathered comes at once."""
        held, self.held_blocks = self.held_blocks or 0, None
        for _ in range(held):
            self._capture()

    def _capture(self) -> None:
        heard = np.arange(self._captured, self._captured + BLOCK, dtype=np.float64)
        self._captured += BLOCK
        if self.tone_hz:
            heard = np.sin(2 * np.pi * self.tone_hz / RATE * heard)
        if self.microphone_works:
            self.chain.capture(heard.astype(np.float32))
            while self.chain.work_once():
                pass

    def _play(self, due: float) -> None:
        out = np.full(BLOCK, np.nan, np.float32)
        self.chain.play(out)
        assert np.isfinite(out).all()
        self.blocks.append(out)
        seconds = due - self._start
        late = (
            self._late_by_phase(seconds, out) if self.tone_hz else seconds - float(out[0]) / self.input_rate
        )
        self.delays_ms.append((seconds, late * 1e3))

    def _late_by_phase(self, seconds: float, out: Audio) -> float:
        """Of the tone, up to whole periods."""
        in_phase, ahead = self._fit @ out
        samples = np.arctan2(ahead, in_phase) / (2 * np.pi * self.tone_hz / RATE)
        return float((seconds - samples / self.input_rate) % (RATE / self.tone_hz / self.input_rate))

    def delays_after(self, seconds: float) -> np.ndarray:
        return np.array([delay for at, delay in self.delays_ms if at >= seconds])

    def bend_after(self, seconds: float) -> float:
        """The sharpest bend of the tone; a click, or a sample too many, is one."""
        start = round(seconds * RATE / BLOCK)
        return float(np.abs(np.diff(np.concatenate(self.blocks[start:]), 2)).max())


@pytest.mark.parametrize(("ppm", "minutes"), [(200.0, 10), (-200.0, 2.5), (100.0, 10), (-100.0, 2.5)])
def test_clocks_that_part_change_no_delay_and_do_not_click(ppm: float, minutes: float) -> None:
    devices = TwoClocks(ppm, jitter_seconds=0.001, tone_hz=SLOW_HZ)
    devices.run(60 * minutes)
    delays = devices.delays_after(STEADY_AFTER)
    assert np.ptp(delays) < 2.0, "within 2 ms from the first second to the last"
    assert np.ptp(delays[len(delays) // 2 :]) < 0.5
    output = devices.chain.output
    assert (output.underruns, output.cuts) == (0, 0)
    assert output.drift_ppm == pytest.approx(-ppm, abs=20)
    assert output.stretched_samples == pytest.approx(-ppm * 1e-6 * 60 * minutes * RATE, rel=0.1)
    assert devices.bend_after(STEADY_AFTER) < SMOOTH


@pytest.mark.parametrize("ppm", [200.0, -200.0])
def test_a_tone_stays_smooth(ppm: float) -> None:
    devices = TwoClocks(ppm, jitter_seconds=0.001, tone_hz=220.0)
    devices.run(30.0)
    assert devices.chain.output.stretched_samples != 0
    assert devices.bend_after(STEADY_AFTER) < 1.05 * (2 * np.pi * 220.0 / RATE) ** 2


@pytest.mark.parametrize("phase", [0.05, 0.5, 0.95])
def test_the_delay_is_the_one_shown_and_the_same_in_any_phase(phase: float) -> None:
    devices = TwoClocks(0.0, phase=phase)
    devices.run(3.0)
    delay_ms = float(np.mean(devices.delays_after(2.0)))
    chain, block = devices.chain, BLOCK / RATE
    # Half a millisecond of filter; the oldest sample of a block has waited for the youngest.
    assert (chain.buffer_seconds + chain.latency_seconds + block) * 1e3 == pytest.approx(delay_ms, abs=0.1)
    assert delay_ms == pytest.approx((2 * BLOCK + HOP - 1) / RATE * 1e3 + PRESET.output_margin_ms, abs=0.5)


def test_devices_that_start_unevenly_do_not_stay_late() -> None:
    devices, even = TwoClocks(0.0), TwoClocks(0.0)
    devices.run(0.15)
    devices.held_blocks = 0
    devices.run(0.12)
    devices.let_go()
    devices.run(16.0)
    even.run(3.0)
    usual = even.delays_after(2.0).mean()
    assert devices.delays_after(15.5).mean() == pytest.approx(usual, abs=0.5)
    assert devices.chain.output.cuts == 1


@pytest.mark.parametrize("at_seconds", [2.0, 2.2], ids=str)  # late in a watch, and early
def test_late_sound_that_was_given_way_to_flows_back_without_a_cut(at_seconds: float) -> None:
    devices = TwoClocks(0.0)
    devices.run(at_seconds)
    before = devices.delays_after(1.5).mean()
    longer_than_there_is_sound = PRESET.output_margin_ms / 1e3 + 0.016
    devices.stall(longer_than_there_is_sound)
    devices.run(0.2)
    devices.stall(longer_than_there_is_sound)
    devices.run(60.0)
    assert devices.chain.output.underruns == 2 and devices.chain.output.cuts == 0
    assert devices.delays_after(55.0).mean() == pytest.approx(before, abs=0.3)


def test_late_sound_that_was_given_way_to_flows_back_in_haste_where_others_have_let_go() -> None:
    devices = TwoClocks(0.0)
    devices.run(2.0)
    before = devices.delays_after(1.5).mean()
    for _ in range(2):
        devices.stall(0.03)
        devices.run(0.5)
    assert devices.delays_after(2.9).mean() > before + 5.0
    devices.chain.output.hasten()
    devices.run(1.2)
    assert devices.delays_after(4.1).mean() == pytest.approx(before, abs=0.2)
    assert devices.chain.output.cuts == 0


def test_a_speaker_that_slept_is_caught_up_with_at_once() -> None:
    devices = TwoClocks(50.0)
    devices.run(3.0)
    before = devices.delays_after(2.0).mean()
    devices._calls = [(due + 0.3 * is_output, is_output) for due, is_output in devices._calls]
    heapq.heapify(devices._calls)
    devices.run(3.0)
    assert devices.chain.output.cuts == 1
    assert devices.delays_after(5.0).mean() == pytest.approx(before, abs=1.0)


def test_a_microphone_that_lost_sound_does_not_starve_the_speaker_for_good() -> None:
    devices = TwoClocks(0.0)
    devices.run(3.0)
    devices.microphone_works = False
    devices.run(0.1)
    devices.microphone_works = True
    devices.run(2.0)
    underruns = devices.chain.output.underruns
    devices.run(2.0)
    assert devices.chain.output.underruns == underruns


def test_a_stall_of_the_worker_does_not_change_the_delay_for_good() -> None:
    devices = TwoClocks(100.0)
    devices.run(3.0)
    before = devices.delays_after(2.0).mean()
    devices.stall(1.0)
    devices.run(20.0)
    assert devices.delays_after(22.0).mean() == pytest.approx(before, abs=1.0)


def test_the_follower_never_stretches_so_that_it_could_be_heard() -> None:
    follower = ClockFollower()
    for _ in range(1000):
        follower.follow(0.010, 0.4)
    assert 1.0 - follower.trim == pytest.approx(0.003) and follower.drift_ppm == pytest.approx(-1000)
    for _ in range(3000):
        follower.follow(0.0, 0.4)
    assert follower.trim == pytest.approx(0.999), "what it has learnt it keeps"
