"""A target that is several voices at once: `p230:0.7,p226:0.3`. Reads the text and mixes; finds no files."""

import math
from dataclasses import dataclass

import numpy as np

from rtvc.errors import ModelError, UsageError
from rtvc.voice_memory import merged
from rtvc.voices import Voice

MARKS = ":,"  # what no voice may have in its name


@dataclass(frozen=True)
class Share:
    voice: str
    weight: float


def parts(target: str) -> list[Share]:
    """The voices of a target and their shares, which add up to one; a plain name is all of it."""
    shares = [_share(part, target) for part in target.split(",")]
    names = [share.voice for share in shares]
    if len(set(names)) < len(names):
        raise UsageError(f"'{target}' names a voice twice; give each one share.")
    total = sum(share.weight for share in shares)
    if total <= 0.0:
        raise UsageError(f"The shares of '{target}' add up to nothing; give one voice more than 0.")
    return [Share(share.voice, share.weight / total) for share in shares if share.weight > 0.0]


def _share(part: str, target: str) -> Share:
    name, colon, amount = (piece.strip() for piece in part.partition(":"))
    try:
        weight = float(amount) if colon else 1.0
    except ValueError:
        weight = -1.0
    if not name or not 0.0 <= weight < math.inf:
        raise UsageError(
            f"'{target}' is no blend of voices; write each with its share, as in p230:0.7,p226:0.3."
        )
    return Share(name, weight)


def mixed(target: str, voices: list[tuple[Voice, float]]) -> Voice:
    """One voice between others. Its vectors keep the length that a model knows."""
    models = set.intersection(*(set(voice.embeddings) for voice, _ in voices))
    return Voice(
        id=target,
        name=" + ".join(f"{voice.name} {share:.0%}" for voice, share in voices),
        gender="",
        median_log_f0=sum(share * voice.median_log_f0 for voice, share in voices),
        embeddings={model: _mixed_vector(model, voices) for model in models},
        memories=_mixed_memories(voices),
        licence="; ".join(dict.fromkeys(voice.licence for voice, _ in voices)),
        source="; ".join(voice.source for voice, _ in voices),
    )


def _mixed_memories(voices: list[tuple[Voice, float]]) -> dict[str, str]:
    """Rows of all of them, of each as many as its share."""
    models = set.intersection(*(set(voice.memories) for voice, _ in voices))
    try:
        return {
            model: merged([(voice.memories[model], share) for voice, share in voices]) for model in models
        }
    except ValueError as error:
        names = ", ".join(voice.id for voice, _ in voices)
        raise ModelError(f"What the voices {names} remember can't be blended: {error}.") from None


def _mixed_vector(model: str, voices: list[tuple[Voice, float]]) -> list[float]:
    width = len(voices[0][0].embedding(model))
    vectors = [(voice.embedding(model, width), share) for voice, share in voices]
    total = np.sum([share * vector for vector, share in vectors], axis=0)
    length = sum(share * float(np.linalg.norm(vector)) for vector, share in vectors)
    return [float(x) for x in total * (length / max(float(np.linalg.norm(total)), 1e-6))]
