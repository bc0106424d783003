"""Opening streams, against a sounddevice that is not there."""

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from rtvc import audio_io, closing, realtime
from rtvc.audio_link import DeviceChoice
from rtvc.errors import DeviceError
from rtvc.presets import PRESETS

BALANCED = PRESETS["balanced"]
BLOCK = BALANCED.block_samples
TIME = SimpleNamespace(currentTime=5.01, inputBufferAdcTime=5.0, outputBufferDacTime=5.02)


class PortAudioError(Exception):
    pass


class FakeStream:
    """Remembers how it was asked for; a rate the machine does not have is refused as PortAudio does."""

    latency: Any = (0.010, 0.016)
    active = True

    def __init__(self, machine: "FakeSoundDevice", kind: str, **asked: Any) -> None:
        if kind in machine.refused or asked["samplerate"] not in machine.rates:
            raise PortAudioError("Error opening Stream", machine.code)
        self.kind, self.asked, self.log, self.machine = kind, asked, [], machine
        self.latency = (0.010, 0.016) if kind == "duplex" else 0.012
        machine.streams.append(self)

    def start(self) -> None:
        self.log.append("start")
        if self.kind == "duplex" and self.machine.ages_at_start:
            age, quiet = self.machine.ages_at_start.pop(0), np.zeros((BLOCK, 2), np.float32)
            for _ in range(8):
                time = SimpleNamespace(
                    currentTime=5.0, inputBufferAdcTime=5.0 - age, outputBufferDacTime=5.01
                )
                self.asked["callback"](quiet, quiet.copy(), BLOCK, time, False)

    def abort(self) -> None:
        self.log.append("abort")

    def close(self) -> None:
        self.log.append("close")


class FakeSoundDevice:
    """As much of the module as audio_io uses."""

    PortAudioError = PortAudioError

    def __init__(self) -> None:
        self.rates, self.refused, self.code = {44100, 48000}, set(), -9997
        self.streams: list[FakeStream] = []
        self.ages_at_start: list[float] = []  # how old the first sound of each stream is
        self.log: list[str] = []
        self.default = SimpleNamespace(device=[1, 1])
        self.rows = [self.row("Mic", 1, 0), self.row("default", 32, 32), self.row("Speaker", 0, 6)]
        self.apis = [{"name": "ALSA", "default_input_device": 1, "default_output_device": 1}]

    def row(self, name: str, ins: int, outs: int, api: int = 0) -> dict[str, Any]:
        return {
            "name": name,
            "hostapi": api,
            "max_input_channels": ins,
            "max_output_channels": outs,
            "default_samplerate": 44100.0,
            "default_low_input_latency": 0.01,
            "default_low_output_latency": 0.02,
        }

    def _terminate(self) -> None:
        self.log.append("terminate")

    def _initialize(self) -> None:
        self.log.append("initialize")

    def query_devices(self) -> list[dict[str, Any]]:
        return [row | {"index": index} for index, row in enumerate(self.rows)]

    def query_hostapis(self) -> list[dict[str, Any]]:
        return self.apis

    def Stream(self, **asked: Any) -> FakeStream:
        return FakeStream(self, "duplex", **asked)

    def InputStream(self, **asked: Any) -> FakeStream:
        return FakeStream(self, "input", **asked)

    def OutputStream(self, **asked: Any) -> FakeStream:
        return FakeStream(self, "output", **asked)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> FakeSoundDevice:
    fake = FakeSoundDevice()
    monkeypatch.setitem(sys.modules, "sounddevice", fake)
    monkeypatch.setattr(realtime, "raise_thread_priority", lambda priority: False)
    return fake


def test_lists_devices_with_the_default_marked(machine: FakeSoundDevice) -> None:
    devices = audio_io.list_devices()
    assert [(d.index, d.name, d.is_default_input, d.is_default_output) for d in devices] == [
        (0, "Mic", False, False),
        (1, "default", True, True),
        (2, "Speaker", False, False),
    ]
    assert audio_io.find_device("speak", "output") == devices[2]


