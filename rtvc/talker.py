"""Talker: digits said into a running engine, one thing after the other. Knows no protocol and no keys."""

import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import soxr

from rtvc import realtime
from rtvc.chain import build_chain
from rtvc.digit_conversion import through
from rtvc.digit_models import load_speaker
from rtvc.digit_settings import DigitSettings
from rtvc.digit_sound import pieces, settled
from rtvc.digits import DigitSpeaker
from rtvc.engine import Engine
from rtvc.errors import UsageError
from rtvc.inlet import End, Utterance
from rtvc.stage import Audio, Pipeline
from rtvc.stats import State

_MOST_WAITING = 16
_AHEAD_SECONDS = 3.0  # of sound made before it is heard
_LOOK_SECONDS = 0.02
_REST_SECONDS = 0.002  # after each piece: a punctual thread may not compute for long without a wait
_SOUNDING = (State.RUNNING, State.RECOVERING)


@dataclass(frozen=True)
class _Order:
    number: int
    speaker: DigitSpeaker
    settings: DigitSettings
    utterance: Utterance
    pipeline: Pipeline | None  # a chain of its own, that turns it into a target

    def sound(self) -> Iterator[Audio]:
        """Talker's thread. Piece by piece, at the utterance's rate."""
        words, rate = pieces(self.speaker, self.settings), self.speaker.spec.sample_rate
        if self.pipeline is not None:
            return through(words, self.pipeline, rate)
        return (soxr.resample(word, rate, self.utterance.rate, quality="HQ") for word in words)


@dataclass(frozen=True)
class Said:
    """What became of something that was to be said."""

    digits: str
    seconds: float
    is_whole: bool
    number: int


class Talker:
    """`tell` is called on the talker's own thread whenever something is over."""

    def __init__(
        self,
        engine: Engine,
        tell: Callable[[Said], None] = lambda said: None,
        load: Callable[[str], DigitSpeaker] = load_speaker,
    ) -> None:
        self._engine, self._tell, self._load = engine, tell, load
        self._speakers: dict[str, DigitSpeaker] = {}
        self._orders: queue.Queue[_Order] = queue.Queue(_MOST_WAITING)
        self._number = 0
        self._hushed = 0  # everything up to this number is not to be heard any more
        self._thread: threading.Thread | None = None

    def say(
        self,
        settings: DigitSettings,
        converted: bool = False,
        alone: bool = False,
        target: str | None = None,
    ) -> tuple[int, DigitSettings]:
        """Caller's thread. A number for it, and what chance decided; it is heard as soon as it is made.

        Args:
            settings: what and how.
            converted: through the chain, so as the target, instead of beside it.
            alone: the microphone gives way meanwhile.
            target: in this voice, whatever the microphone is turned into, by a chain of its own.
        """
        if converted and target is not None:
            raise UsageError("'converted' and 'target' exclude each other; give one of them.")
        speaker = self.prepared(settings.model)
        settings = settled(speaker, settings)
        if self._engine.state not in _SOUNDING:
            raise UsageError("There is no sound to say it into; 'start' comes first.")
        link = self._engine.link
        end: End = "input" if converted else "output"
        utterance = Utterance(end, link.input_rate if converted else link.output_rate, alone)
        pipeline = None if target is None else self._chain(target, speaker, utterance.rate)
        try:
            self._orders.put_nowait(_Order(self._number + 1, speaker, settings, utterance, pipeline))
        except queue.Full:
            raise UsageError(f"{_MOST_WAITING} things wait to be said already; let some be heard.") from None
        self._number += 1
        if self._thread is None:
            self._thread = threading.Thread(target=self._talk, name="rtvc talker", daemon=True)
            self._thread.start()
        return self._number, settings

    def prepared(self, model: str) -> DigitSpeaker:
        """Caller's thread. The model, loaded once."""
        if model not in self._speakers:
            self._speakers[model] = self._load(model)
        return self._speakers[model]

    def _chain(self, target: str, speaker: DigitSpeaker, rate: int) -> Pipeline:
        """Model, pitch and formants as they are wanted now; what is for a microphone is left out."""
        settings = replace(
            self._engine.wanted.settings,
            mode="speaker",
            target=target,
            input_gain_db=0.0,
            output_gain_db=0.0,
            gate_db=None,
            noise_reduction=0.0,
            source_pitch_hz=None,
        )
        return build_chain(settings, speaker.spec.sample_rate, rate)

    def hush(self) -> None:
        """Any thread. End what is being said and what waits."""
        self._hushed = self._number

    # ---- talker's thread

    def _talk(self) -> None:
        """Talker's thread."""
        realtime.raise_thread_priority(realtime.ONLOOKER_PRIORITY)
        while True:
            order = self._orders.get()
            self._say(order)
            utterance = order.utterance
            is_whole = utterance.is_over and not utterance.is_cut
            seconds = round(utterance.seconds, 3)
            self._tell(Said(order.settings.digits, seconds, is_whole, order.number))

    def _say(self, order: _Order) -> None:
        if not self._is_wanted(order.number):
            return
        utterance = order.utterance
        self._engine.insert(utterance)
        for piece in order.sound():
            utterance.add(piece)
            time.sleep(_REST_SECONDS)
            while utterance.waiting_seconds > _AHEAD_SECONDS and self._is_wanted(order.number):
                time.sleep(_LOOK_SECONDS)
            if not self._is_wanted(order.number) or utterance.is_over:
                break
        utterance.finish()
        while not utterance.is_over and self._is_wanted(order.number):
            time.sleep(_LOOK_SECONDS)
        if not utterance.is_over:
            utterance.cancel()

    def _is_wanted(self, number: int) -> bool:
        return number > self._hushed and self._engine.state in _SOUNDING
