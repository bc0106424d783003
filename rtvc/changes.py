"""Changes to what is wanted, as named values from outside: checked one by one, made all or not at all."""

from dataclasses import fields, replace
from types import UnionType
from typing import Any, get_args, get_type_hints

from rtvc.audio_link import DeviceChoice
from rtvc.errors import UsageError
from rtvc.opening import Wanted
from rtvc.settings import ChainSettings

_SHORT = {"preset": "preset_name"}  # as on the command line
_FAR = 10**9
_SWITCHES = {"bypass": "is_bypassed", "mute": "is_muted"}
_WORDS = {float: "a number", int: "a whole number", str: "a text", bool: "true or false", type(None): "null"}


def changed(wanted: Wanted, changes: dict[str, Any]) -> Wanted:
    """`wanted` with all the changes; an error names the first that makes no sense."""
    settings = taken(changes, ChainSettings)
    devices = taken(changes, DeviceChoice)
    switches = {}
    for name, field in _SWITCHES.items():
        if name in changes:
            switches[field] = checked(name, changes[name], bool)
    unknown = sorted(set(changes) - set(_names()))
    if unknown:
        raise UsageError(f"There is no setting '{unknown[0]}'; there are {', '.join(_names())}.")
    return replace(
        wanted,
        settings=replace(wanted.settings, **settings),
        devices=replace(wanted.devices, **devices),
        **switches,
    )


def current(wanted: Wanted) -> dict[str, Any]:
    """The same names with the values they have."""
    values = {**vars(wanted.settings), **vars(wanted.devices)}
    for short, name in _SHORT.items():
        values[short] = values.pop(name)
    return values | {name: getattr(wanted, field) for name, field in _SWITCHES.items()}


def _names() -> list[str]:
    return list(current(Wanted(ChainSettings())))


def taken(changes: dict[str, Any], kind: type[Any]) -> dict[str, Any]:
    """Those of the changes that are fields of this dataclass, checked and under the names it has for them."""
    hints, outside = get_type_hints(kind), {long: short for short, long in _SHORT.items()}
    taken = {}
    for field in fields(kind):
        name = outside.get(field.name, field.name)
        if name in changes:
            taken[field.name] = checked(name, changes[name], hints[field.name])
    return taken


def checked(name: str, value: Any, hint: Any) -> Any:
    kinds = get_args(hint) if isinstance(hint, UnionType) else (hint,)
    if float in kinds and type(value) is int:
        value = float(max(-_FAR, min(_FAR, value)))  # a float has no room for more
    if type(value) not in kinds:
        words = " or ".join(_WORDS[kind] for kind in kinds)
        raise UsageError(f"'{name}' is {words}, not {value!r:.40}.")
    return value