def test_wasapi_is_the_default_where_there_is_one(machine: FakeSoundDevice) -> None:
    machine.rows.append(machine.row("Mic", 1, 0, 1))
    machine.rows.append(machine.row("Speaker", 0, 2, 1))
    machine.apis.append({"name": "Windows WASAPI", "default_input_device": 3, "default_output_device": 4})
    assert audio_io.find_device(None, "input").index == 3
    assert audio_io.find_device("speaker", "output").index == 4


def test_one_device_gets_one_stream(machine: FakeSoundDevice) -> None:
    link = audio_io.open_audio(BALANCED, DeviceChoice())
    assert link.is_duplex and link.input_rate == link.output_rate == 48000
    asked = machine.streams[0].asked
    assert (asked["device"], asked["blocksize"], asked["channels"]) == ((1, 1), BLOCK, (2, 2))
    assert link.input_latency_seconds + link.output_latency_seconds == pytest.approx(0.016)


@pytest.mark.parametrize(("preset", "latency"), [("low", 0.008), ("quality", 0.010)])
def test_small_blocks_ask_for_a_short_queue(machine: FakeSoundDevice, preset: str, latency: float) -> None:
    audio_io.open_audio(PRESETS[preset], DeviceChoice())
    assert machine.streams[0].asked["latency"] == pytest.approx(latency)


def test_other_systems_than_alsa_know_their_own_shortest_queue(machine: FakeSoundDevice) -> None:
    machine.apis[0]["name"] = "Core Audio"
    audio_io.open_audio(PRESETS["low"], DeviceChoice())
    assert machine.streams[0].asked["latency"] == "low"


def test_two_devices_get_a_stream_each(machine: FakeSoundDevice) -> None:
    link = audio_io.open_audio(BALANCED, DeviceChoice("Mic", "Speaker"))
    assert [stream.kind for stream in machine.streams] == ["input", "output"]
    assert not link.is_duplex and machine.streams[0].asked["channels"] == 1
    assert (link.input_latency_seconds, link.output_latency_seconds) == (0.012, 0.012)


def test_falls_back_to_another_rate_and_scales_the_block(machine: FakeSoundDevice) -> None:
    machine.rates = {44100}
    link = audio_io.open_audio(BALANCED, DeviceChoice())
    assert link.is_duplex and (link.output_rate, link.output_block) == (44100, 176)


def test_a_device_that_cannot_do_both_at_once_gets_two_streams(machine: FakeSoundDevice) -> None:
    machine.refused = {"duplex"}
    assert not audio_io.open_audio(BALANCED, DeviceChoice()).is_duplex


def test_a_rate_that_is_asked_for_is_not_changed(machine: FakeSoundDevice) -> None:
    with pytest.raises(DeviceError, match="does not run at 96000 Hz"):
        audio_io.open_audio(BALANCED, DeviceChoice(sample_rate=96000))
    assert audio_io.open_audio(BALANCED, DeviceChoice(sample_rate=44100)).input_rate == 44100


@pytest.mark.parametrize(
    ("code", "words"),
    [(-9985, "in use by another program"), (-9996, "no longer there"), (-9999, "would not open")],
)
def test_portaudio_codes_become_words(machine: FakeSoundDevice, code: int, words: str) -> None:
    machine.refused, machine.code = {"output", "duplex"}, code
    with pytest.raises(DeviceError, match=f"^'Speaker, ALSA' .*{words}") as caught:
        audio_io.open_audio(BALANCED, DeviceChoice("Mic", "Speaker"))
    assert caught.value.exit_code == 3
    assert all(stream.log == ["close"] for stream in machine.streams), "the half that opened is closed"


