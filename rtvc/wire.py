"""Reads the wire format that ONNX files are written in, field by field, out of bytes nobody has checked.

Nothing is copied and nothing recursive: a field that holds a message is handed on as bytes.
"""

from collections.abc import Iterator
from typing import Any

from rtvc.errors import ModelError

Bytes = Any  # a memoryview; mypy knows no memoryview of bytes
Value = Any  # int, or Bytes

_VARINT, _EIGHT, _LENGTH, _FOUR = 0, 1, 2, 5
_LONGEST_VARINT = 10  # bytes
_MOST_NUMBERS = 256  # bytes of them, in one field
_LONGEST_TEXT = 1_000_000  # bytes


def fields(message: Bytes) -> Iterator[tuple[int, Value]]:
    """Number and value of each field in order; a ModelError where the bytes make no sense."""
    at, end = 0, len(message)
    while at < end:
        tag, at = _varint(message, at)
        kind = tag & 7
        if kind == _VARINT:
            value, at = _varint(message, at)
        elif kind in (_EIGHT, _FOUR):
            size = 8 if kind == _EIGHT else 4
            value, at = message[at : at + size], at + size
        elif kind == _LENGTH:
            size, at = _varint(message, at)
            value, at = message[at : at + size], at + size
        else:
            raise ModelError("Its bytes are no model.")
        if at > end or tag >> 3 == 0:
            raise ModelError("Its bytes are cut short or no model.")
        yield tag >> 3, value


def numbers(value: Value) -> list[int]:
    """Of a repeated integer field: one number, or many packed together. Negative ones are signed."""
    if isinstance(value, int):
        return [_signed(value)]
    if len(value) > _MOST_NUMBERS:
        raise ModelError("It has more numbers in one place than any model needs.")
    found, at = [], 0
    while at < len(value):
        number, at = _varint(value, at)
        found.append(_signed(number))
    return found


def text(value: Value) -> str:
    if isinstance(value, int):
        raise ModelError("A number stands where a name should.")
    if len(value) > _LONGEST_TEXT:
        raise ModelError("One of its names is longer than any could be.")
    try:
        return bytes(value).decode("utf-8")
    except UnicodeDecodeError:
        raise ModelError("One of its names is no text.") from None


def message(value: Value) -> Bytes:
    if isinstance(value, int):
        raise ModelError("A number stands where a part should.")
    return value


def _varint(source: Bytes, at: int) -> tuple[int, int]:
    result = 0
    for index in range(_LONGEST_VARINT):
        if at >= len(source):
            break
        byte = source[at]
        at += 1
        result |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            return result & 0xFFFFFFFFFFFFFFFF, at
    raise ModelError("Its bytes are cut short or no model.")


def _signed(number: int) -> int:
    return number - (1 << 64) if number >= 1 << 63 else number
