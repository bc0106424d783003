"""Measuring how late devices are, on devices of known lateness, and remembering it."""

import json
import threading
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from rtvc import cli, loopback
from rtvc.audio_link import Capture, Play
from rtvc.engine import Engine
from rtvc.errors import DeviceError
from rtvc.measured import Measured
from rtvc.opening import LoopReport
from rtvc.settings import ChainSettings
from rtvc.stage import Audio, Pipeline
from tests.control_steps import Parent, serve
from tests.fakes import FakeDevice, Passing

RATE, BLOCK = 48000, 256


class Echo(FakeDevice):
    """A loudspeaker in front of its microphone, `loop_samples` later; real time passes as the blocks do."""

    loudness, noise = 0.3, 0.001
    input_latency_seconds, output_latency_seconds = 0.010, 0.015

    def __init__(self, loop_samples: int, is_duplex: bool = True, jitter_seconds: float = 0.0) -> None:
        super().__init__(RATE, BLOCK)
        self.loop_samples, self.is_duplex, self.jitter_seconds = loop_samples, is_duplex, jitter_seconds
        self.random = np.random.default_rng(2)

    def start(self, capture: Capture, play: Play) -> None:
        super().start(capture, play)
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self) -> None:
        air: Audio = np.zeros(self.loop_samples, np.float32)
        begin = self.clock.now
        for block in range(round(4.0 * RATE / BLOCK)):
            if self.is_closed:
                return
            noise = self.noise * self.random.standard_normal(BLOCK)
            heard = (self.loudness * air[:BLOCK] + noise).astype(np.float32)
            self.clock.now = begin + (block + 1) * BLOCK / RATE + self.random.uniform(0, self.jitter_seconds)
            assert self._capture is not None
            self._capture(heard)
            air = np.concatenate((air[BLOCK:], self.pull(BLOCK)))

    def close(self) -> None:
        super().close()
        if threading.current_thread() is not self.thread:
            self.thread.join()


@pytest.mark.parametrize(("is_duplex", "jitter"), [(True, 0.0), (False, 0.0), (False, 0.002)])
@pytest.mark.parametrize("samples", [BLOCK, 700, 9000])
def test_finds_what_the_way_takes(samples: int, is_duplex: bool, jitter: float) -> None:
    device = Echo(samples, is_duplex, jitter)
    assert loopback.measure(device, device.clock) == pytest.approx(samples / RATE, abs=0.0002)
    assert device.is_closed


def test_noise_and_silence_are_no_echo() -> None:
    for noise in (0.0, 0.2):
        device = Echo(1000)
        device.loudness, device.noise = 0.0, noise
        with pytest.raises(DeviceError, match="did not hear the test sound"):
            loopback.measure(device, device.clock)
        assert device.is_closed


def test_a_chirp_is_found_in_noise_as_loud_as_itself() -> None:
    device = Echo(1500)
    device.loudness, device.noise = 0.05, 0.01
    assert loopback.measure(device, device.clock) == pytest.approx(1500 / RATE, abs=0.0002)


def test_devices_that_say_nothing_are_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loopback, "_PATIENCE_SECONDS", -2.9)
    device = FakeDevice()
    with pytest.raises(DeviceError, match="No sound flows"):
        loopback.measure(device)
    assert device.is_closed


def test_is_remembered_for_the_pair_and_carried_over_to_other_blocks(tmp_path: Path) -> None:
    path = tmp_path / "new" / "latency.json"
    device = Echo(0)
    assert Measured(path).loop_seconds(device) is None
    Measured(path).remember(device, 0.031)
    assert Measured(path).loop_seconds(device) == pytest.approx(0.031)
    device.input_block = device.output_block = 128
    device.output_latency_seconds = 0.012  # type: ignore[misc]
    assert Measured(path).loop_seconds(device) == pytest.approx(0.022 + 0.006), "off by as much"
    device.is_duplex = False
    assert Measured(path).loop_seconds(device) is None
    device.is_duplex, device.output = True, "Another speaker"
    assert Measured(path).loop_seconds(device) is None


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"a": 1}', '{"a": {"b": {}}}', '{"a": {"b": {"loop_ms": "x"}}}']
)
def test_a_damaged_file_is_as_good_as_none(tmp_path: Path, text: str) -> None:
    path = tmp_path / "latency.json"
    path.write_text(text)
    assert Measured(path).loop_seconds(Echo(0)) is None
    Measured(path).remember(Echo(0), 0.02)
    assert Measured(path).loop_seconds(Echo(0)) == pytest.approx(0.02)


