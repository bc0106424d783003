"""python packaging/smoke.py FOLDER: whether a built program works, without a display, in a strange place."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

_PATIENCE_SECONDS = 120.0


class Built:
    """The program in its folder, with a home of its own."""

    def __init__(self, folder: Path, home: Path) -> None:
        self._program = str(folder / ("rtvc.exe" if sys.platform == "win32" else "rtvc"))
        self.home, self.assets = home, folder / "_internal" / "rtvc" / "assets"
        self.hello = str(self.assets / "demo" / "hello.wav")
        kinds = ("DATA", "CONFIG", "STATE")
        homes = {f"XDG_{kind}_HOME": str(home / kind.lower()) for kind in kinds}
        foreign = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "LD_LIBRARY_PATH")
        kept = {name: value for name, value in os.environ.items() if name not in foreign}
        self.environment = kept | homes | {"HOME": str(home), "QT_QPA_PLATFORM": "offscreen"}

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [self._program, *arguments],
            cwd=self.home,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, given: str = "") -> str:
        """What it says; an assertion when it does not end well."""
        process = self.start(*arguments)
        said, errors = process.communicate(given, timeout=_PATIENCE_SECONDS)
        assert process.returncode == 0, f"{arguments}: {process.returncode}, {errors}"
        return said


def lists_what_it_brings(built: Built) -> None:
    assert built.run("--version").startswith("rtvc ")
    voices = json.loads(built.run("--list-voices", "--json"))
    assert any(voice["id"] == "p230" for voice in voices), voices


def converts_the_clip(built: Built) -> None:
    built.run(built.hello, "hellö.wav", "--target", "p230")
    assert (built.home / "hellö.wav").stat().st_size > 100_000


def converts_a_folder_in_two_processes(built: Built) -> None:
    (built.home / "speech").mkdir()
    for name in ("one.wav", "two.wav"):
        shutil.copy(built.hello, built.home / "speech" / name)
    built.run("speech", "converted", "--mode", "resynth", "--jobs", "2")
    assert len(list((built.home / "converted").glob("*.wav"))) == 2


def tries_a_model_from_elsewhere(built: Built) -> None:
    """In a process of its own, which is the program once more."""
    models = built.home / "data" / "rtvc" / "models"
    models.mkdir(parents=True)
    for part in ("hear", "say"):
        shutil.copy(built.assets / "models" / f"stream.{part}.onnx", models / f"mine.{part}.onnx")
    built.run(built.hello, "mine.wav", "--model", "mine", "--target", "p226")


def is_steered(built: Built) -> None:
    """As the window does it."""
    commands = [{"cmd": "voices", "id": 1}, {"cmd": "get", "id": 2}]
    process = built.start("-m", "rtvc.cli", "--headless", "--control")
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write("".join(json.dumps(command) + "\n" for command in commands))
    process.stdin.flush()
    events: list[dict[str, Any]] = []
    while sum(event["event"] == "answer" for event in events) < len(commands):
        events.append(json.loads(process.stdout.readline()))
    process.communicate('{"cmd": "quit"}\n', timeout=_PATIENCE_SECONDS)
    assert process.returncode == 0 and all(event.get("ok", True) for event in events), events


def converts_files_for_the_window(built: Built) -> None:
    order = {"convert": 1, "source": built.hello, "destination": "window.wav", "settings": {"mode": "bypass"}}
    said = built.run("-m", "gui.file_worker", given=json.dumps(order) + "\n")
    assert "done" in json.loads(said.splitlines()[-1]), said


def opens_the_window_and_ends(built: Built) -> None:
    """What the window remembers at its end came from its engine."""
    process = built.start()
    time.sleep(10.0)  # for window and engine
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=_PATIENCE_SECONDS)
    assert process.returncode == 0, errors
    remembered = json.loads((built.home / "config" / "rtvc" / "window.json").read_text(encoding="utf-8"))
    assert remembered["engine"]["target"] == "p230", remembered


TRIALS = (
    lists_what_it_brings,
    converts_the_clip,
    converts_a_folder_in_two_processes,
    tries_a_model_from_elsewhere,
    is_steered,
    converts_files_for_the_window,
    opens_the_window_and_ends,
)


def main() -> int:
    folder = Path(sys.argv[1]).resolve()
    for trial in TRIALS:
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="rtvc ü ") as home:
            trial(Built(folder, Path(home)))
        print(f"ok  {trial.__name__.replace('_', ' ')}, {time.monotonic() - began:.1f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
