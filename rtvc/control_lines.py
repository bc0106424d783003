"""Lines of --control: from JSON to a command with its number, or the sentence that says why it is none."""

import json
from typing import Any

from rtvc.errors import UsageError
from rtvc.line_reader import MOST_LINE_BYTES, TOO_LONG


def parsed(line: bytes) -> dict[str, Any]:
    if line == TOO_LONG:
        raise UsageError(f"A line is longer than {MOST_LINE_BYTES} bytes.")
    try:
        command = json.loads(line, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise UsageError("A line is no JSON.") from None
    if not isinstance(command, dict):
        raise UsageError('A line is no JSON object such as {"cmd": "start"}.')
    return command


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is not JSON")


def number_of(value: Any) -> int | str | None:
    if value is None or isinstance(value, int | str):
        return value
    raise UsageError("An 'id' is a whole number or a text.")


def expect(command: dict[str, Any], *names: str) -> None:
    for name in command:
        if name not in names:
            raise UsageError(f"{name!r:.40} means nothing to this command.")
