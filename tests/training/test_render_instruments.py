import shutil
import sys

import numpy as np
import pytest
import soundfile

from training import render_instruments
from training.midi import Score, _variable
from training.render_instruments import KINDS, PARTS, SOUND_FONT, main


def test_numbers_of_variable_length_are_those_of_the_standard():
    for number, written in ((0, "00"), (0x7F, "7f"), (0x80, "8100"), (0x2000, "c000"), (0x1FFFFF, "ffff7f")):
        assert _variable(number).hex() == written


def test_a_score_is_a_midi_file_with_its_notes_in_order(tmp_path):
    score = Score(program=73)
    score.note(0.5, 0.25, 72, 1.0)
    score.note(0.0, 0.5, 60, 0.5)
    score.bend(0.1, 2.0)
    score.write(tmp_path / "a.mid")
    content = (tmp_path / "a.mid").read_bytes()
    assert content[:4] == b"MThd" and content[14:18] == b"MTrk"
    assert int.from_bytes(content[18:22], "big") == len(content) - 22
    places = [content.index(bytes(x)) for x in ([0x90, 60, 64], [0x80, 60, 0], [0x90, 72, 127])]
    assert places == sorted(places) and content.endswith(b"\xff\x2f\x00")


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_written_for_every_instrument_within_its_keys(kind):
    for part in PARTS.values():
        score = Score(part.program)
        KINDS[kind](part, score, np.random.default_rng(0))
        keys = [message[1] for _, _, message in score._events if message[0] == 0x90]
        assert score.seconds > 15.0 and len(keys) > 3
        assert part.lowest - 1 <= min(keys) and max(keys) <= part.highest


def test_what_is_missing_is_told(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["render", str(tmp_path), "--sound-font", str(tmp_path / "none.sf2")])
    monkeypatch.setattr(shutil, "which", lambda name: "/usr/bin/true")
    assert main() == 2
    assert "no sound font" in capsys.readouterr().err
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert main() == 2
    assert "no fluidsynth" in capsys.readouterr().err


@pytest.mark.skipif(
    shutil.which("fluidsynth") is None or not SOUND_FONT.is_file(), reason="no fluidsynth, or no sound font"
)
def test_a_render_is_sound_at_the_pitch_of_its_notes(tmp_path, monkeypatch):
    score = Score(PARTS["flute"].program)
    score.note(0.1, 1.5, 69, 0.8)
    render_instruments._play(score, tmp_path / "a.wav", SOUND_FONT)
    sound, rate = soundfile.read(tmp_path / "a.wav")
    mono = sound.mean(axis=1)[rate // 2 : rate]
    loudest = np.argmax(np.abs(np.fft.rfft(mono * np.hanning(len(mono)), 1 << 18))) * rate / (1 << 18)
    assert loudest == pytest.approx(440.0, rel=0.02)
