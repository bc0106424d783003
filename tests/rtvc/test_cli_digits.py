"""--mode digits on the command line: files, the speaker, and every sentence."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from rtvc import audio_io, catalog, cli, log, playback
from rtvc.errors import DeviceError
from rtvc.stage import Audio
from tests.fakes import FakeOutput
from tests.tiny_digits import write_pair

SAYS_2024 = ["--mode", "digits", "--digits", "2024"]


@pytest.fixture(autouse=True)
def models(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A user's folder with a tiny digit model, and nothing shipped."""
    write_pair(tmp_path / "user")
    monkeypatch.setattr(catalog, "user_folder", lambda: tmp_path / "user")
    monkeypatch.setattr(catalog, "admit", lambda path: None)
    monkeypatch.setattr(log, "log_path", lambda: tmp_path / "log" / "rtvc.log")


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    assert cli.main([str(argument) for argument in arguments]) == 0
    return capsys.readouterr().out


def fails(capsys: pytest.CaptureFixture[str], code: int, *arguments: object) -> str:
    assert cli.main([str(argument) for argument in arguments]) == code
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("rtvc: ") and line.endswith(".")
    return line


def test_a_number_becomes_a_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out = tmp_path / "2024.wav"
    said = run(capsys, *SAYS_2024, "--voice", "theo", "--seed", "4", out)
    assert said.startswith(f"Wrote '{out}': 2024 by theo of digits-cnn, seed 4; ")
    sound, rate = soundfile.read(out)
    assert rate == 8000 and np.sqrt(np.square(sound).mean()) > 0.02
    again = tmp_path / "again.wav"
    run(capsys, *SAYS_2024, "--voice", "theo", "--seed", "4", again)
    assert again.read_bytes() == out.read_bytes()
    run(capsys, *SAYS_2024, "--voice", "theo", "--seed", "5", again)
    assert again.read_bytes() != out.read_bytes()


def test_what_chance_decided_is_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out, again = tmp_path / "a.wav", tmp_path / "b.wav"
    told = json.loads(run(capsys, *SAYS_2024, "--voice", "random", "--json", "--sample-rate", 16000, out))
    assert told["voice"] in ("george", "theo") and told["digits"] == "2024" and told["rate"] == 16000
    assert told["seconds"] == pytest.approx(soundfile.info(out).duration, abs=0.001)
    seeded = ["--voice", "random", "--seed", told["seed"], "--sample-rate", 16000]
    run(capsys, *SAYS_2024, *seeded, again)
    assert again.read_bytes() == out.read_bytes()


