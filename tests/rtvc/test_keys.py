"""Keys of the live program: read from a terminal that is none, and what they do."""

import os
import sys
from pathlib import Path

import pytest

from rtvc.engine import Engine
from rtvc.key_commands import HELP, KeyCommands
from rtvc.keys import pressed_keys
from rtvc.settings import ChainSettings
from rtvc.stage import Pipeline
from tests.fakes import Hopping, RunningDevice

unix = pytest.mark.skipif(sys.platform == "win32", reason="a terminal of Unix")


@unix
def test_keys_come_one_at_a_time_and_the_terminal_is_left_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    import termios

    master, slave = os.openpty()
    monkeypatch.setattr(os, "tcgetpgrp", lambda descriptor: os.getpgrp())
    before = termios.tcgetattr(slave)
    with os.fdopen(slave) as stream:
        with pressed_keys(stream) as read:
            assert read() == ""
            os.write(master, b"bq")
            assert (read(), read(), read()) == ("b", "q", "")
        assert termios.tcgetattr(slave) == before
        monkeypatch.setattr(os, "tcgetpgrp", lambda descriptor: -1)
        with pressed_keys(stream) as read:
            os.write(master, b"b")
            assert read() == "", "in the background the keyboard is not ours"
        assert termios.tcgetattr(slave) == before
    os.close(master)


@unix
def test_a_terminal_that_this_program_was_not_started_from_has_no_keys_for_it() -> None:
    master, slave = os.openpty()
    with os.fdopen(slave) as stream, pressed_keys(stream) as read:
        os.write(master, b"b\n")
        assert read() == ""
    os.close(master)


def test_without_a_terminal_no_key_is_ever_pressed(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("q")
    with open(tmp_path / "keys") as stream, pressed_keys(stream) as read:
        assert read() == ""


def test_what_the_keys_do(tmp_path: Path) -> None:
    device = RunningDevice()
    device.pause_seconds = 0.002

    def build(settings: ChainSettings, input_rate: int, output_rate: int) -> Pipeline:
        return Pipeline([Hopping(100)])

    with Engine(build, ChainSettings(), open_audio=device.open) as engine:
        keys = KeyCommands(engine, lambda: ["p225", "p230", "p300"], tmp_path)
        assert keys.press("b") == "Your own voice." and engine.wanted.is_bypassed
        assert keys.press("B") == "Converted again." and not engine.wanted.is_bypassed
        assert keys.press("m") == "Muted." and engine.wanted.is_muted
        assert keys.press("m") == "Heard again."
        assert [keys.press(key) for key in "nnp"] == ["Voice p300.", "Voice p225.", "Voice p300."]
        assert engine.wanted.settings.target == "p300"
        assert [keys.press(key) for key in "+=-"] == [
            f"Pitch {shift} semitones." for shift in ("+1", "+2", "+1")
        ]
        engine.apply(ChainSettings(pitch_semitones=24.0))
        assert "must lie between" in keys.press("+") and engine.wanted.settings.pitch_semitones == 24.0
        assert keys.press("r").startswith("Recording to ")
        assert len(list(tmp_path.glob("rtvc-*-in.wav"))) == 1
        assert keys.press("r").startswith("Recorded ")
        assert keys.press("?") == HELP and not keys.has_quit
        assert keys.press("q") == "Ending." and keys.has_quit


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    device = RunningDevice()
    device.pause_seconds = 0.002
    build = lambda settings, i, o: Pipeline([Hopping(100)])  # noqa: E731
    with Engine(build, ChainSettings(), open_audio=device.open) as engine:
        keys = KeyCommands(engine, list, tmp_path / "missing")
        assert "cannot be written" in keys.press("r")
        assert keys.press("n") == "There are no voices to change to."
