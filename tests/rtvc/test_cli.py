"""The command line: what it accepts, what it prints where, and the exit code of all that goes wrong."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from rtvc import audio_io, cli, cli_files, cli_lists, headless, log
from rtvc.audio_link import DeviceChoice
from rtvc.devices import Device
from rtvc.errors import DeviceError, RtvcError

ROOT = Path(__file__).parents[2]
RATE = 16_000


@pytest.fixture
def wav(tmp_path: Path) -> Path:
    path = tmp_path / "in.wav"
    soundfile.write(path, np.random.default_rng(1).uniform(-0.2, 0.2, 4000), RATE)
    return path


@pytest.fixture(autouse=True)
def no_log_of_the_users(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(log, "log_path", lambda: tmp_path / "log" / "rtvc.log")


@pytest.fixture
def no_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audio_io, "list_devices", lambda: [])


def fails(capsys: pytest.CaptureFixture[str], code: int, *arguments: object) -> str:
    """The one sentence on standard error of a run that has to fail with this code."""
    assert cli.main([str(argument) for argument in arguments]) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    (line,) = captured.err.splitlines()
    assert line.startswith("rtvc: ") and line.endswith(".") and "Traceback" not in line
    return line


@pytest.mark.parametrize(
    "arguments, says",
    [
        (["--bogus"], "Unrecognized arguments: --bogus"),
        (["--jobs"], "expected one argument"),
        (["a", "b", "--jobs", "0"], "0 is not 1 or more"),
        (["a", "b", "--jobs", "two"], "invalid whole number value: 'two'"),
        (["--seconds", "-1"], "-1 is not above 0"),
        (["--gate", "nan"], "nan is no number"),
        (["--gate", "5"], "gate threshold is 5 dB"),
        (["--noise-reduction", "2"], "noise reduction is 2; it must lie between 0 and 1"),
        (["--mode", "opera"], "There is no mode 'opera'; choose one of speaker, timbre, resynth, bypass"),
        (["--preset", "best"], "There is no preset 'best'"),
        (["a.wav"], "a SOURCE and no DESTINATION"),
        (["a.wav", "b.wav", "c.wav"], "Unrecognized arguments: c.wav"),
        (["a.wav", "b.wav", "--headless"], "--headless and SOURCE exclude each other"),
        (["--list-voices", "--list-models"], "exclude each other"),
        (["a.wav", "b.wav", "--input", "mic"], "--input is for live conversion"),
        (["--headless", "--jobs", "2"], "--jobs is for files"),
    ],
)
def test_usage_errors(capsys: pytest.CaptureFixture[str], arguments: list[str], says: str) -> None:
    assert says in fails(capsys, 2, *arguments)


def test_a_rate_out_of_range(capsys: pytest.CaptureFixture[str], wav: Path, tmp_path: Path) -> None:
    said = fails(capsys, 2, wav, tmp_path / "out.wav", "--mode", "bypass", "--sample-rate", "400")
    assert "400 Hz" in said


@pytest.mark.usefixtures("no_devices")
def test_no_device(capsys: pytest.CaptureFixture[str]) -> None:
    assert "no microphone" in fails(capsys, 3, "--headless", "--mode", "bypass")
    assert "no microphone" in fails(capsys, 3, "--input", "USB", "--mode", "bypass")


def test_no_portaudio(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> list[Device]:
        raise DeviceError("The sound library PortAudio is missing.")

    monkeypatch.setattr(audio_io, "list_devices", missing)
    assert "PortAudio is missing" in fails(capsys, 3, "--list-devices")


@pytest.mark.parametrize("option", ["--target", "--model"])
def test_unknown_voice_or_model(
    capsys: pytest.CaptureFixture[str], wav: Path, tmp_path: Path, option: str
) -> None:
    assert "nobody" in fails(capsys, 4, wav, tmp_path / "out.wav", option, "nobody")
    assert not (tmp_path / "out.wav").exists()


def test_bad_audio_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert "There is no file" in fails(capsys, 5, tmp_path / "none.wav", tmp_path / "out.wav")


def test_errors_are_json_too(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert cli.main([str(tmp_path / "none.wav"), str(tmp_path / "out.wav"), "--json"]) == 5
    captured = capsys.readouterr()
    report = json.loads(captured.out)
    assert report["exit_code"] == 5 and captured.err == f"rtvc: {report['error']}\n"


@pytest.mark.parametrize("debug", [False, True])
def test_our_own_fault_is_a_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, debug: bool
) -> None:
    def fail(*_: object) -> int:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(cli, "_run", fail)
    assert cli.main(["--debug"] if debug else []) == RtvcError.exit_code
    said = capsys.readouterr().err
    assert "fault of its own (ZeroDivisionError: by zero)" in said
    assert ("Traceback" in said) == debug


def test_a_missing_package_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, wav: Path, tmp_path: Path
) -> None:
    monkeypatch.delitem(sys.modules, "rtvc.cli_files")
    monkeypatch.delattr("rtvc.cli_files")
    monkeypatch.setitem(sys.modules, "rich.progress", None)
    assert "rich.progress is missing; install" in fails(capsys, 1, wav, tmp_path / "out.wav")


def test_help_and_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--help"]) == 0
    assert "exit codes:" in capsys.readouterr().out
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("rtvc ")


def test_file(capsys: pytest.CaptureFixture[str], wav: Path, tmp_path: Path) -> None:
    result = tmp_path / "out.flac"
    assert cli.main([str(wav), str(result), "--mode", "bypass", "--sample-rate", "8000"]) == 0
    assert (soundfile.info(result).frames, soundfile.info(result).samplerate) == (2000, 8000)
    assert capsys.readouterr().out.startswith(f"Wrote '{result}': 0.2 s of sound")


def test_file_as_json(capsys: pytest.CaptureFixture[str], wav: Path, tmp_path: Path) -> None:
    options = "--mode bypass --json --seed 7 --gate -50".split()
    assert cli.main([str(wav), str(tmp_path / "out.wav"), *options]) == 0
    captured = capsys.readouterr()
    report = json.loads(captured.out)
    assert captured.err == ""
    assert (report["seed"], report["settings"]["mode"], report["settings"]["gate_db"]) == (7, "bypass", -50.0)
    (file,) = report["files"]
    assert (file["input_samples"], file["output_samples"], file["output_rate"]) == (4000, 4000, RATE)


def test_folder_with_a_bad_file(capsys: pytest.CaptureFixture[str], wav: Path, tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    wav.rename(source / "a.wav")
    (source / "b.wav").write_bytes(b"")
    (source / "c.txt").write_text("text")
    assert cli.main([str(source), str(tmp_path / "out"), "--mode", "bypass"]) == 5
    captured = capsys.readouterr()
    assert captured.out.startswith("Converted 1 file, 1 failed, 1 skipped as no audio: 0.2 s of sound")
    assert captured.err.startswith(f"rtvc: '{source / 'b.wav'}' is empty") and captured.err.count("\n") == 1
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["a.wav"]


def test_live_gets_what_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    got: dict[str, object] = {}
    monkeypatch.setattr(headless, "run", lambda **given: got.update(given) or 0)
    asked = "--input mic --output 3 --seconds 2.5 --json --preset low --sample-rate 48000 "
    asked += "--monitor-device phones"
    assert cli.main(["--headless", "--mode", "bypass", *asked.split()]) == 0
    settings = got["settings"]
    assert got["build"](settings, 8000, 16_000).output_rate == 16_000  # type: ignore[operator]
    assert settings.preset.name == "low"  # type: ignore[attr-defined]
    expected = {"devices": DeviceChoice("mic", "3", 48_000, "phones"), "seconds": 2.5, "json": True}
    assert {name: got[name] for name in expected} == expected


@pytest.mark.usefixtures("no_devices")
def test_without_arguments_and_devices_a_clip_is_converted(
    capsys: pytest.CaptureFixture[str], wav: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli_files, "_CLIP", wav)
    monkeypatch.chdir(tmp_path)
    assert cli.main(["--mode", "bypass"]) == 0
    captured = capsys.readouterr()
    assert "no microphone" in captured.err and "Wrote 'out/hello_bypass.wav'" in captured.out
    assert soundfile.info("out/hello_bypass.wav").frames == 4000


def test_without_arguments_and_with_devices_it_goes_live(monkeypatch: pytest.MonkeyPatch) -> None:
    card = Device(0, "Card", "ALSA", 2, 2, 48_000.0, True, True, 0.01, 0.01)
    monkeypatch.setattr(audio_io, "list_devices", lambda: [card])
    monkeypatch.setattr(headless, "run", lambda **_: 42)
    assert cli.main([]) == 42


def test_a_table_names_only_the_first_of_many_voices(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    row = {"name": "crowd", "system": "", "voices": [f"p{n}" for n in range(303)], "licence": "", "note": ""}
    monkeypatch.setattr(cli_lists, "model_rows", lambda: [row])
    assert cli.main(["--list-models"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "and 283 more" in shown and "p20" not in shown
    assert cli.main(["--list-models", "--json"]) == 0
    assert "p302" in capsys.readouterr().out


def test_lists(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    card = Device(0, "Card [USB]", "ALSA", 1, 2, 44_100.0, True, False, 0.01, 0.01)
    monkeypatch.setattr(audio_io, "list_devices", lambda: [card])
    assert cli.main(["--list-devices"]) == 0
    assert "Card [USB]" in capsys.readouterr().out
    for name in ("devices", "voices", "models"):
        assert cli.main([f"--list-{name}", "--json"]) == 0
        rows = json.loads(capsys.readouterr().out)
        assert isinstance(rows, list) and all("name" in row for row in rows)
    assert cli.main(["--list-models"]) == 0


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interruption_from_outside_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    # Where the tests run in the background, Ctrl-C is ignored, and a process inherits that.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    source, results = tmp_path / "in.wav", tmp_path / "results"
    results.mkdir()
    soundfile.write(source, np.zeros(RATE * 1200, np.int16), RATE)
    arguments = [source, results / "out.wav", "--mode", "resynth"]
    with subprocess.Popen(
        [sys.executable, ROOT / "main.py", *arguments], stderr=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        while not list(results.iterdir()) and process.poll() is None:
            time.sleep(0.02)  # until it writes
        signal.signal(signal.SIGINT, before)
        process.send_signal(number)
        said = process.communicate(timeout=60)[1]
    assert (process.returncode, said) == (130, "rtvc: Interrupted; no half file is left.\n")
    assert not list(results.iterdir())


def test_sums_take_one_thread_unless_told_otherwise() -> None:
    code = "import os, gui.start; print(os.environ['OMP_NUM_THREADS'], os.environ['OPENBLAS_NUM_THREADS'])"
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    surroundings = {name: value for name, value in os.environ.items() if name not in names}

    def counts(**more: str) -> str:
        command = [sys.executable, "-c", code]
        done = subprocess.run(command, env=surroundings | more, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    assert counts() == "1 1"
    assert counts(OMP_NUM_THREADS="3") == "3 1"
