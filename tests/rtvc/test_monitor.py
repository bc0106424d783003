"""The second output: its stock of sound, and its device that comes and goes."""

import heapq

import numpy as np
import pytest

from rtvc.audio_link import DeviceChoice, DeviceSpec
from rtvc.engine import Engine
from rtvc.errors import DeviceError
from rtvc.monitor_buffer import MonitorBuffer
from rtvc.presets import Preset
from rtvc.settings import ChainSettings
from rtvc.stage import Audio
from tests.engine_steps import Room, scaled
from tests.fakes import FakeClock, FakeDevice, FakeOutput

RATE, BLOCK, HOP = 48000, 256, 557


class Rig:
    """A worker that writes a tone hop by hop, a device that plays it on a clock of its own."""

    def __init__(self, ppm: float = 0.0, rate: int = RATE) -> None:
        self.clock, self.rate = FakeClock(), rate
        self.buffer = MonitorBuffer(RATE, BLOCK, self.clock)
        self.begin = self.clock.now
        self.hop_seconds, self.block_seconds = HOP / rate, BLOCK / RATE * (1 + ppm * 1e-6)
        self._calls = [(self.begin, False), (self.begin + 0.001, True)]
        self.written = 0
        self.blocks: list[Audio] = []
        self.works = True

    def run(self, seconds: float) -> None:
        end = self._calls[0][0] + seconds
        while self._calls[0][0] < end:
            self.clock.now, is_output = heapq.heappop(self._calls)
            if is_output:
                out = np.full(BLOCK, np.nan, np.float32)
                self.buffer.play(out)
                assert np.isfinite(out).all()
                self.blocks.append(out)
            elif self.works:
                phase = 2 * np.pi * 220 / self.rate * np.arange(self.written, self.written + HOP)
                self.written += HOP
                self.buffer.write((0.5 * np.sin(phase)).astype(np.float32), self.rate)
            period = self.block_seconds if is_output else self.hop_seconds
            heapq.heappush(self._calls, (self.clock.now + period, is_output))

    @property
    def stock_ms(self) -> float:
        return self.buffer._ring.available / RATE * 1e3

    def heard(self, seconds: float) -> Audio:
        return np.concatenate(self.blocks[-round(seconds * RATE / BLOCK) :])


@pytest.mark.parametrize(("ppm", "rate"), [(0.0, RATE), (200.0, RATE), (-200.0, RATE), (100.0, 44100)])
def test_another_clock_neither_empties_nor_fills_it(ppm: float, rate: int) -> None:
    rig = Rig(ppm, rate)
    rig.run(1.0)
    assert rig.heard(0.5).std() == pytest.approx(0.5 / 2**0.5, rel=0.02)
    rig.run(60.0)
    assert (rig.buffer.underruns, rig.buffer.cuts) == (0, 0)
    bend = np.abs(np.diff(rig.heard(60.0), 2)).max()
    assert bend < 1.1 * 0.5 * (2 * np.pi * 220 / RATE) ** 2, "no click"
    assert 3.0 < rig.stock_ms < 40.0


def test_sound_that_stops_fades_out_and_comes_back_as_late_as_before() -> None:
    rig = Rig()
    rig.run(2.0)
    rig.works = False
    rig.run(1.0)
    assert rig.buffer.underruns == 1 and not rig.heard(0.5).any()
    rig.works = True
    rig.run(5.0)
    assert rig.buffer.underruns == 1 and rig.stock_ms < 40.0
    assert np.abs(np.diff(np.concatenate(rig.blocks))).max() < 0.05, "edges are rounded"


def test_a_device_that_slept_is_caught_up_with() -> None:
    rig = Rig()
    rig.run(2.0)
    rig._calls = [(due + 0.5 * is_output, is_output) for due, is_output in rig._calls]
    heapq.heapify(rig._calls)
    rig.run(3.0)
    assert rig.buffer.cuts == 1 and rig.stock_ms < 40.0


class Shelf:
    """Outputs that can be opened, by name."""

    def __init__(self) -> None:
        self.opened: list[FakeOutput] = []
        self.missing: set[DeviceSpec] = set()

    def open(self, preset: Preset, spec: DeviceSpec) -> FakeOutput:
        if spec in self.missing:
            raise DeviceError(f"There is no output device named '{spec}'.")
        self.opened.append(FakeOutput(str(spec)))
        return self.opened[-1]


def engine(room: Room, shelf: Shelf, monitor: str | None = None) -> Engine:
    choice = DeviceChoice(output="A", monitor=monitor)
    return Engine(scaled, ChainSettings(), choice, room.open, room.clock, shelf.open)


def converges(running: Engine, device: FakeDevice, output: FakeOutput) -> bool:
    """One more block; whether the second output plays what was said."""
    device.push(np.full(BLOCK, 0.25, np.float32))
    running.wait(0.0005)
    return bool(np.allclose(output.pull(), 0.25, atol=1e-3))


def test_it_hears_what_the_first_output_plays_and_is_exchanged_without_touching_it() -> None:
    room, shelf = Room(), Shelf()
    with engine(room, shelf, "phones") as running:
        running.mute(True)
        room.talk_until(running, "applied")
        running.mute(False)
        room.talk_until(running, "applied")
        assert any(converges(running, room.devices[0], shelf.opened[0]) for _ in range(20_000))
        assert running.stats().monitor_ms > 10
        running.use(DeviceChoice(output="A", monitor="box"))
        room.talk_until(running, "applied")
        assert [output.is_closed for output in shelf.opened] == [True, False]
        running.use(DeviceChoice(output="A"))
        room.talk_until(running, "applied")
        assert shelf.opened[1].is_closed and running.stats().monitor_ms is None
        assert len(room.devices) == 1 and not room.devices[0].is_closed


def test_one_that_will_not_open_is_refused() -> None:
    room, shelf = Room(), Shelf()
    shelf.missing = {"phones"}
    with pytest.raises(DeviceError, match="named 'phones'"):
        engine(room, shelf, "phones").start()
    assert not room.devices, "nothing is left open"
    with engine(room, shelf, "box") as running:
        running.use(DeviceChoice(output="A", monitor="phones"))
        assert "named 'phones'" in room.talk_until(running, "refused").message
        assert running.wanted.devices.monitor == "box" and not shelf.opened[-1].is_closed


def test_one_that_goes_away_is_waited_for_while_sound_flows_on() -> None:
    room, shelf = Room(), Shelf()
    with engine(room, shelf, "phones") as running:
        shelf.missing = {"phones"}
        shelf.opened[0].is_alive = False
        assert "'phones' went away" in room.talk_until(running, "monitor").message
        assert shelf.opened[0].is_closed and running.stats().monitor_ms is None
        shelf.missing = set()
        assert room.talk_until(running, "monitor").message == "The monitor is back."
        assert len(shelf.opened) == 2 and running.stats().recoveries == 0
    assert shelf.opened[1].is_closed
