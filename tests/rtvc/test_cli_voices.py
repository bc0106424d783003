import json

import pytest
import soundfile

from rtvc import catalog
from rtvc.cli import main

SPEECH = catalog.ASSETS / "demo" / "hello.wav"


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setattr(catalog, "user_folder", lambda: tmp_path / "user")
    return tmp_path / "user" / "voices"


def said(capsys, *arguments):
    assert main(list(arguments)) == 0
    return capsys.readouterr().out


def rows(capsys):
    return {row["id"]: row for row in json.loads(said(capsys, "--list-voices", "--json"))}


def test_enrol_list_rename_remove(capsys, home):
    text = said(capsys, "--enroll", "Änne", str(SPEECH))
    assert "s of speech" in text and "agreed to it" in text
    row = rows(capsys)["Änne"]
    assert row["own"] and row["licence"] == "private"
    preview = soundfile.info(row["preview"])
    assert preview.duration > 3.0
    assert "'Anna' now" in said(capsys, "--rename-voice", "änne", "Anna")
    assert rows(capsys)["Anna"]["preview"].endswith("Anna.preview.ogg")
    assert "gone" in said(capsys, "--remove-voice", "Anna")
    assert "Anna" not in rows(capsys) and not list(home.iterdir())


def test_enrol_for_programs(capsys):
    row = json.loads(said(capsys, "--enroll", "me", str(SPEECH), "--json"))
    assert row["id"] == "me" and row["speech_seconds"] > 3.0 and row["preview"].endswith(".ogg")


def test_shipped_voices_are_nobodys_own(capsys):
    assert not any(row["own"] for row in rows(capsys).values())


@pytest.mark.parametrize(
    "arguments, code, says",
    [
        (["--enroll", "me"], 2, "no recording"),
        (["--enroll", "me", "missing.wav"], 5, "missing.wav"),
        (["--enroll", "me", str(SPEECH), "--model", "opera"], 4, "takes no voices of your own"),
        (["--remove-voice", "nobody"], 4, "no voice 'nobody' of your own"),
        (["--remove-voice", "p230"], 2, "came with the program"),
        (["--enroll", "me", str(SPEECH), "--headless"], 2, "exclude each other"),
    ],
)
def test_mistakes_are_sentences(capsys, arguments, code, says):
    assert main(arguments) == code
    assert says in capsys.readouterr().err


def test_blend_pitch_and_formant_on_the_command_line(capsys, tmp_path):
    out = tmp_path / "out.wav"
    options = ["--blend", "p230:0.7,p226:0.3", "--pitch", "2", "--formant", "-1", "--json"]
    report = json.loads(said(capsys, str(SPEECH), str(out), *options))
    assert report["settings"]["target"] == "p230:0.7,p226:0.3"
    assert report["settings"]["pitch_semitones"] == 2.0
    assert soundfile.info(out).frames == soundfile.info(SPEECH).frames
    assert main([str(SPEECH), str(out), "--formant", "13"]) == 2
    assert "formant shift is 13 semitones" in capsys.readouterr().err
