"""Sound through real callbacks, from the outside: what goes in at the microphone and when it comes out."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rtvc.errors import DeviceError
from tests.live.sound_marks import MOST_STRETCHED_HZ, delay_and_likeness, noise_bursts
from tests.live.tries import expect_sound
from tests.live.virtual_card import RATE, VirtualCard, ended_after, why_unavailable

pytestmark = [
    pytest.mark.alone,
    pytest.mark.skipif(why_unavailable() is not None, reason=f"no virtual card: {why_unavailable()}"),
]

ROOT = Path(__file__).resolve().parents[2]
WITHIN_MS = 12.0  # how far the sound system's own figures may be off
MEASURED_WITHIN_MS = 3.0
PATIENCE_SECONDS = 30.0


@pytest.fixture
def card() -> Iterator[VirtualCard]:
    with VirtualCard() as card:
        card.environment["PYTHONPATH"] = str(ROOT)
        yield card


def next_event(program: "subprocess.Popen[bytes]", *names: str) -> dict[str, Any]:
    """The next JSON line of one of these kinds; an error if the program ends before, or does not say it."""
    assert program.stdout is not None
    with ended_after(PATIENCE_SECONDS, program):
        for line in program.stdout:
            event: dict[str, Any] = json.loads(line)
            if event["event"] in names:
                return event
    raise AssertionError(f"it never came to {' or '.join(names)}; the program ended with {program.wait()}")


def lost(stats: dict[str, Any]) -> int:
    """How often sound was late, cut or lost, by the program's own account."""
    return sum(stats[name] for name in ("underruns", "overruns", "drops", "device_xruns"))


def is_shown(stats: dict[str, Any], delay_ms: float, within_ms: float = WITHIN_MS) -> bool:
    return abs(delay_ms - float(stats["latency"]["total_ms"])) <= within_ms


def measure_and_stop(
    card: VirtualCard, program: "subprocess.Popen[bytes]"
) -> tuple[dict[str, Any], float, float]:
    """The last it says, its delay in ms as measured from outside, and how whole the sound is."""
    heard, said = card.say_and_listen(noise_bursts(1.5), 2.2)
    program.send_signal(signal.SIGTERM)
    stopped = next_event(program, "stopped")
    assert program.wait() == 0
    return stopped, *delay_and_likeness(heard, said)


@pytest.mark.parametrize(
    ("preset", "source", "sink", "is_duplex"),
    [
        ("balanced", "default", "default", True),
        ("balanced", "CardMic", "CardSpeaker", False),
    ],
    ids=["one stream", "two streams"],
)
def test_sound_passes_whole_and_as_late_as_shown(
    card: VirtualCard, preset: str, source: str, sink: str, is_duplex: bool
) -> None:
    program = card.run([sys.executable, str(ROOT / "tests/live/pass_through.py"), preset, source, sink])
    started = next_event(program, "started")
    assert started["duplex"] is is_duplex and started["output_rate"] == RATE
    next_event(program, "stats")
    sound = noise_bursts(2.0, highest_hz=RATE / 2 if is_duplex else MOST_STRETCHED_HZ)
    heard, said = card.say_and_listen(sound, 3.0)
    program.send_signal(signal.SIGTERM)
    stopped = next_event(program, "stopped")
    assert program.wait() == 0

    delay_ms, likeness = delay_and_likeness(heard, said)
    print(f"measured {delay_ms:.1f} ms, {stopped['latency']}, {lost(stopped)} lost, likeness {likeness:.4f}")
    assert np.abs(heard).max() > 0.2, "the microphone heard nothing"
    assert stopped["repairs"] == 0
    expect_sound(lost(stopped) == 0, "sound was lost")
    expect_sound(likeness > 0.98, "what is lost has to be counted")
    expect_sound(is_shown(stopped, delay_ms), "another delay is shown")