def test_callbacks_mix_down_fill_all_channels_and_count(machine: FakeSoundDevice) -> None:
    link = audio_io.open_audio(BALANCED, DeviceChoice())
    heard = []
    link.start(lambda block: heard.append(block.copy()), lambda out: out.fill(0.5))
    callback = machine.streams[0].asked["callback"]
    indata = np.stack([np.full(BLOCK, 0.2), np.full(BLOCK, 0.4)], axis=1).astype(np.float32)
    outdata = np.full((BLOCK, 2), np.nan, np.float32)
    callback(indata, outdata, BLOCK, TIME, False)
    callback(indata, outdata, BLOCK, TIME, True)
    assert np.allclose(heard, 0.3) and (outdata == 0.5).all()
    assert link.device_xruns == 1


@pytest.mark.parametrize(
    ("ages", "opened"),
    [([0.0099], 1), ([0.0155, 0.0155, 0.0099], 3), ([0.0155] * 9, 4)],
    ids=["in step", "in step at last", "never"],
)
def test_a_stream_that_begins_late_is_opened_again(
    machine: FakeSoundDevice, ages: list[float], opened: int
) -> None:
    link, heard = audio_io.open_audio(BALANCED, DeviceChoice()), []
    machine.ages_at_start = ages
    link.start(lambda block: heard.append(block.copy()), lambda out: out.fill(0.5))
    assert [stream.log for stream in machine.streams[:-1]] == [["start", "abort", "close"]] * (opened - 1)
    assert len(machine.streams) == opened and machine.streams[-1].log == ["start"]
    assert heard == [], "nothing is heard before it runs as it will"
    outdata = np.zeros((BLOCK, 2), np.float32)
    machine.streams[-1].asked["callback"](outdata.copy(), outdata, BLOCK, TIME, False)
    assert len(heard) == 1 and (outdata == 0.5).all()