def test_a_walk_and_a_recording_of_ones_own(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    walk, mine, again = (tmp_path / name for name in ("walk.wav", "mine.wav", "again.wav"))
    said = run(capsys, "--mode", "digits", "--from", 3, "--to", 8, "--steps", 5, "--variation", 0, walk)
    assert "3 to 8 in 5 steps by george" in said
    run(capsys, "--mode", "digits", "--digits", "6", "--variation", 0, mine)
    said = run(capsys, "--mode", "digits", "--regenerate", mine, again)
    assert f"6 as in '{mine}'" in said and soundfile.info(again).duration > 0.3
    assert "2 as in" in run(capsys, "--mode", "digits", "--regenerate", mine, "--digits", "2", again)


def test_digits_are_converted_like_any_voice(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out = tmp_path / "p230.wav"
    assert "2024 by george of digits-cnn as p230, seed" in run(capsys, *SAYS_2024, "--target", "p230", out)
    sound, rate = soundfile.read(out)
    assert rate == 22050 and np.abs(sound).max() > 0.02


def test_a_place_on_the_map_is_what_is_said(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out, again = tmp_path / "a.wav", tmp_path / "b.wav"
    six = ["--mode", "digits", "--digits", "6", "--seed", 1, "--json"]
    assert json.loads(run(capsys, *six, "--at=-1,0.5", out))["at"] == [-1.0, 0.5]
    run(capsys, *six, "--at=-1,0.5", "--variation", 0, again)
    assert again.read_bytes() == out.read_bytes(), "chance has no part in it"
    run(capsys, *six, "--at", "2,0.5", again)
    assert again.read_bytes() != out.read_bytes()


class PullingOutput(FakeOutput):
    """Asks for a block whenever the player looks."""

    def __init__(self) -> None:
        super().__init__(rate=16000)
        self.heard: list[Audio] = []

    def look(self, seconds: float) -> None:
        if self.is_alive:
            self.heard += [self.pull() for _ in range(200)]


def test_aloud(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    link = PullingOutput()
    monkeypatch.setattr(audio_io, "open_output", lambda preset, spec: link)
    monkeypatch.setattr(playback.time, "sleep", link.look)
    assert run(capsys, *SAYS_2024, "--seed", "4").startswith("Said: 2024 by george of digits-cnn, seed 4; ")
    assert link.is_closed
    run(capsys, *SAYS_2024, "--seed", "4", "--sample-rate", "16000", tmp_path / "same.wav")
    sound, _ = soundfile.read(tmp_path / "same.wav", dtype="float32")
    heard = np.concatenate(link.heard)
    assert len(heard) >= len(sound) and not heard[len(sound) :].any()
    np.testing.assert_allclose(heard[: len(sound)], sound, atol=1e-4)


def test_without_a_speaker_or_with_one_that_goes(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(preset: object, spec: object) -> FakeOutput:
        raise DeviceError("There is no output device.")

    monkeypatch.setattr(audio_io, "open_output", none)
    assert "The name of a .wav file at the end writes one instead." in fails(capsys, 3, *SAYS_2024)
    link = FakeOutput()
    monkeypatch.setattr(audio_io, "open_output", lambda preset, spec: link)
    monkeypatch.setattr(playback.time, "sleep", lambda seconds: setattr(link, "is_alive", False))
    assert "'Headphones' went away or hangs" in fails(capsys, 3, *SAYS_2024)
    assert link.is_closed


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["--digits", "abc", "o.wav"], 2, "'abc' is not made of the digits 0 to 9; give some, as in 2024."),
        (["--digits", "", "o.wav"], 2, "'' is not made of the digits 0 to 9"),
        (["--digits", "7" * 10_000, "o.wav"], 2, "10000 digits are too many at once; 1000 are the most"),
        (
            ["--digits", "1", "--voice", "anna", "o.wav"],
            2,
            "no speaker 'anna' of digits; choose one of george",
        ),
        (["--digits", "1", "--model", "gru", "o.wav"], 4, "no model 'gru' of digits (there are cnn, mlp)"),
        (
            ["--digits", "1", "--variation", "1.5", "o.wav"],
            2,
            "variation is 1.5; it must lie between 0 and 1",
        ),
        (["--digits", "1", "--seed", "-1", "o.wav"], 2, "seed is -1; it must be 0 or more"),
        (["--digits", "1", "--target", "nobody", "o.wav"], 4, "nobody"),
        (["--digits", "1", "in.wav", "o.wav"], 2, "one name is enough"),
        (["--digits", "1", "o.mp3"], 5, "'o.mp3' ends in '.mp3'"),
        (["--digits", "1", "none/o.wav"], 5, "There is no folder 'none'"),
        (["--digits", "1", "--headless"], 2, "said live when they are typed"),
        (["--digits", "1", "--output", "3", "o.wav"], 2, "exclude each other"),
        (["--digits", "1", "--record", "a.wav,b.wav"], 2, "--record is not for digits"),
        (["--digits", "1", "--from", "3", "--to", "8"], 2, "--from and --digits exclude each other"),
        (["--digits", "12", "--regenerate", "x.wav", "o.wav"], 2, "a recording of one digit"),
        (["--regenerate", "x.wav", "o.wav"], 5, "There is no file 'x.wav'"),
        (["--from", "3", "o.wav"], 2, "--from and --to belong together"),
        (["--from", "3", "--to", "10", "o.wav"], 2, "--to is '10'; one digit is expected"),
        (["--from", "3", "--to", "8", "--steps", "1", "o.wav"], 2, "and is 2 to 100"),
        (["--digits", "1", "--steps", "3", "o.wav"], 2, "--steps goes with --from and --to"),
        (["o.wav"], 2, "There is nothing to say"),
        (["--digits", "12", "--at", "0,1", "o.wav"], 2, "on the map of one digit"),
        (["--from", "3", "--to", "8", "--at", "0,1", "o.wav"], 2, "on the map of one digit"),
        (["--digits", "1", "--at", "0,9", "o.wav"], 2, "The place is 0, 9; both must lie between -4 and 4"),
        (["--digits", "1", "--at", "middle", "o.wav"], 2, "middle is not two numbers with a comma"),
        (["--digits", "1", "--at", "1,b", "o.wav"], 2, "1,b is not two numbers with a comma"),
        (["--digits", "1", "--sample-rate", "400", "o.wav"], 2, "400 Hz"),
    ],
)
def test_what_cannot_be_said_is_a_sentence(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    arguments: list[str],
    code: int,
    says: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert says in fails(capsys, code, "--mode", "digits", *arguments)
    assert not (tmp_path / "o.wav").exists() and not list(tmp_path.glob(".rtvc*"))


def test_without_any_model_there_is_a_way_to_one(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(catalog, "ASSETS", tmp_path / "nothing shipped")
    monkeypatch.setattr(catalog, "user_folder", lambda: tmp_path / "nobody")
    said = fails(capsys, 4, *SAYS_2024, tmp_path / "o.wav")
    assert "no model 'cnn' of digits (there is none); train one as training/README.md says" in said


@pytest.mark.parametrize("model", ["cnn", "mlp"])
def test_the_models_that_came_along_speak_and_listen(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, model: str
) -> None:
    monkeypatch.setattr(catalog, "user_folder", lambda: tmp_path / "nobody")
    out, again = tmp_path / "o.wav", tmp_path / "again.wav"
    for digit in ("3", "7"):
        said = ["--mode", "digits", "--model", model, "--seed", 1, "--variation", 0]
        told = json.loads(run(capsys, *said, "--voice", "nicolas", "--digits", digit, "--json", out))
        assert told["model"] == f"digits-{model}" and 0.3 < told["seconds"] < 1.2
        told = json.loads(
            run(capsys, "--mode", "digits", "--model", model, "--regenerate", out, "--json", again)
        )
        assert told["digits"] == digit, "it understands what it says"


def test_options_of_digits_want_the_mode(capsys: pytest.CaptureFixture[str]) -> None:
    assert "--digits belongs to --mode digits" in fails(capsys, 2, "--digits", "1")
    assert "--from belongs to --mode digits" in fails(capsys, 2, "--from", "1")