@pytest.mark.parametrize(("source", "sink"), [("default", "default"), ("CardMic", "CardSpeaker")])
def test_after_measuring_the_delay_shown_is_the_true_one(card: VirtualCard, source: str, sink: str) -> None:
    with card.echoing():
        asked = ["--measure-latency", "--json", "--mode", "bypass", "--input", source, "--output", sink]
        command = [sys.executable, str(ROOT / "main.py"), *asked]
        done = subprocess.run(command, env=card.environment, capture_output=True, text=True, timeout=120)
    # That it does not hear its chirps is what it is to say where the machine stood still meanwhile.
    expect_sound(done.returncode != DeviceError.exit_code, "the delay could not be measured")
    assert done.returncode == 0, done.stderr
    program = card.run([sys.executable, str(ROOT / "tests/live/pass_through.py"), "balanced", source, sink])
    next_event(program, "stats")
    heard, said = card.say_and_listen(noise_bursts(2.0), 3.0)
    program.send_signal(signal.SIGTERM)
    stopped = next_event(program, "stopped")
    assert program.wait() == 0

    latency, delay_ms = stopped["latency"], delay_and_likeness(heard, said)[0]
    print(f"measured {delay_ms:.1f} ms outside, shown {latency}, {lost(stopped)} lost, {done.stdout}")
    assert latency["is_measured"]
    is_true = is_shown(stopped, delay_ms, MEASURED_WITHIN_MS)
    expect_sound(is_true, "another delay was shown than was measured")


@pytest.mark.parametrize("fault", ["killed", "frozen"])
def test_a_sound_server_that_is_gone_for_a_while_is_waited_for(card: VirtualCard, fault: str) -> None:
    command = [sys.executable, str(ROOT / "tests/live/pass_through.py"), "balanced", "default", "default"]
    program = card.run(command)
    before = next_event(program, "stats")
    if fault == "killed":
        card.kill()
        assert next_event(program, "state")["state"] == "recovering"
        card.start()
    else:
        with card.frozen():
            time.sleep(2.0)  # that is the fault: a server that sleeps for so long
    returned = time.monotonic()
    state = next_event(program, "state")
    while state["state"] != "running":
        state = next_event(program, "state")
    seconds = time.monotonic() - returned
    next_event(program, "stats")
    stopped, delay_ms, likeness = measure_and_stop(card, program)
    print(f"back after {seconds:.2f} s, {delay_ms:.1f} ms, shown {stopped['latency']}, {likeness:.4f}")
    assert stopped["recoveries"] >= 1
    expect_sound(seconds < 2.0, f"back after {seconds:.2f} s")
    expect_sound(is_shown(stopped, delay_ms), "another delay is shown")
    expect_sound(is_shown(stopped, before["latency"]["total_ms"]), "the delay is another than before")


def test_commands_from_another_program_do_not_disturb_the_sound(card: VirtualCard) -> None:
    command = [sys.executable, str(ROOT / "main.py"), "--headless", "--control", "--mode", "resynth"]
    program = card.run(command)
    assert program.stdin is not None

    def tell(text: str) -> None:
        assert program.stdin is not None
        program.stdin.write(text.encode() + b"\n")
        program.stdin.flush()

    tell('{"cmd": "start"}')
    assert next_event(program, "answer")["ok"]
    before = next_event(program, "stats")
    while before["seconds"] < 1.0:  # what a start costs is not the commands' doing
        before = next_event(program, "stats")
    for change in ('"bypass": true', '"output_gain_db": -6', '"bypass": false', '"mode": "bypass"'):
        tell(f'{{"cmd": "set", {change}}}')
        next_event(program, "applied")
    card.say_and_listen(noise_bursts(0.5), 1.0)  # until the last fade is over
    heard, said = card.say_and_listen(noise_bursts(1.5), 2.2)
    tell('{"cmd": "set", "output_gain_db": "loud"}')
    while next_event(program, "answer")["ok"]:
        pass
    stats = next_event(program, "stats")
    program.stdin.close()  # what the end of the other program does
    program.stdin = None
    assert next_event(program, "bye")
    assert program.wait() == 0

    delay_ms, likeness = delay_and_likeness(heard, said)
    print(f"{before['latency']['total_ms']} ms, then {stats['latency']}: {delay_ms:.1f} ms, {likeness:.4f}")
    assert before["latency"]["total_ms"] > stats["latency"]["total_ms"] + 30
    lost = sum(stats[count] - before[count] for count in ("underruns", "drops"))
    expect_sound(likeness > 0.9 and lost <= 1, f"sound was lost {lost} times")
    expect_sound(is_shown(stats, delay_ms), "another delay is shown")
