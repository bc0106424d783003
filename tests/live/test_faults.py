"""Devices that go away and come back, other rates, and programs that are killed, on the virtual card."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile

from tests.live.test_virtual_card import ROOT, WITHIN_MS, is_shown, lost, measure_and_stop, next_event
from tests.live.tries import expect_sound
from tests.live.virtual_card import VirtualCard, standing_still, why_unavailable

pytestmark = [
    pytest.mark.alone,
    pytest.mark.skipif(why_unavailable() is not None, reason=f"no virtual card: {why_unavailable()}"),
]

AWAY_SECONDS, BACK_WITHIN_SECONDS = 2.0, 2.0
SETTLES_WITHIN_SECONDS = 5
HELD_UP_SECONDS, CAUGHT_UP_WITHIN_SECONDS = 0.05, 3
PATIENCE = 20.0


@pytest.fixture
def card() -> Iterator[VirtualCard]:
    with VirtualCard() as card:
        card.environment["PYTHONPATH"] = str(ROOT)
        yield card


def pass_through(card: VirtualCard, *arguments: str) -> "subprocess.Popen[bytes]":
    return card.run([sys.executable, str(ROOT / "tests/live/pass_through.py"), *arguments])


@pytest.mark.parametrize("device", ["speaker", "microphone"])
def test_a_device_that_was_pulled_out_is_waited_for(card: VirtualCard, device: str) -> None:
    program = pass_through(card, "balanced", "CardMic", "CardSpeaker")
    before = next_event(program, "stats")
    with card.without(device):
        gone = next_event(program, "state")
        assert gone["state"] == "recovering" and ("Mic" in gone["message"]) is (device == "microphone")
        time.sleep(AWAY_SECONDS)  # that is the fault
    returned = time.monotonic()
    while next_event(program, "state")["state"] != "running":
        pass
    seconds = time.monotonic() - returned
    for _ in range(SETTLES_WITHIN_SECONDS):  # a stats event comes each second
        latency = next_event(program, "stats")["latency"]
        if latency["total_ms"] == pytest.approx(before["latency"]["total_ms"], abs=WITHIN_MS):
            break
    stopped, delay_ms, likeness = measure_and_stop(card, program)
    print(
        f"{device}: back after {seconds:.2f} s, {delay_ms:.1f} ms, shown {stopped['latency']}, {likeness:.3f}"
    )
    assert stopped["recoveries"] >= 1
    expect_sound(seconds < BACK_WITHIN_SECONDS, f"back after {seconds:.2f} s")
    expect_sound(is_shown(stopped, delay_ms), "another delay is shown")
    as_before = is_shown(stopped, before["latency"]["total_ms"])
    expect_sound(as_before, "the delay is another than before")


def test_a_program_that_was_held_up_is_not_late_for_good(card: VirtualCard) -> None:
    program = pass_through(card, "balanced", "default", "default")
    before = next_event(program, "stats")
    with standing_still(program):
        time.sleep(HELD_UP_SECONDS)  # that is the fault
    for _ in range(CAUGHT_UP_WITHIN_SECONDS):  # a stats event comes each second
        next_event(program, "stats")
    stopped, delay_ms, likeness = measure_and_stop(card, program)
    print(f"{delay_ms:.1f} ms, before {before['latency']}, shown {stopped['latency']}, {likeness:.3f}")
    expect_sound(is_shown(stopped, delay_ms), "another delay is shown")
    as_before = is_shown(stopped, before["latency"]["total_ms"])
    expect_sound(as_before, "the delay is another than before")


@pytest.mark.parametrize("rate", [22050, 44100, 96000])
def test_devices_at_other_rates(card: VirtualCard, rate: int) -> None:
    program = pass_through(card, "balanced", "default", "default", str(rate))
    assert next_event(program, "started")["output_rate"] == rate
    next_event(program, "stats")
    stopped, delay_ms, likeness = measure_and_stop(card, program)
    print(f"{rate} Hz: {delay_ms:.1f} ms, {stopped['latency']}, {lost(stopped)} lost, {likeness:.3f}")
    expect_sound(lost(stopped) == 0, "sound was lost")
    assert likeness > 0.3, "at a wrong rate it would be another sound"
    expect_sound(likeness > 0.95, "what is lost has to be counted")
    expect_sound(is_shown(stopped, delay_ms), "another delay is shown")


PARENT = """
import subprocess, sys, time
child = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE)
child.stdin.write(sys.stdin.readline().encode() + sys.stdin.readline().encode())
child.stdin.flush()
print(child.pid, file=sys.stderr, flush=True)
time.sleep(1000)
"""


@pytest.mark.parametrize("victim", ["parent", "child"])
def test_who_is_killed_leaves_no_orphan_and_recordings_that_play(
    card: VirtualCard, victim: str, tmp_path: Path
) -> None:
    paths = {end: str(tmp_path / f"{end}.wav") for end in ("input", "output")}
    live = [sys.executable, str(ROOT / "main.py"), "--headless", "--control", "--mode", "bypass"]
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, *live],
        env=card.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert parent.stdin is not None and parent.stderr is not None
    for command in ({"cmd": "start"}, {"cmd": "record", **paths}):
        parent.stdin.write(json.dumps(command).encode() + b"\n")
    parent.stdin.flush()
    child = int(parent.stderr.readline())
    while next_event(parent, "stats")["recorded_seconds"] < 2.0:
        pass
    os.kill(parent.pid if victim == "parent" else child, signal.SIGKILL)
    deadline = time.monotonic() + PATIENCE
    while is_running(child):
        assert time.monotonic() < deadline, "an orphan is left"
        time.sleep(0.05)
    parent.kill()
    parent.communicate()
    for path in paths.values():
        assert soundfile.info(path).duration > 1.0


def is_running(process: int) -> bool:
    """A zombie, whose parent has not asked for it yet, is not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
