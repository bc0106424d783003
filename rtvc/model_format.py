"""ModelInfo: all the engine needs to know about a model, read from the ONNX file's own metadata.

It is one JSON object under the metadata key `rtvc`. The engine reads and never guesses; a file that
lacks a field or contradicts itself is refused with a sentence.
"""

import json
from dataclasses import asdict, dataclass, fields
from typing import Any

from rtvc.errors import ModelError
from rtvc.mel import MelSpec

METADATA_KEY = "rtvc"
# A reader takes files of its own version and of older ones down to OLDEST_VERSION. A newer file may
# mean something this program does not know, so it is refused, never half understood.
FORMAT_VERSION = 1
OLDEST_VERSION = 1

STATE_PREFIX = "state."  # a graph input `state.x` is fed with the last step's output `next.x`
NEXT_PREFIX = "next."
KINDS = ("stateful",)


@dataclass(frozen=True)
class ModelInfo:
    """One exported step: one frame in, one frame out, state carried by name."""

    format_version: int
    name: str  # what --model calls it
    system: str  # which network it is: stream, ...
    kind: str  # how it is run: stateful
    mel: MelSpec
    lookahead: int  # the output of a step belongs to the frame this many steps ago
    inputs: dict[str, int]  # per-step inputs and their widths
    output: str  # the output that is not state
    states: dict[str, list[int]]  # name without prefix -> shape
    nominal_rms: float  # level of speech the model was trained at
    voices: list[str]  # voices it was trained with
    licence: str
    lineage: str  # what it was trained on, from which configuration and seed

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ModelError(f"Its kind is '{self.kind}', this program runs {', '.join(KINDS)}.")
        if not 0 <= self.lookahead <= 64:
            raise ModelError(f"Its lookahead is {self.lookahead} frames; 0 to 64 make sense.")
        if any(size <= 0 for shape in self.states.values() for size in shape):
            raise ModelError("One of its states has a size that is not positive.")

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "ModelInfo":
        """Parse and check; a ModelError says in words what is wrong."""
        try:
            raw = json.loads(text)
        except json.JSONDecodeError as error:
            raise ModelError(f"Its description is no JSON ({error}).") from None
        if not isinstance(raw, dict):
            raise ModelError("Its description is no JSON object.")
        _check_version(raw.get("format_version"))
        _check_names(raw)
        for field in fields(cls):
            raw[field.name] = _checked(field.name, field.type, raw[field.name])
        return cls(**raw)


def _check_version(version: object) -> None:
    if not isinstance(version, int):
        raise ModelError("Its description has no format_version.")
    if version > FORMAT_VERSION:
        raise ModelError(
            f"It has format {version}, this program reads up to {FORMAT_VERSION}: update the program."
        )
    if version < OLDEST_VERSION:
        raise ModelError(
            f"It has format {version}, this program reads {OLDEST_VERSION} and later: export it again."
        )


def _check_names(raw: dict[str, Any]) -> None:
    known = {field.name for field in fields(ModelInfo)}
    if missing := sorted(known - raw.keys()):
        raise ModelError(f"Its description lacks {', '.join(missing)}.")
    if unknown := sorted(raw.keys() - known):
        raise ModelError(f"Its description has unknown fields: {', '.join(unknown)}.")


def _checked(name: str, kind: Any, value: Any) -> Any:
    if kind is MelSpec:
        return _mel_spec(value)
    good = {
        int: lambda: isinstance(value, int) and not isinstance(value, bool),
        float: lambda: isinstance(value, (int, float)),
        str: lambda: isinstance(value, str),
        dict[str, int]: lambda: _is_table(value, lambda x: isinstance(x, int) and x > 0),
        dict[str, list[int]]: lambda: _is_table(value, _is_shape),
        list[str]: lambda: isinstance(value, list) and all(isinstance(x, str) for x in value),
    }[kind]()
    if not good:
        raise ModelError(f"The field {name} of its description is not of the right type.")
    return value


def _is_shape(value: Any) -> bool:
    return isinstance(value, list) and len(value) <= 4 and all(isinstance(x, int) for x in value)


def _is_table(value: Any, entry: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(k, str) and entry(x) for k, x in value.items())


def _mel_spec(value: Any) -> MelSpec:
    try:
        return MelSpec(**value)
    except (TypeError, ValueError) as error:
        raise ModelError(f"Its front end makes no sense ({error}).") from None
