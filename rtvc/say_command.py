"""The command `say`, from JSON to what is said and how. Says nothing itself."""

from dataclasses import fields
from typing import Any

from rtvc import changes
from rtvc.digit_settings import DigitSettings
from rtvc.errors import UsageError

_HOW: dict[str, Any] = {"converted": bool, "alone": bool, "target": str | None}
NAMES = (*(field.name for field in fields(DigitSettings)), *_HOW)


def parsed(command: dict[str, Any]) -> tuple[DigitSettings, dict[str, Any]]:
    """What is to be said, and how: `converted`, `alone` and `target`, as far as they are given."""
    how = {name: changes.checked(name, command[name], kind) for name, kind in _HOW.items() if name in command}
    words = {name: value for name, value in command.items() if name != "at"}
    values = changes.taken(words, DigitSettings)
    if "digits" not in values:
        raise UsageError("'say' takes 'digits', a text such as \"2024\", or nothing to end what is said.")
    return DigitSettings(**values, at=_place(command.get("at"))), how


def _place(at: Any) -> tuple[float, float] | None:
    if at is None:
        return None
    if not isinstance(at, list) or len(at) != 2:
        raise UsageError(f"'at' is two numbers such as [0.5, -1], not {at!r:.40}.")
    x, y = (changes.checked("at", step, float) for step in at)
    return x, y
