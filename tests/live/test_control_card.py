"""Commands by the hundred and nonsense by the pound, while sound runs through the virtual card."""

import json
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from tests.live.sound_marks import delay_and_likeness, noise_bursts, peak_above
from tests.live.test_virtual_card import ROOT, is_shown
from tests.live.tries import expect_sound
from tests.live.virtual_card import RATE, Spoilt, VirtualCard, why_unavailable

pytestmark = [
    pytest.mark.alone,
    pytest.mark.skipif(why_unavailable() is not None, reason=f"no virtual card: {why_unavailable()}"),
]

COMMANDS, COMMANDS_PER_SECOND = 500, 25
LOUDEST_CLICK = 0.005  # above 6 kHz, beside a tone of 0.2: a leap of a fifteenth of it
FLOOD_COMMANDS, FLOOD_BYTES = 10_000, 100_000  # all at once; they are taken in their own time


class Program:
    """The live program, steered; what it says is read all the time, as a window would."""

    def __init__(self, card: VirtualCard, *options: str, errors: Path | None = None) -> None:
        command = [sys.executable, str(ROOT / "main.py"), "--headless", "--control", *options]
        self.process: subprocess.Popen[bytes] = card.run(command, errors)
        self.stats: dict[str, Any] = {}
        self.states: list[str] = []
        self.refused: list[str] = []
        self.answers: dict[Any, dict[str, Any]] = {}
        self._news = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            event = json.loads(line)
            with self._news:
                self._take(event)
                self._news.notify_all()

    def _take(self, event: dict[str, Any]) -> None:
        if event["event"] == "stats":
            self.stats = event
        elif event["event"] == "state":
            self.states.append(event["message"] or event["state"])
        elif event["event"] == "refused":
            self.refused.append(event["message"])
        elif event["event"] == "answer":
            self.answers[event["id"]] = event

    def write(self, data: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def tell(self, number: Any = None, **command: Any) -> None:
        self.write(json.dumps({"id": number, **command}).encode() + b"\n")

    def ask(self, number: str, **command: Any) -> dict[str, Any]:
        self.tell(number, **command)
        with self._news:
            assert self._news.wait_for(lambda: number in self.answers, 60.0), f"no answer to {number}"
            return self.answers[number]

    def await_seconds(self, more: float) -> dict[str, Any]:
        """Until so much more sound has flowed."""
        until = self.stats.get("seconds", 0.0) + more
        with self._news:
            assert self._news.wait_for(lambda: self.stats.get("seconds", 0.0) >= until, 60.0)
            return self.stats

    def end(self) -> None:
        self.tell(cmd="quit")
        assert self.process.wait(20.0) == 0


@pytest.fixture
def card() -> Iterator[VirtualCard]:
    with VirtualCard() as card:
        yield card


def faults(stats: dict[str, Any]) -> int:
    return int(stats["underruns"] + stats["drops"] + stats["overruns"] + stats["repairs"])


def random_setting(dice: random.Random) -> dict[str, Any]:
    return dice.choice(
        [
            {"output_gain_db": dice.uniform(-12.0, 0.0)},
            {"input_gain_db": dice.uniform(-6.0, 6.0)},
            {"noise_reduction": dice.random()},
            {"pitch_semitones": dice.choice([0.0, 2.0, -3.0])},
            {"gate_db": dice.choice([None, -60.0])},
            {"bypass": dice.random() < 0.5},
            {"mute": dice.random() < 0.2},
            {"mode": dice.choice(["speaker", "resynth", "bypass"])},
            {"target": dice.choice(["p225", "p230"])},
        ]
    )


def test_random_commands_leave_neither_clicks_nor_delay(card: VirtualCard, tmp_path: Path) -> None:
    program, dice = Program(card, "--mode", "resynth"), random.Random(11)
    assert program.ask("start", cmd="start")["ok"]
    taken, given = tmp_path / "taken.wav", tmp_path / "given.wav"
    assert program.ask("record", cmd="record", input=str(taken), output=str(given))["ok"]
    load = program.await_seconds(2.0)["load"]
    seconds = COMMANDS / COMMANDS_PER_SECOND
    tone = 0.2 * np.sin(2 * np.pi * 200.0 / RATE * np.arange(round((seconds + 1.0) * RATE)))
    tone[-RATE // 10 :] *= np.linspace(1.0, 0.0, RATE // 10)  # the recording may well outlast it
    heard: list[np.ndarray] = []

    def listen() -> None:
        with suppress(Spoilt):
            heard.extend(card.say_and_listen(tone.astype(np.float32), seconds + 0.5))

    listener = threading.Thread(target=listen)
    listener.start()
    pause = threading.Event()
    for _ in range(COMMANDS):
        program.tell(cmd="set", **random_setting(dice))
        pause.wait(1 / COMMANDS_PER_SECOND)
    listener.join()
    expect_sound(bool(heard), "the card fell silent")
    assert program.ask("recorded", cmd="record")["ok"]
    plain = {"mode": "bypass", "bypass": False, "mute": False, "gate_db": None}
    program.ask("plain", cmd="set", **plain, output_gain_db=0.0, input_gain_db=0.0)
    program.await_seconds(1.5)
    noise, said = card.say_and_listen(noise_bursts(1.5), 2.2)
    stats = program.await_seconds(0.1)
    program.end()

    delay_ms, likeness = delay_and_likeness(noise, said)
    recorded = [soundfile.read(path)[0] for path in (taken, given)]
    clicks = [peak_above(6000.0, sound) for sound in (*recorded, heard[1])]
    print(f"{faults(stats)} faults, {delay_ms:.1f} ms, shown {stats['latency']}, {program.states}")
    print(f"clicks taken, given and heard {clicks}, likeness {likeness:.4f}, load {load}")
    assert not program.refused and stats["state"] == "running"
    expect_sound(program.states == ["starting", "running"], f"it took the devices for gone: {program.states}")
    expect_sound(is_shown(stats, delay_ms), "another delay is shown")
    # What the machine does to sound is not ours: neither what came in broken nor what the card breaks.
    what = f"{faults(stats)} faults, {stats['device_xruns']} xruns of the device, clicks {clicks}"
    expect_sound(faults(stats) <= 1 and likeness > 0.9 and clicks[0] < LOUDEST_CLICK, what, load)
    assert faults(stats) or clicks[1] < LOUDEST_CLICK, f"what came in whole went out with a click: {clicks}"
    expect_sound(max(clicks) < LOUDEST_CLICK, what, load)


def test_floods_of_nonsense_and_of_commands_drop_nothing(card: VirtualCard) -> None:
    program = Program(card, "--mode", "resynth")
    assert program.ask("start", cmd="start")["ok"]
    before = program.await_seconds(2.0)
    program.write(np.random.default_rng(5).bytes(FLOOD_BYTES) + b"\n")
    lines = [json.dumps({"cmd": "set", "output_gain_db": -(n % 7)}).encode() for n in range(FLOOD_COMMANDS)]
    began = time.monotonic()
    writer = threading.Thread(target=program.write, args=(b"\n".join(lines) + b"\n",))
    writer.start()
    program.await_seconds(5.0)
    writer.join(60.0)
    answer = program.ask("last", cmd="get")
    taken = time.monotonic() - began
    after = program.await_seconds(0.5)
    program.end()
    print(f"{FLOOD_COMMANDS} commands in {taken:.1f} s, {after}")
    assert answer["settings"]["output_gain_db"] == -((FLOOD_COMMANDS - 1) % 7)
    assert after["state"] == "running"
    expect_sound(program.states == ["starting", "running"], f"it took the devices for gone: {program.states}")
    expect_sound(faults(after) == faults(before), "the flood was heard", before["load"])
