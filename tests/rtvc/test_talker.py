"""Digits said into a running engine, by call, by key and by command."""

import queue
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from rtvc.chain import build_chain
from rtvc.digit_settings import DigitSettings
from rtvc.digits import DigitSpeaker
from rtvc.engine import Engine
from rtvc.errors import ModelError, RtvcError, UsageError
from rtvc.key_commands import KeyCommands
from rtvc.runtime import BlockModel
from rtvc.settings import ChainSettings
from rtvc.stage import Audio
from rtvc.talker import Said, Talker
from tests.fakes import RunningDevice
from tests.tiny_digits import write_decoder

PATIENCE = 20.0


class QuietDevice(RunningDevice):
    """A microphone in a silent room; keeps how loud what it plays was at most."""

    def __init__(self) -> None:
        super().__init__()
        self.pause_seconds = 0.002
        self.loudest = 0.0

    def listen(self, block: Audio) -> None:
        super().listen(np.zeros_like(block))

    def pull(self, count: int) -> Audio:
        out = super().pull(count)
        self.loudest = max(self.loudest, float(np.abs(out).max()))
        return out


@pytest.fixture
def engine() -> Iterator[Engine]:
    device = QuietDevice()
    engine = Engine(build_chain, ChainSettings(mode="digits"), open_audio=device.open)
    engine.device = device  # type: ignore[attr-defined]
    with engine:
        yield engine


@pytest.fixture
def speaker(tmp_path: Path) -> DigitSpeaker:
    return DigitSpeaker(BlockModel(write_decoder(tmp_path / "tiny.onnx")))


def test_what_is_said_is_heard_and_its_end_told(engine: Engine, speaker: DigitSpeaker) -> None:
    told: queue.Queue[Said] = queue.Queue()
    talker = Talker(engine, told.put, lambda model: speaker)
    number, settled = talker.say(DigitSettings("20", voice="random"))
    assert settled.voice in speaker.voices and settled.seed is not None
    talker.say(DigitSettings("4"), alone=True)
    first, second = told.get(timeout=PATIENCE), told.get(timeout=PATIENCE)
    assert (first.number, first.digits, first.is_whole) == (number, "20", True)
    assert (second.digits, second.is_whole) == ("4", True) and first.seconds > second.seconds > 0.2
    assert engine.device.loudest > 0.05  # type: ignore[attr-defined]


def test_a_place_on_the_map_in_another_voice_is_heard(engine: Engine, speaker: DigitSpeaker) -> None:
    told: queue.Queue[Said] = queue.Queue()
    talker = Talker(engine, told.put, lambda model: speaker)
    talker.say(DigitSettings("4", at=(1.0, -1.0)))
    own = told.get(timeout=PATIENCE)
    talker.say(DigitSettings("4", at=(1.0, -1.0)), target="p230")
    converted = told.get(timeout=PATIENCE)
    assert own.is_whole and converted.is_whole
    assert converted.seconds == pytest.approx(own.seconds, abs=0.06)  # its pause may differ
    with pytest.raises(RtvcError, match="nobody"):
        talker.say(DigitSettings("4"), target="nobody")


def test_it_can_be_ended_and_ends_with_the_sound(engine: Engine, speaker: DigitSpeaker) -> None:
    told: queue.Queue[Said] = queue.Queue()
    talker = Talker(engine, told.put, lambda model: speaker)
    for _ in range(2):
        talker.say(DigitSettings("7" * 900))
    time.sleep(0.2)
    talker.hush()
    assert [told.get(timeout=PATIENCE).is_whole for _ in range(2)] == [False, False]
    talker.say(DigitSettings("1"))
    assert told.get(timeout=PATIENCE).is_whole, "and the next one is heard"
    talker.say(DigitSettings("7" * 900))
    engine.stop()
    assert not told.get(timeout=PATIENCE).is_whole
    with pytest.raises(UsageError, match="'start' comes first"):
        talker.say(DigitSettings("1"))


def test_no_more_than_a_few_wait(engine: Engine, speaker: DigitSpeaker) -> None:
    talker = Talker(engine, load=lambda model: speaker)
    with pytest.raises(UsageError, match="16 things wait to be said already"):
        for _ in range(18):
            talker.say(DigitSettings("7" * 900))
    talker.hush()


def test_keys_say_digits(engine: Engine, speaker: DigitSpeaker, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = KeyCommands(engine, list, typed=lambda digit: DigitSettings(digit, voice="theo"))
    monkeypatch.setattr(keys._talker, "_load", lambda model: speaker)
    assert keys.press("7") == "Says 7 as theo."

    def missing(model: str) -> DigitSpeaker:
        raise ModelError("There is no model 'cnn' of digits.")

    keys._talker._speakers.clear()
    monkeypatch.setattr(keys._talker, "_load", missing)
    assert keys.press("0") == "There is no model 'cnn' of digits."
