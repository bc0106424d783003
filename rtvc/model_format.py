"""ModelInfo: all the engine needs to know about a model, read from the ONNX file's own metadata.

It is one JSON object under the metadata key `rtvc`. The engine reads and never guesses; a file that
lacks a field or contradicts itself is refused with a sentence.
"""

import json
from dataclasses import MISSING, asdict, dataclass, fields
from typing import Any

from rtvc.errors import ModelError
from rtvc.latents import LatentMap
from rtvc.mel import MelSpec

METADATA_KEY = "rtvc"
# A reader takes files of its own version and of older ones down to OLDEST_VERSION. A newer file may
# mean something this program does not know, so it is refused, never half understood.
FORMAT_VERSION = 4  # 2: windowed and digit models; 3: partials, maps of digits; 4: models in two files
OLDEST_VERSION = 1

STATE_PREFIX = "state."  # a graph input `state.x` is fed with the last step's output `next.x`
NEXT_PREFIX = "next."
STATEFUL, WINDOWED = "stateful", "windowed"
DIGIT_ENCODER, DIGIT_DECODER = "digit-encoder", "digit-decoder"
KINDS = (STATEFUL, WINDOWED, DIGIT_ENCODER, DIGIT_DECODER)
MEL, VOICE, IMAGE = "mel", "voice", "image"  # inputs whose meaning the engine knows by name
SIDE, INSTRUMENT = "side", "instrument"
HEARD, KEYS, VALUES, RECALL = "heard", "keys", "values", "recall"  # of a model in two files
_LONGEST_WINDOW = 1024  # frames
_MOST_PARTIALS = 1024
_MOST_ROWS = 65_536


@dataclass(frozen=True)
class WindowShape:
    """How a network without memory is run on a stream: windows of frames, joined by a cross-fade.

    |--- left ---|-- step --|- fade -|-- right --|      what goes in
                 |-- step --|- fade -|                  what comes out
                            |-- step --|- fade -|       of the next window
    """

    left: int  # frames before, heard for the second time
    step: int  # frames from one window to the next
    fade: int  # frames that two windows share
    right: int  # frames after, not answered yet

    def __post_init__(self) -> None:
        if self.step < 1 or min(self.left, self.fade, self.right) < 0 or self.fade > self.step:
            raise ValueError(f"no windows can be laid like this: {self}")
        if self.frames > _LONGEST_WINDOW:
            raise ValueError(f"a window of {self.frames} frames, {_LONGEST_WINDOW} is the most")

    @property
    def frames(self) -> int:
        return self.left + self.step + self.fade + self.right

    @property
    def body(self) -> int:
        return self.step + self.fade

    @property
    def hold(self) -> int:
        """Frames held back at most."""
        return self.step + self.fade + self.right - 1


@dataclass(frozen=True)
class ImageShape:
    """A spoken digit as an image (n_mels, frames) of values 0 to 1."""

    frames: int
    low: float  # the log-mel that is 0
    high: float  # and the one that is 1

    def __post_init__(self) -> None:
        if not 1 <= self.frames <= _LONGEST_WINDOW or not -30.0 <= self.low < self.high <= 30.0:
            raise ValueError(f"no image can be like this: {self}")


@dataclass(frozen=True)
class PartialsShape:
    """What comes out of a model that speaks of harmonics and noise, in this order, as shares of the RMS."""

    harmonics: int
    bands: int  # of noise

    def __post_init__(self) -> None:
        if not (1 <= self.harmonics <= _MOST_PARTIALS and 2 <= self.bands <= _MOST_PARTIALS):
            raise ValueError(f"no sound is made of this: {self}")


@dataclass(frozen=True)
class MemoryShape:
    """Of the part of a model that says what the other part has heard: how it looks a voice's sounds up."""

    rows: int
    shape: int  # numbers of a row that say how the voice's spectrum is shaped
    content: int  # and what is heard there, by which it is found

    def __post_init__(self) -> None:
        if not (1 <= self.rows <= _MOST_ROWS and min(self.shape, self.content) >= 1):
            raise ValueError(f"no memory can be like this: {self}")

    @property
    def width(self) -> int:
        return self.shape + self.content


