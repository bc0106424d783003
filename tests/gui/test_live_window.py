"""The window on a screen of its own, with the real engine, on a sound card made of software."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import soxr
from numpy.typing import NDArray

from rtvc.catalog import ASSETS
from rtvc.mel import MelSpec
from rtvc.speaker_scan import scan_audio
from tests.live.tries import expect_sound
from tests.live.virtual_card import RATE, VirtualCard, ended_after, why_unavailable

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 60.0


def why_not() -> str | None:
    return why_unavailable() or (None if shutil.which("Xvfb") else "Xvfb is not installed")


pytestmark = [
    pytest.mark.alone,
    pytest.mark.skipif(why_not() is not None, reason=f"no window with sound: {why_not()}"),
]


@contextmanager
def screen_of_its_own() -> Iterator[str]:
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1280x800x24", "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL)
    os.close(writing)
    with os.fdopen(reading) as numbers:
        yield ":" + numbers.readline().strip()
    server.terminate()
    server.wait()


@pytest.fixture(scope="module")
def screen() -> Iterator[str]:
    with screen_of_its_own() as name:
        yield name


class Window:
    def __init__(self, card: VirtualCard, screen: str, folder: Path) -> None:
        card.environment |= {"DISPLAY": screen, "QT_QPA_PLATFORM": "xcb", "PYTHONPATH": str(ROOT)}
        self._process = card.run([sys.executable, str(ROOT / "tests/gui/live_window.py"), str(folder)])

    def do(self, step: str) -> dict[str, Any]:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(step.encode() + b"\n")
        self._process.stdin.flush()
        with ended_after(PATIENCE_SECONDS, self._process):
            line = self._process.stdout.readline()
        assert line, f"the window ended, or did not answer, at '{step}'"
        answer: dict[str, Any] = json.loads(line)
        return answer

    def end(self) -> int:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.stdin = None
        return self._process.wait()


@pytest.fixture
def card() -> Iterator[VirtualCard]:
    with VirtualCard() as card:
        yield card


@pytest.fixture
def window(card: VirtualCard, screen: str, tmp_path: Path) -> Window:
    window = Window(card, screen, tmp_path)
    ready = window.do("voices")
    assert ready["screen"] == "xcb" and ready["count"] > 5
    return window


def speech() -> NDArray[np.float32]:
    sound, rate = soundfile.read(ASSETS / "demo" / "hello.wav", dtype="float32")
    return soxr.resample(sound, rate, RATE).astype(np.float32)


def likeness(heard: NDArray[np.float32], said: NDArray[np.float32]) -> float:
    """1.0: the same, however late."""
    size = 1 << (2 * len(heard) - 1).bit_length()
    correlation = np.fft.irfft(np.conj(np.fft.rfft(heard, size)) * np.fft.rfft(said, size), size)[:RATE]
    return float(correlation.max() / np.sqrt(np.sum(heard**2) * np.sum(said**2) + 1e-9))


def pitch_hz(sound: NDArray[np.float32]) -> float:
    spec = MelSpec()
    speaker = scan_audio(soxr.resample(sound, RATE, spec.sample_rate).astype(np.float32))
    expect_sound(speaker is not None, "there is no voice in it")
    assert speaker is not None
    return speaker.pitch_hz


def hum(seconds: float, hz: float) -> NDArray[np.float32]:
    time = np.arange(round(seconds * RATE)) / RATE
    phase = 2 * np.pi * hz * time + 0.3 * np.sin(2 * np.pi * 5.0 * time)
    partials = sum(np.sin(n * phase) / n**2 for n in range(1, 8))
    fades = np.minimum(1.0, np.minimum(time, seconds - time) / 0.1)
    return (0.25 * fades * partials).astype(np.float32)


def test_a_session_from_start_to_stop(card: VirtualCard, window: Window, tmp_path: Path) -> None:
    window.do("voice p230")
    started = window.do("start")
    window.do("figures")
    sound = speech()
    heard, said = card.say_and_listen(sound, len(sound) / RATE + 0.5)
    assert np.abs(heard).max() > 0.1, "the microphone heard nothing"
    assert np.abs(said).max() > 0.02, "nothing came out"
    converted, said_as_p230 = likeness(heard, said), said
    loudest = window.do("columns")["loudest"]
    window.do("voice p226")
    card.say_and_listen(sound[:RATE], 1.2)  # until it has taken over
    _, other = card.say_and_listen(sound, len(sound) / RATE + 0.5)
    window.do("bypass")
    card.say_and_listen(sound[:RATE], 1.2)  # until the fades are over
    hear_oneself(card, window)
    window.do("stop")
    assert window.end() == 0
    high, low = pitch_hz(said_as_p230), pitch_hz(other)
    print(f"p230 at {high:.0f} Hz, p226 at {low:.0f} Hz")
    assert high > 150 > 140 > low, "a woman, then a man"
    assert min(loudest) > 120, "the spectrograms stayed empty"
    assert converted < 0.6
    print(f"start {started['seconds']:.2f} s, likeness {converted:.2f}")


def hear_oneself(card: VirtualCard, window: Window) -> None:
    """Bypassed and recorded. With gaps in it, nothing is like anything."""
    before = window.do("figures")["stats"]
    window.do("record")
    heard, said = card.say_and_listen(speech()[: 4 * RATE], 4.5)
    files = [Path(name) for name in window.do("record")["files"]]
    own = likeness(heard, said)
    stats = window.do("figures")["stats"]
    print(f"bypassed: likeness {own:.2f}; {stats}")
    if all(stats[name] == before[name] for name in ("underruns", "drops", "device_xruns", "recoveries")):
        expect_sound(own > 0.6, f"bypassed, the likeness is {own:.2f}")
    assert len(files) == 2 and all(soundfile.info(file).duration > 2.0 for file in files)
    recorded, _ = soundfile.read(next(file for file in files if "voice" in file.name), dtype="float32")
    assert np.abs(recorded).max() > 0.05, "nothing is in the recording"


def test_a_hum_is_played_and_a_number_is_spoken(card: VirtualCard, window: Window) -> None:
    window.do("start")
    window.do("mode timbre")
    window.do("instrument violin")
    card.say_and_listen(hum(1.0, 220.0), 1.5)  # until it has taken over
    heard, played = card.say_and_listen(hum(2.0, 220.0), 2.8)
    window.do("mode digits")
    card.say_and_listen(hum(0.5, 220.0), 1.0)
    _, silent = card.say_and_listen(hum(1.0, 220.0), 1.5)
    spoken, dragged = window.do("digits 2024"), window.do("drag")
    loudest = window.do("columns")["loudest"]
    window.do("turn_into p230")
    turn_digits(window)
    window.do("stop")
    assert window.end() == 0
    print(f"played at {pitch_hz(played):.1f} Hz, likeness {likeness(heard, played):.2f}; {spoken}; {dragged}")
    assert pitch_hz(played) == pytest.approx(220.0, rel=0.02) and np.abs(played).max() > 0.02
    assert np.abs(silent).max() < 0.003, "the microphone is heard among the digits"
    assert spoken["said"]["whole"] and spoken["said"]["seconds"] > 1.0 and spoken["note"] == ""
    assert all(one["whole"] for one in dragged["said"]) and dragged["place"] != [0.0, 0.0]
    assert loudest[1] > 120, "no digit came out"


def turn_digits(window: Window) -> None:
    before = window.do("figures")["stats"]
    turned = window.do("digits 2024")
    faults = faults_since(before, window.do("figures")["stats"])
    print(f"as p230: {turned}, {faults}")
    assert turned["said"]["whole"] and turned["note"] == ""
    expect_sound(not any(faults.values()), "to convert digits disturbs the sound", before["load"])


def test_a_window_that_is_frozen_costs_no_sound(card: VirtualCard, window: Window) -> None:
    window.do("start")
    card.say_and_listen(speech(), 2.0)
    lose_nothing(window, 3.0, "freeze 3")
    window.do("stop")
    assert window.end() == 0


def test_two_thousand_files_dropped_on_a_frozen_window_cost_no_sound(
    card: VirtualCard, window: Window
) -> None:
    window.do("start")
    card.say_and_listen(speech(), 2.0)
    lose_nothing(window, 6.0, "drop 2000", "freeze 3", after="cancel")
    window.do("stop")
    assert window.end() == 0


def lose_nothing(window: Window, seconds: float, *steps: str, after: str = "figures") -> None:
    """So much sound at least from these steps on, and nothing wrong with it."""
    before = window.do("figures")["stats"]
    answers = [window.do(step) for step in steps]
    now = window.do("figures")["stats"]
    while now["seconds"] - before["seconds"] < seconds:  # what waited in the pipe comes first
        now = window.do("figures")["stats"]
    window.do(after)
    faults = faults_since(before, now)
    print(f"{now['seconds'] - before['seconds']:.1f} s of sound, {faults}; {answers}")
    expect_sound(not any(faults.values()), f"lost: {faults}", before["load"])


def faults_since(before: dict[str, Any], after: dict[str, Any]) -> dict[str, int]:
    return {name: after[name] - before[name] for name in ("underruns", "overruns", "drops")}


def test_an_engine_that_is_killed_is_back_soon(window: Window) -> None:
    window.do("start")
    window.do("figures")
    back = window.do("kill")
    window.do("stop")
    assert window.end() == 0
    print(f"sound again after {back['seconds']:.2f} s: {back['states']}")
    assert back["states"][0] == "lost" and back["states"][-1] == "running"
    assert back["seconds"] < 3.0