def test_a_stream_that_began_late_and_hangs_is_not_opened_beside_itself(
    machine: FakeSoundDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    link, answers = audio_io.open_audio(BALANCED, DeviceChoice()), threading.Event()
    machine.ages_at_start = [0.0155]
    monkeypatch.setattr(closing, "_CLOSE_SECONDS", 0.01)
    monkeypatch.setattr(machine.streams[0], "abort", answers.wait)
    with pytest.raises(DeviceError, match="does not answer"):
        link.start(lambda block: None, lambda out: out.fill(0.0))
    assert len(machine.streams) == 1
    answers.set()
    closing._left_behind[-1].join(5.0)


def test_two_callbacks_share_nothing_but_the_two_functions(machine: FakeSoundDevice) -> None:
    link = audio_io.open_audio(BALANCED, DeviceChoice("Mic", "Speaker"))
    heard = []
    link.start(lambda block: heard.append(block.copy()), lambda out: out.fill(0.5))
    machine.streams[0].asked["callback"](np.full((BLOCK, 1), 0.2, np.float32), BLOCK, TIME, False)
    outdata = np.full((BLOCK, 2), np.nan, np.float32)
    machine.streams[1].asked["callback"](outdata, BLOCK, TIME, False)
    assert np.allclose(heard, 0.2) and (outdata == 0.5).all()
    link.close()
    link.close()
    assert machine.streams[0].log[:3] == ["start", "abort", "close"]


def test_a_fresh_look_starts_portaudio_again(machine: FakeSoundDevice) -> None:
    audio_io.open_audio(BALANCED, DeviceChoice(), afresh=True)
    assert machine.log == ["terminate", "initialize"]


def test_a_stream_that_ended_by_itself_is_seen(machine: FakeSoundDevice) -> None:
    link = audio_io.open_audio(BALANCED, DeviceChoice("Mic", "Speaker"))
    machine.streams[1].active = False
    assert link.is_input_alive and not link.is_output_alive


@pytest.mark.parametrize("recorded_at", [lambda now: 0.0, lambda now: now - 0.01], ids=["unknown", "known"])
def test_sound_that_piles_up_in_the_sound_system_is_seen(
    machine: FakeSoundDevice, recorded_at: Callable[[float], float]
) -> None:
    link = audio_io.open_audio(BALANCED, DeviceChoice())
    callback, sound, now = machine.streams[0].asked["callback"], np.zeros((BLOCK, 2), np.float32), 100.0
    link.start(lambda block: None, lambda out: out.fill(0.0))
    for stalled in (0.0, 2.0):
        for block in range(200):
            now += BLOCK / 48000
            burst = 0.15 if block % 10 else 0.0  # single late blocks are no backlog
            adc = max(0.0, recorded_at(now) - stalled - burst - 0.002 * (now > 100.5))
            time = SimpleNamespace(
                currentTime=now,
                inputBufferAdcTime=adc if recorded_at(now) else 0.0,
                outputBufferDacTime=now + 0.01,
            )
            callback(sound, sound.copy(), BLOCK, time, False)
        assert link.backlog_seconds == pytest.approx(stalled if recorded_at(now) else 0.0, abs=0.01)


@pytest.mark.parametrize("input_, output", [("default", "default"), ("Mic", "Speaker")], ids=["one", "two"])
def test_a_callback_may_wait_as_long_as_the_device_has_sound_but_for_a_block(
    machine: FakeSoundDevice, input_: str, output: str
) -> None:
    link = audio_io.open_audio(BALANCED, DeviceChoice(input_, output))
    spare = list[float]()
    link.start(lambda block: None, lambda out: spare.append(link.spare_seconds))
    for lead in (0.030, 0.030, 0.025, 0.010):  # a server's delay is part of it
        time = SimpleNamespace(currentTime=5.0, inputBufferAdcTime=5.0, outputBufferDacTime=5.0 + lead)
        call(machine.streams, time)
    held = 0.016 if link.is_duplex else 0.012
    assert spare == pytest.approx([held - BLOCK / 48000 - late for late in (0.0, 0.0, 0.005)] + [0.0])


def test_what_does_not_say_how_much_it_has_left_is_kept_waiting_for_a_block_at_most(
    machine: FakeSoundDevice,
) -> None:
    machine.apis[0]["name"] = "Core Audio"
    link = audio_io.open_audio(BALANCED, DeviceChoice("Mic", "Speaker"))
    assert link.spare_seconds == link.output_block / link.output_rate


def call(streams: list[FakeStream], time: SimpleNamespace) -> None:
    """The callbacks of all streams."""
    sound = np.zeros((BLOCK, 2), np.float32)
    for stream in streams:
        ends = (sound, sound.copy()) if stream.kind == "duplex" else (sound.copy(),)
        stream.asked["callback"](*ends, BLOCK, time, False)


def test_a_driver_that_hangs_does_not_hang_the_program(
    machine: FakeSoundDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    link, answers = audio_io.open_audio(BALANCED, DeviceChoice()), threading.Event()
    monkeypatch.setattr(closing, "_CLOSE_SECONDS", 0.01)
    monkeypatch.setattr(machine.streams[0], "abort", answers.wait)
    link.close()
    assert machine.streams[0].log == [] and not link.has_let_go()
    audio_io.open_audio(BALANCED, DeviceChoice(), afresh=True)
    assert machine.log == [] and len(machine.streams) == 2, "a new look would wait for what hangs"
    answers.set()
    closing._left_behind[-1].join(5.0)
    audio_io.look_afresh()
    assert machine.log == ["terminate", "initialize"]


def test_a_machine_without_portaudio_is_told_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "sounddevice.py").write_text("raise OSError('PortAudio library not found')")
    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(DeviceError, match="PortAudio is missing. .*[Ii]nstall"):
        audio_io.list_devices()


def test_the_engine_is_imported_without_sounddevice() -> None:
    code = "import sys, rtvc.engine, rtvc.headless; sys.exit('sounddevice' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
