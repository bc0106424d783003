"""Voice: a target to speak as. Small, plain JSON, nothing executable."""

import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rtvc.errors import ModelError
from rtvc.model_format import MemoryShape
from rtvc.voice_memory import remembered

VOICE_SUFFIX = ".voice.json"


@dataclass(frozen=True)
class Voice:
    id: str
    name: str
    gender: str  # F, M or empty
    median_log_f0: float  # natural log of Hz, over clearly voiced speech
    embeddings: dict[str, list[float]]  # model name -> the vector that model understands
    licence: str
    source: str
    encoders: dict[str, str] = field(default_factory=dict)  # of an own voice: model -> which encoder made it
    memories: dict[str, str] = field(default_factory=dict)  # model -> how it sounds at each sound, as text

    def embedding(self, model: str, width: int | None = None) -> NDArray[np.float32]:
        """The vector for a model; `width` is how many numbers that model wants."""
        if model not in self.embeddings:
            known = ", ".join(sorted(self.embeddings)) or "none"
            raise ModelError(f"The voice {self.id} was not made for the model {model} (it has: {known}).")
        vector = self.embeddings[model]
        if width not in (None, len(vector)):
            raise ModelError(f"The voice {self.id} has {len(vector)} numbers for {model}; it wants {width}.")
        return np.array(vector, dtype=np.float32)

    def memory(self, model: str, shape: MemoryShape) -> NDArray[np.float32] | None:
        """What it remembers for a model, (rows, width); None where that is nothing."""
        if model not in self.memories:
            return None
        try:
            return remembered(self.memories[model], shape)
        except ValueError as error:
            raise ModelError(
                f"The voice {self.id} can't be used with {model}: {error}; remove it or make it again."
            ) from None

    @property
    def median_hz(self) -> float:
        return math.exp(self.median_log_f0)


def read_voice(path: Path) -> Voice:
    """Read and check one voice file."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        return _voice(raw)
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ModelError(f"The voice file {path.name} cannot be read ({error}).") from None
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ModelError(
            f"The voice file {path.name} is damaged ({error!r}); remove it or replace it."
        ) from None


def _voice(raw: dict[str, Any]) -> Voice:
    texts = {name: raw[name] for name in ("id", "name", "gender", "licence", "source")}
    if not all(isinstance(value, str) for value in texts.values()):
        raise TypeError("a text field holds no text")
    embeddings = {str(model): [float(x) for x in vector] for model, vector in raw["embeddings"].items()}
    median_log_f0 = float(raw["median_log_f0"])
    if not math.log(40.0) < median_log_f0 < math.log(2000.0):
        raise ValueError(f"a pitch of exp({median_log_f0}) Hz")
    if not all(math.isfinite(x) for vector in embeddings.values() for x in vector):
        raise ValueError("an embedding that is not finite")
    encoders = {str(model): str(made_by) for model, made_by in raw.get("encoders", {}).items()}
    memories = {str(model): str(text) for model, text in raw.get("memories", {}).items()}
    return Voice(
        median_log_f0=median_log_f0, embeddings=embeddings, encoders=encoders, memories=memories, **texts
    )


def write_voice(voice: Voice, path: Path) -> None:
    """Beside, then renamed."""
    table = {
        "id": voice.id,
        "name": voice.name,
        "gender": voice.gender,
        "median_log_f0": round(voice.median_log_f0, 4),
        "licence": voice.licence,
        "source": voice.source,
        "encoders": voice.encoders,
        "memories": voice.memories,
        "embeddings": {model: [round(x, 4) for x in v] for model, v in voice.embeddings.items()},
    }
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(json.dumps(table, ensure_ascii=False) + "\n", encoding="utf-8")
    fresh.replace(path)
