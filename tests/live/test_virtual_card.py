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
from numpy.typing import NDArray

from tests.live.virtual_card import RATE, VirtualCard, why_unavailable

pytestmark = pytest.mark.skipif(why_unavailable() is not None, reason=f"no virtual card: {why_unavailable()}")

ROOT = Path(__file__).resolve().parents[2]
WITHIN_MS = 12.0  # how far the sound system's own figures may be off
MEASURED_WITHIN_MS = 3.0


@pytest.fixture(scope="module")
def card() -> Iterator[VirtualCard]:
    with VirtualCard() as card:
        card.environment["PYTHONPATH"] = str(ROOT)
        yield card


def next_event(program: "subprocess.Popen[bytes]", *names: str) -> dict[str, Any]:
    """The next JSON line of one of these kinds; an error if the program ends before."""
    assert program.stdout is not None
    for line in program.stdout:
        event: dict[str, Any] = json.loads(line)
        if event["event"] in names:
            return event
    raise AssertionError(f"the program ended with {program.wait()}")


def noise_bursts(seconds: float) -> NDArray[np.float32]:
    """Noise that swells and fades, so that both its waveform and a gap in it can be found again.

    It ends at 4 kHz: above, a fraction of a sample by which two clocks part would look like another sound.
    """
    rng = np.random.default_rng(7)
    time = np.arange(round(seconds * RATE)) / RATE
    swell = 0.6 + 0.4 * np.sin(2 * np.pi * 1.5 * time)
    spectrum = np.fft.rfft(rng.standard_normal(len(time)))
    spectrum[np.fft.rfftfreq(len(time), 1 / RATE) > 4000.0] = 0.0
    noise = np.fft.irfft(spectrum, len(time))
    return (0.2 * swell * noise / noise.std()).clip(-0.9, 0.9).astype(np.float32)


def delay_and_likeness(heard: NDArray[np.float32], said: NDArray[np.float32]) -> tuple[float, float]:
    """Milliseconds from `heard` to `said`, and how much alike they are there (1.0: the same)."""
    size = 1 << (2 * len(heard) - 1).bit_length()
    spectrum = np.conj(np.fft.rfft(heard, size)) * np.fft.rfft(said, size)
    correlation = np.fft.irfft(spectrum, size)[:RATE]
    lag = int(np.argmax(correlation))
    energy = np.sqrt(np.sum(heard[: len(heard) - lag] ** 2) * np.sum(said[lag:] ** 2))
    return lag / RATE * 1e3, float(correlation[lag] / energy)


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
    heard, said = card.say_and_listen(noise_bursts(2.0), 3.0)
    program.send_signal(signal.SIGTERM)
    stopped = next_event(program, "stopped")
    assert program.wait() == 0

    delay_ms, likeness = delay_and_likeness(heard, said)
    print(f"measured {delay_ms:.1f} ms, shown {stopped['latency']}, likeness {likeness:.4f}")
    assert np.abs(heard).max() > 0.2, "the microphone heard nothing"
    assert delay_ms == pytest.approx(stopped["latency"]["total_ms"], abs=WITHIN_MS)
    if card.is_realtime:  # else the machine's load decides
        assert likeness > 0.98
        assert stopped["overruns"] == stopped["repairs"] == 0
        assert stopped["underruns"] + stopped["drops"] <= 1


@pytest.mark.parametrize(("source", "sink"), [("default", "default"), ("CardMic", "CardSpeaker")])
def test_after_measuring_the_delay_shown_is_the_true_one(card: VirtualCard, source: str, sink: str) -> None:
    with card.echoing():
        asked = ["--measure-latency", "--json", "--mode", "bypass", "--input", source, "--output", sink]
        command = [sys.executable, str(ROOT / "main.py"), *asked]
        done = subprocess.run(command, env=card.environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    program = card.run([sys.executable, str(ROOT / "tests/live/pass_through.py"), "balanced", source, sink])
    next_event(program, "stats")
    heard, said = card.say_and_listen(noise_bursts(2.0), 3.0)
    program.send_signal(signal.SIGTERM)
    latency = next_event(program, "stopped")["latency"]
    assert program.wait() == 0

    delay_ms, likeness = delay_and_likeness(heard, said)
    print(f"measured {delay_ms:.1f} ms outside, shown {latency}, likeness {likeness:.4f}, {done.stdout}")
    assert latency["is_measured"]
    assert delay_ms == pytest.approx(latency["total_ms"], abs=MEASURED_WITHIN_MS)


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
    heard, said = card.say_and_listen(noise_bursts(1.5), 2.2)
    program.send_signal(signal.SIGTERM)
    stopped = next_event(program, "stopped")
    assert program.wait() == 0

    delay_ms, likeness = delay_and_likeness(heard, said)
    print(f"back after {seconds:.2f} s, {delay_ms:.1f} ms, shown {stopped['latency']}, {likeness:.4f}")
    assert seconds < 2.0 and stopped["recoveries"] >= 1
    assert delay_ms == pytest.approx(stopped["latency"]["total_ms"], abs=WITHIN_MS)
    assert stopped["latency"]["total_ms"] == pytest.approx(before["latency"]["total_ms"], abs=WITHIN_MS)


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
    if card.is_realtime:
        assert likeness > 0.9 and stats["underruns"] + stats["drops"] <= 1
    assert delay_ms == pytest.approx(stats["latency"]["total_ms"], abs=WITHIN_MS)