def test_what_is_shown_is_what_was_measured(tmp_path: Path) -> None:
    measured = Measured(tmp_path / "latency.json")

    def engine(device: FakeDevice) -> Engine:
        build = lambda settings, i, o: Pipeline([Passing()])  # noqa: E731
        return Engine(build, ChainSettings(), None, device.open, device.clock, measured=measured)

    device = Echo(1920)
    with engine(FakeDevice()) as running:
        assert not running.stats().latency.is_measured
    report = engine(device).measure_latency()
    assert report.loop_ms == pytest.approx(40.0, abs=0.2) and report.reported_ms == 25.0
    with engine(Echo(1920)) as running:
        latency = running.stats().latency
    assert latency.is_measured and latency.input_ms + latency.output_ms == pytest.approx(40.0, abs=0.2)
    assert latency.total_ms == pytest.approx(report.total_ms, abs=0.3)


def test_a_try_in_which_a_device_lost_a_block_is_not_believed() -> None:
    stumbling, steady = Echo(1920 + BLOCK), Echo(1920)
    stumbling.device_xruns = 1
    devices = [stumbling, steady, Echo(0)]
    build = lambda settings, i, o: Pipeline([Passing()])  # noqa: E731
    engine = Engine(build, ChainSettings(), None, lambda *asked: devices.pop(0), steady.clock)
    assert engine.measure_latency().loop_ms == pytest.approx(40.0, abs=0.2)
    assert len(devices) == 1 and stumbling.is_closed and steady.is_closed


class Stuttering(Echo):
    """Its loudspeaker is 10 ms later every half second."""

    blocks = 0

    def pull(self, count: int) -> Audio:
        self.blocks += 1
        gap = 480 if self.blocks % (RATE // 2 // BLOCK) == 0 else 0
        return np.concatenate((np.zeros(gap, np.float32), super().pull(count)))


def test_times_that_differ_are_measured_again_and_told_if_they_stay_so() -> None:
    build = lambda settings, i, o: Pipeline([Passing()])  # noqa: E731
    devices: list[FakeDevice] = [Stuttering(960), Echo(1920), Echo(0)]
    engine = Engine(build, ChainSettings(), None, lambda *asked: devices.pop(0), devices[0].clock)
    assert engine.measure_latency().loop_ms == pytest.approx(40.0, abs=0.2)
    assert len(devices) == 1
    devices[:] = [Stuttering(960), Stuttering(960), Stuttering(960)]
    with pytest.raises(DeviceError, match="The measurements differ by 40 ms"):
        engine.measure_latency()
    assert not devices


def test_from_the_command_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    report = LoopReport("Mic", "Speaker", loop_ms=31.5, reported_ms=25.0, total_ms=101.2)
    monkeypatch.setattr(Engine, "measure_latency", lambda self: report)
    assert cli.main(["--measure-latency"]) == 0
    said = capsys.readouterr().out
    assert "31.5 ms" in said and "101.2 ms from mouth to ear with p230" in said
    assert cli.main(["--measure-latency", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == asdict(report)


def test_not_while_the_devices_are_in_use(parent: Parent) -> None:  # noqa: F811
    def script() -> None:
        assert parent.ask(cmd="start")["ok"]
        assert "'stop' comes before 'measure'" in parent.ask(cmd="measure")["error"]

    serve(parent, script)
