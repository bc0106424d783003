"""Modes: from one way to use the program to another, each with the sound it had the last time."""

from typing import Any

from PyQt6.QtCore import QObject

from gui.controller import Controller
from rtvc.settings import DEFAULT_MODEL, DIGITS_MODE

SPEAKER, TIMBRE, DIGITS = "speaker", "timbre", DIGITS_MODE
# Settings that mean something else in each mode: an octave for a flute is none for a voice.
_AT_FIRST: dict[str, Any] = {"model": DEFAULT_MODEL, "pitch_semitones": 0.0, "formant_semitones": 0.0}


class Modes(QObject):
    def __init__(self, controller: Controller, kept: dict[str, Any], parent: QObject | None = None) -> None:
        """Args: kept: what each mode had, by its name; held up to date, to be remembered by others."""
        super().__init__(parent)
        self._controller, self._kept = controller, kept

    def switch(self, mode: str) -> None:
        settings = self._controller.settings
        before = shown_mode(settings)
        if mode == before:
            return
        self._kept[before] = {name: settings[name] for name in _AT_FIRST if name in settings}
        self._controller.change(mode=mode, bypass=False, **self._own(mode, settings))

    def for_files(self, settings: dict[str, Any]) -> dict[str, Any]:
        """What recordings are converted with: of the microphone nothing is heard where digits are spoken."""
        if settings.get("mode") != DIGITS:
            return settings
        return settings | {"mode": SPEAKER} | self._own(SPEAKER, settings)

    def _own(self, mode: str, settings: dict[str, Any]) -> dict[str, Any]:
        kept = self._kept.get(mode)
        own = _AT_FIRST | (kept if isinstance(kept, dict) else {})
        return {name: own[name] for name in _AT_FIRST if name in settings}


def name_in_files(settings: dict[str, Any]) -> str:
    """What a converted recording is marked with: voice or instrument."""
    return str(settings.get("timbre" if settings.get("mode") == TIMBRE else "target", ""))


def shown_mode(settings: dict[str, Any]) -> str:
    """Of a preset from elsewhere other modes may come; they are shown as what they are changed to next."""
    mode = settings.get("mode")
    return mode if mode in (TIMBRE, DIGITS) else SPEAKER
