"""Talker: digits said into a running engine, one thing after the other. Knows no protocol and no keys."""

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import soxr

from rtvc import realtime
from rtvc.digit_models import load_speaker
from rtvc.digit_settings import DigitSettings
from rtvc.digit_sound import pieces, settled
from rtvc.digits import DigitSpeaker
from rtvc.engine import Engine
from rtvc.errors import UsageError
from rtvc.inlet import End, Utterance
from rtvc.stats import State

_MOST_WAITING = 16
_AHEAD_SECONDS = 3.0  # of sound made before it is heard
_LOOK_SECONDS = 0.02
_SOUNDING = (State.RUNNING, State.RECOVERING)


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
        self._orders: queue.Queue[tuple[int, DigitSpeaker, DigitSettings, Utterance]] = queue.Queue(
            _MOST_WAITING
        )
        self._number = 0
        self._hushed = 0  # everything up to this number is not to be heard any more
        self._thread: threading.Thread | None = None

    def say(
        self, settings: DigitSettings, converted: bool = False, alone: bool = False
    ) -> tuple[int, DigitSettings]:
        """Caller's thread. A number for it, and what chance decided; it is heard as soon as it is made.

        Args:
            settings: what and how.
            converted: through the chain, so as the target, instead of beside it.
            alone: the microphone gives way meanwhile.
        """
        speaker = self.prepared(settings.model)
        settings = settled(speaker, settings)
        if self._engine.state not in _SOUNDING:
            raise UsageError("There is no sound to say it into; 'start' comes first.")
        link = self._engine.link
        end: End = "input" if converted else "output"
        utterance = Utterance(end, link.input_rate if converted else link.output_rate, alone)
        try:
            self._orders.put_nowait((self._number + 1, speaker, settings, utterance))
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

    def hush(self) -> None:
        """Any thread. End what is being said and what waits."""
        self._hushed = self._number

    # ---- talker's thread

    def _talk(self) -> None:
        """Talker's thread."""
        realtime.raise_thread_priority(realtime.ONLOOKER_PRIORITY)
        while True:
            number, speaker, settings, utterance = self._orders.get()
            self._say(number, speaker, settings, utterance)
            is_whole = utterance.is_over and not utterance.is_cut
            self._tell(Said(settings.digits, round(utterance.seconds, 3), is_whole, number))

    def _say(self, number: int, speaker: DigitSpeaker, settings: DigitSettings, utterance: Utterance) -> None:
        if not self._is_wanted(number):
            return
        self._engine.insert(utterance)
        for piece in pieces(speaker, settings):
            utterance.add(soxr.resample(piece, speaker.spec.sample_rate, utterance.rate, quality="HQ"))
            while utterance.waiting_seconds > _AHEAD_SECONDS and self._is_wanted(number):
                time.sleep(_LOOK_SECONDS)
            if not self._is_wanted(number) or utterance.is_over:
                break
        utterance.finish()
        while not utterance.is_over and self._is_wanted(number):
            time.sleep(_LOOK_SECONDS)
        if not utterance.is_over:
            utterance.cancel()

    def _is_wanted(self, number: int) -> bool:
        return number > self._hushed and self._engine.state in _SOUNDING
