"""What is asked of the engine while sound runs: settings, devices, recordings; and what it does by itself."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from rtvc.audio_link import DeviceChoice
from rtvc.engine import Engine
from rtvc.errors import AudioFileError
from rtvc.settings import ChainSettings
from rtvc.stage import Audio
from rtvc.stats import State
from rtvc.wav_writer import WavWriter
from tests.engine_steps import Room, scaled


def test_commands_change_what_is_heard_and_what_fails_changes_nothing() -> None:
    room = Room()
    with Engine(scaled, ChainSettings(), open_audio=room.open, clock=room.clock) as engine:
        engine.apply(ChainSettings(target="nobody"))
        assert room.talk_until(engine, "refused").message == "There is no voice 'nobody'."
        assert engine.wanted.settings == ChainSettings()
        latency = engine.stats().latency.chain_ms
        engine.bypass(True)
        assert "bypassed" in room.talk_until(engine, "applied").message
        assert engine.stats().latency.chain_ms == pytest.approx(latency, abs=0.1)
        engine.mute(True)
        room.talk_until(engine, "applied")
        device = room.devices[0]
        device.pull(2048)
        assert not device.pull(256).any()
        engine.mute(False)
        engine.apply(ChainSettings(output_gain_db=-6.0))
        assert engine.wanted.is_bypassed, "commands do not undo each other"
        room.talk_until(engine, "applied")
        assert len(room.devices) == 1


def test_what_is_not_there_is_refused_while_it_is_bypassed() -> None:
    room = Room()
    with Engine(scaled, ChainSettings(), open_audio=room.open, clock=room.clock) as engine:
        engine.bypass(True)
        room.talk_until(engine, "applied")
        engine.apply(ChainSettings(target="nobody"))
        assert room.talk_until(engine, "refused").message == "There is no voice 'nobody'."
        assert engine.wanted.settings == ChainSettings() and engine.wanted.is_bypassed


def test_another_device_takes_over_when_it_sounds() -> None:
    room = Room()
    with Engine(scaled, ChainSettings(), DeviceChoice(output="A"), room.open, room.clock) as engine:
        engine.use(DeviceChoice(output="B"))
        room.talk_until(engine, "applied")
        assert engine.link.output == "Speaker B"
        assert [device.is_closed for device in room.devices] == [True, False]
        assert engine.stats().recoveries == 0


def test_another_device_that_will_not_open_leaves_the_present_one_running() -> None:
    room = Room()
    room.refused = "C"
    with Engine(scaled, ChainSettings(), DeviceChoice(output="A"), room.open, room.clock) as engine:
        engine.use(DeviceChoice(output="C"))
        assert "named 'C'" in room.talk_until(engine, "refused").message
        assert engine.link.output == "Speaker A" and not room.devices[0].is_closed
        assert engine.wanted.devices == DeviceChoice(output="A")


def test_a_preset_with_other_blocks_opens_the_devices_again() -> None:
    room = Room()
    with Engine(scaled, ChainSettings(), open_audio=room.open, clock=room.clock) as engine:
        engine.apply(ChainSettings(preset_name="low"))
        room.talk_until(engine, "applied")
        assert engine.link.output_block == 128 and room.devices[0].is_closed


def test_a_recording_goes_on_across_devices_and_ends_with_the_engine(tmp_path: Path) -> None:
    room = Room()
    with Engine(scaled, ChainSettings(), DeviceChoice(output="A"), room.open, room.clock) as engine:
        engine.record(tmp_path / "in.wav", tmp_path / "out.wav")
        engine.use(DeviceChoice(output="B"))
        room.talk_until(engine, "applied")
        engine.apply(ChainSettings(output_gain_db=1.0))
        room.talk_until(engine, "applied")
    heard, said = (soundfile.read(tmp_path / name)[0] for name in ("in.wav", "out.wav"))
    assert len(heard) > 4800 and np.allclose(heard[-100:], 0.25, atol=1e-3)
    assert abs(len(heard) - len(said)) < 48000 * 0.05


def test_a_recording_that_fails_is_told_and_sound_flows_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: WavWriter, samples: Audio) -> None:
        raise AudioFileError("The disk is full.")

    monkeypatch.setattr(WavWriter, "write", full)
    room = Room()
    with Engine(scaled, ChainSettings(), open_audio=room.open, clock=room.clock) as engine:
        engine.record(tmp_path / "in.wav", tmp_path / "out.wav")
        assert "The disk is full." in room.talk_until(engine, "recording").message
        assert engine.state is State.RUNNING


def test_a_loudspeaker_that_the_microphone_hears_is_turned_down() -> None:
    room, delay = Room(), 20
    with Engine(scaled, ChainSettings(), open_audio=room.open, clock=room.clock) as engine:
        hiss = np.random.default_rng(3)
        heard = [np.zeros(256, np.float32)] * delay  # what the loudspeaker said some blocks ago
        for _ in range(100_000):
            notice = engine.next_notice(0.0005)
            if notice is not None and notice.kind == "howl":
                break
            block = (1.1 * heard.pop(0) + 0.1 * hiss.standard_normal(256)).clip(-0.5, 0.5)
            heard.append(room.devices[0].push(block.astype(np.float32)))
        stats = engine.stats()
        assert notice is not None and "feed each other" in notice.message
        assert (stats.howls, stats.ducked_db) == (1, -30.0)
        quieter = [np.abs(room.devices[0].push(block.astype(np.float32))).max() for _ in range(400)]
        assert quieter[-1] < 0.1 * 0.5
