"""What the keys of the live program do. Reads no keyboard."""

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from rtvc.digit_settings import DigitSettings
from rtvc.engine import Engine
from rtvc.errors import RtvcError
from rtvc.talker import Talker

Typed = Callable[[str], DigitSettings]

HELP = "Keys: b bypass, m mute, n/p next/previous voice, +/- pitch, 0-9 say it, r record, q quit."


class KeyCommands:
    """One key at a time becomes a command to the engine and a sentence for the user."""

    def __init__(
        self,
        engine: Engine,
        voices: Callable[[], list[str]],
        folder: Path | None = None,
        typed: Typed = DigitSettings,
    ) -> None:
        """`typed` makes of a digit how it is to be said."""
        self._engine, self._voices, self._folder = engine, voices, folder or Path()
        self._typed, self._talker = typed, Talker(engine)
        self.has_quit = False
        self._keys: dict[str, Callable[[], str]] = {
            "b": self._bypass,
            "m": self._mute,
            "n": lambda: self._other_voice(1),
            "p": lambda: self._other_voice(-1),
            "+": lambda: self._shift_pitch(1.0),
            "=": lambda: self._shift_pitch(1.0),  # the same key without Shift
            "-": lambda: self._shift_pitch(-1.0),
            "r": self._record,
            "q": self._quit,
        }
        self._keys |= {digit: partial(self._say, digit) for digit in "0123456789"}

    def press(self, key: str) -> str:
        """Do what the key stands for; what was done, or why not, is returned in a sentence."""
        try:
            return self._keys.get(key.lower(), lambda: HELP)()
        except (RtvcError, OSError) as error:
            return str(error)

    def _bypass(self) -> str:
        is_bypassed = not self._engine.wanted.is_bypassed
        self._engine.bypass(is_bypassed)
        return "Your own voice." if is_bypassed else "Converted again."

    def _mute(self) -> str:
        is_muted = not self._engine.wanted.is_muted
        self._engine.mute(is_muted)
        return "Muted." if is_muted else "Heard again."

    def _other_voice(self, step: int) -> str:
        voices, settings = self._voices(), self._engine.wanted.settings
        if not voices:
            return "There are no voices to change to."
        at = voices.index(settings.target) if settings.target in voices else -min(step, 0)
        target = voices[(at + step) % len(voices)]
        self._engine.apply(replace(settings, target=target, mode="speaker"))
        return f"Voice {target}."

    def _shift_pitch(self, semitones: float) -> str:
        settings = self._engine.wanted.settings
        shifted = replace(settings, pitch_semitones=settings.pitch_semitones + semitones)
        self._engine.apply(shifted)
        return f"Pitch {shifted.pitch_semitones:+g} semitones."

    def _record(self) -> str:
        recorder = self._engine.stop_recording()
        if recorder is not None:
            return f"Recorded {recorder.seconds:.1f} s: {', '.join(str(path) for path in recorder.paths)}."
        stamp = time.strftime("%Y%m%d-%H%M%S")
        paths = [self._folder / f"rtvc-{stamp}-{end}.wav" for end in ("in", "out")]
        self._engine.record(*paths)
        return f"Recording to {paths[0]} and {paths[1]}; r ends it."

    def _say(self, digit: str) -> str:
        _, settled = self._talker.say(self._typed(digit))
        return f"Says {digit} as {settled.voice}."

    def _quit(self) -> str:
        self.has_quit = True
        return "Ending."
