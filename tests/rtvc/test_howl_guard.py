"""A room with a microphone and a loudspeaker, a chain between them, and the guard beside it."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from rtvc.howl_guard import DUCK_DB, MESSAGE, HowlGuard
from rtvc.stage import Audio

RATE, BLOCK = 16000, 160
Voice = Callable[[int], Audio]  # block number to what is said in it


class Room:
    """The chain takes 60 ms and turns up by `gain`; the way through the room takes 50 ms and `echo`."""

    def __init__(self, voice: Voice, gain: float, echo: float) -> None:
        self.guard, self.voice, self.gain, self.echo = HowlGuard(), voice, gain, echo
        self.now = 100.0
        self._inside, self._air = [np.zeros(BLOCK, np.float32)] * 6, [np.zeros(BLOCK, np.float32)] * 5
        self.said: list[str] = []
        self.ducks: list[float] = []
        self.levels: list[float] = []
        self.blocks = 0

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds * RATE / BLOCK)):
            heard = self.voice(self.blocks) + self.echo * self._air.pop(0)
            self._inside.append(np.tanh(self.gain * heard).astype(np.float32))
            out = self._inside.pop(0) * np.float32(10 ** (self.guard.duck_db / 20))
            self.guard.take("input", RATE, heard)
            if self.blocks >= 6:  # the tap leaves out what belongs to a time before
                self.guard.take("output", RATE, out)
            self._air.append(out)
            self.levels.append(float(np.abs(out).max()))
            self.blocks += 1
            self.now += BLOCK / RATE
            if self.blocks % 10 == 0:  # as often as the keeper looks
                said = self.guard.look(self.now)
                self.said += [said] if said else []
                self.ducks.append(self.guard.duck_db)


def silence(block: int) -> Audio:
    return np.zeros(BLOCK, np.float32)


def speech(block: int) -> Audio:
    """Syllables of a gliding voice with some breath, three a second."""
    time = (block * BLOCK + np.arange(BLOCK)) / RATE
    phase = 2 * np.pi * (130.0 * time + 4.0 * np.sin(2 * np.pi * 0.7 * time))
    voiced = sum(np.sin(k * phase) / k for k in range(1, 12))
    breath = 0.1 * np.random.default_rng(block).standard_normal(BLOCK)
    loud = np.maximum(0.0, np.sin(2 * np.pi * 3.0 * time)) * (np.sin(2 * np.pi * 0.4 * time) > -0.5)
    return (0.15 * loud * (voiced + breath)).astype(np.float32)


def held_note(block: int) -> Audio:
    time = (block * BLOCK + np.arange(BLOCK)) / RATE
    return (0.3 * np.sin(2 * np.pi * 220.0 * time)).astype(np.float32)


def offset(block: int) -> Audio:
    """What a bad sound card adds, and much of it."""
    return np.full(BLOCK, 0.25, np.float32)


def noise(block: int) -> Audio:
    return (0.2 * np.random.default_rng(block).standard_normal(BLOCK)).astype(np.float32)


@pytest.mark.parametrize("gain", [1.5, 4.0])
def test_feedback_is_ended_and_told(gain: float) -> None:
    room = Room(lambda block: speech(block) if block < 100 else silence(block), gain, echo=1.0)
    room.run(4.0)
    assert room.said == [MESSAGE] and room.guard.howls == 1
    assert room.guard.duck_db == DUCK_DB
    assert max(room.levels[-20:]) < 0.02, "it has died away"
    room.run(4.0)
    assert room.guard.duck_db == 0.0 and max(room.levels[-20:]) < 0.02, "and is over"


def test_feedback_that_comes_back_is_ended_for_longer_each_time() -> None:
    room = Room(speech, gain=3.0, echo=1.0)
    room.run(60.0)
    assert 2 <= room.guard.howls <= 5
    ducked = np.array(room.ducks) == DUCK_DB
    assert ducked.mean() > 0.5, "most of the time it is turned down"


@pytest.mark.parametrize(
    ("voice", "echo"), [(speech, 0.0), (speech, 0.2), (noise, 0.0), (silence, 0.0), (offset, 0.0)]
)
def test_what_feeds_nothing_is_left_alone(voice: Voice, echo: float) -> None:
    room = Room(voice, gain=1.5, echo=echo)
    room.run(30.0)
    assert not room.said and not any(room.ducks)


def test_a_held_note_is_doubted_now_and_then_and_believed() -> None:
    room = Room(held_note, gain=1.0, echo=0.0)
    room.run(30.0)
    assert not room.said and room.guard.howls == 0
    assert np.mean(np.array(room.ducks) < 0.0) < 0.06


def test_nobody_looking_costs_no_memory() -> None:
    guard = HowlGuard()
    for block in range(5000):
        guard.take("input", RATE, silence(block))
    assert guard._waiting.qsize() <= 2048


def test_many_blocks_are_joined_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """One by one they kept the interpreter's lock from the worker for 7 ms, three times a second."""
    guard, joined = HowlGuard(), list[int]()
    concatenate = np.concatenate

    def counted(parts: Sequence[Audio]) -> Audio:
        joined.append(len(parts))
        return concatenate(parts)

    for block in range(200):
        guard.take("input", RATE, noise(block))
        guard.take("output", RATE, noise(block))
    monkeypatch.setattr(np, "concatenate", counted)
    guard.look(100.0)
    assert max(joined) > 200 and len(joined) < 20


def test_both_ends_keep_time_whatever_the_blocks_silences_and_rates() -> None:
    guard = HowlGuard()
    for rate, pause, length in ((48000, 0, 192), (48000, 48000, 100), (16000, 0, 77), (16000, 8000, 3)):
        for _ in range(3):
            guard.take("input", rate, np.zeros(rate * length // 1000, np.float32), pause)
    guard.look(100.0)
    seconds = 3 * (0.192 + 1.0 + 0.100 + 0.077 + 0.5 + 0.003)
    assert guard._ends["input"].count == pytest.approx(4000 * seconds, abs=2)


def test_a_voice_that_merely_passes_through_is_no_feedback() -> None:
    """A chain that changes nothing and holds nothing back puts out what goes in, at the same moment."""
    guard, now = HowlGuard(), 100.0
    for block in range(round(6.0 * RATE / BLOCK)):
        sound = noise(block) * np.float32(0.2 / max(float(np.std(noise(block))), 1e-6))
        guard.take("input", RATE, sound)
        guard.take("output", RATE, sound)
        now += BLOCK / RATE
        assert guard.look(now) is None and guard.duck_db == 0.0
