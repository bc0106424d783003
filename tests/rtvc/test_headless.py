"""The live program without a window, on a device that runs by itself."""

import json
import signal

import pytest

from rtvc import headless
from rtvc.audio_link import Capture, Play
from rtvc.errors import DeviceError
from rtvc.settings import ChainSettings
from rtvc.stage import Pipeline
from rtvc.stats import Latency, State, Stats
from tests.fakes import FakeDevice, Passing, RunningDevice


def run(device: FakeDevice, **options: object) -> int:
    return headless.run(
        lambda settings, i, o: Pipeline([Passing()]),
        ChainSettings(mode="bypass", preset_name="low"),
        open_audio=device.open,
        **options,
    )


def test_says_what_runs_and_how_it_went(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(RunningDevice(), seconds=2.0) == 0
    first, last = capsys.readouterr().out.splitlines()
    assert first.startswith("bypass, preset low: 'Fake microphone' to 'Fake speaker', 48000 Hz, one stream, ")
    assert "ms of delay" in first
    assert "s converted; " in last and "underruns" in last and "drops" in last


def test_speaks_json_to_programs(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(RunningDevice(), seconds=2.0, json=True) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (events[0]["event"], events[-1]["event"]) == ("started", "stopped")
    assert events[0]["input"] == "Fake microphone" and events[0]["output_rate"] == 48000
    assert events[-1]["seconds"] >= 2.0
    assert events[-1]["latency"]["total_ms"] > 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_in_order(number: int, capsys: pytest.CaptureFixture[str]) -> None:
    device, before = RunningDevice(), signal.getsignal(number)
    device.signal_after = number, 100
    assert run(device) == 0
    assert device.is_closed and "converted" in capsys.readouterr().out
    assert signal.getsignal(number) is before


def test_a_device_that_fails_is_an_error_for_the_caller() -> None:
    class Broken(FakeDevice):
        def start(self, capture: Capture, play: Play) -> None:
            raise DeviceError("It would not start.")

    device = Broken()
    with pytest.raises(DeviceError, match="would not start"):
        run(device)
    assert device.is_closed


def test_the_status_line_fits_a_terminal() -> None:
    stats = Stats(86399.9, 999, 0, 999, state=State.RUNNING, latency=Latency(30, 50, 20, 30), load=0.42)
    assert len(headless.status_line(stats)) <= 79
    assert "[####----]" in headless.status_line(Stats(input_peak=10**-1.5))


def test_all_counters_on_request(capsys: pytest.CaptureFixture[str]) -> None:
    device = RunningDevice()
    device.pause_seconds = 0.003  # not much faster than time
    assert run(device, seconds=2.0, shows_stats=True) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "underruns=" in lines[1] and "total_ms=" in lines[1] and "recoveries=0" in lines[1]