@dataclass(frozen=True)
class ModelInfo:
    """One exported graph: what goes in, what comes out, and how the engine has to run it."""

    format_version: int
    name: str  # what --model calls it
    system: str  # which network it is: stream, ...
    kind: str  # how it is run: one of KINDS
    mel: MelSpec
    lookahead: int  # the output of a step belongs to the frame this many steps ago
    inputs: dict[str, int]  # per-step inputs and their widths
    output: str  # the output that is not state
    states: dict[str, list[int]]  # name without prefix -> shape
    nominal_rms: float  # level of speech the model was trained at
    voices: list[str]  # voices it was trained with
    licence: str
    lineage: str  # what it was trained on, from which configuration and seed
    window: WindowShape | None = None  # of a windowed model
    image: ImageShape | None = None  # of a digit model
    partials: PartialsShape | None = None  # of a stateful model whose output is no mel
    latents: LatentMap | None = None  # of a digit decoder, where it is known
    memory: MemoryShape | None = None  # of the part that says what the other part has heard

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ModelError(f"Its kind is '{self.kind}', this program runs {', '.join(KINDS)}.")
        if not 0 <= self.lookahead <= 64:
            raise ModelError(f"Its lookahead is {self.lookahead} frames; 0 to 64 make sense.")
        if any(size <= 0 for shape in self.states.values() for size in shape):
            raise ModelError("One of its states has a size that is not positive.")
        if not 0.0 < self.nominal_rms <= 1.0:
            raise ModelError(f"Its nominal level is {self.nominal_rms}; above 0 and up to 1 makes sense.")
        _check_front_end(self.mel)
        if (self.window is not None) != (self.kind == WINDOWED):
            raise ModelError(f"Its kind is '{self.kind}', which does not go with its window.")
        if (self.image is not None) != (self.kind in (DIGIT_ENCODER, DIGIT_DECODER)):
            raise ModelError(f"Its kind is '{self.kind}', which does not go with its image.")
        if self.partials is not None and self.kind != STATEFUL:
            raise ModelError(f"Its kind is '{self.kind}', which does not go with its partials.")
        if self.states and self.kind != STATEFUL:
            raise ModelError(f"Its kind is '{self.kind}' and yet it has states.")
        if self.latents:
            self._check_latents(self.latents)
        if self.memory:
            self._check_memory(self.memory)

    def _check_memory(self, memory: MemoryShape) -> None:
        expected = {HEARD: memory.content, KEYS: memory.rows, VALUES: memory.width, RECALL: 1}
        if self.kind != STATEFUL or expected.items() - self.inputs.items():
            raise ModelError(f"Its memory is {memory}, its inputs are {self.inputs}.")

    def _check_latents(self, latents: LatentMap) -> None:
        expected = tuple(self.inputs.get(name) for name in ("speaker", "digit", "latent"))
        if self.kind != DIGIT_DECODER or latents.shape != expected:
            raise ModelError(f"Its map of latents is of {latents.shape}, its inputs are {expected}.")

    def input_shapes(self) -> dict[str, list[int]]:
        """Of the graph's inputs that are not state: one frame of each, or all that a window or image has."""
        shapes = {name: [1, 1, width] for name, width in self.inputs.items()}
        if self.window and MEL in shapes:
            shapes[MEL] = [1, self.window.frames, self.inputs[MEL]]
        if self.memory:
            shapes[KEYS] = [1, self.memory.content + 1, self.memory.rows]
            shapes[VALUES] = [1, self.memory.rows, self.memory.width]
        if self.image and IMAGE in shapes:
            shapes[IMAGE] = [1, self.inputs[IMAGE], self.image.frames]
        return shapes

    def output_shape(self) -> list[int] | None:
        """Of the output that is not state, where the kind fixes it."""
        if self.window:
            return [1, self.window.body, self.mel.n_mels]
        if self.partials:
            return [1, 1, self.partials.harmonics + self.partials.bands]
        if self.image and self.kind == DIGIT_DECODER:
            return [1, self.mel.n_mels, self.image.frames]
        return None

    def to_json(self) -> str:
        return json.dumps({name: value for name, value in asdict(self).items() if value is not None})

    @classmethod
    def from_json(cls, text: str) -> "ModelInfo":
        """Parse and check; a ModelError says in words what is wrong."""
        try:
            raw = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ModelError(f"Its description is no JSON ({error}).") from None
        if not isinstance(raw, dict):
            raise ModelError("Its description is no JSON object.")
        _check_version(raw.get("format_version"))
        _check_names(raw)
        for field in fields(cls):
            if field.name in raw:
                raw[field.name] = _checked(field.name, field.type, raw[field.name])
        return cls(**raw)


def _check_front_end(mel: MelSpec) -> None:
    """Sizes that somebody could mean: the engine makes tables of them."""
    limits = {
        "sample_rate": (1000, 384_000),
        "n_fft": (16, 65_536),
        "n_mels": (1, 1024),
        "floor": (1e-12, 1.0),
    }
    for name, (low, high) in limits.items():
        if not low <= getattr(mel, name) <= high:
            raise ModelError(f"Its front end has {name} {getattr(mel, name)}; {low} to {high} makes sense.")


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
    needed = {field.name for field in fields(ModelInfo) if field.default is MISSING}
    if missing := sorted(needed - raw.keys()):
        raise ModelError(f"Its description lacks {', '.join(missing)}.")
    if unknown := sorted(raw.keys() - known):
        raise ModelError(f"Its description has unknown fields: {', '.join(unknown)}.")


def _checked(name: str, kind: Any, value: Any) -> Any:
    if kind in _NESTED:
        return _nested(*_NESTED[kind], value)
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


# Fields that are dataclasses of their own, and what to call them to the user.
_NESTED: dict[Any, tuple[type, str]] = {
    MelSpec: (MelSpec, "front end"),
    WindowShape | None: (WindowShape, "window"),
    ImageShape | None: (ImageShape, "image"),
    PartialsShape | None: (PartialsShape, "partials"),
    LatentMap | None: (LatentMap, "map of latents"),
    MemoryShape | None: (MemoryShape, "memory"),
}


def _nested(kind: type, what: str, value: Any) -> Any:
    try:
        made = kind(**value)
    except (TypeError, ValueError) as error:
        raise ModelError(f"Its {what} makes no sense ({error}).") from None
    for field in fields(made):
        if field.type not in (int, float):
            continue  # checked by the kind itself
        number = getattr(made, field.name)
        good = isinstance(number, int) if field.type is int else isinstance(number, (int, float))
        if not good or isinstance(number, bool):
            raise ModelError(f"Its {what} makes no sense ({field.name} is {number!r}).")
    return made
