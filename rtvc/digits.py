"""DigitSpeaker: a string of digits to sound, each one made by a generative model. Knows no files."""

import numpy as np
from numpy.typing import NDArray

from rtvc.errors import ModelError, UsageError
from rtvc.griffin_lim import GriffinLim
from rtvc.mel import MelSpec
from rtvc.model_format import DIGIT_DECODER, ImageShape
from rtvc.runtime import BlockModel
from rtvc.stage import Audio

Float = NDArray[np.float32]

_PAUSE_SECONDS = 0.12  # between two digits
_SILENT_SHARE = 0.35  # of white: a frame that is nowhere brighter is no part of the word
_TAIL_SECONDS = 0.05  # kept after the last frame of a word
_LOOKAHEAD, _ITERATIONS = 6, 64  # nobody waits for a vocoder here


class DigitSpeaker:
    def __init__(self, model: BlockModel) -> None:
        info = model.info
        if info.kind != DIGIT_DECODER or info.image is None:
            raise ModelError(f"The model {info.name} is for {info.kind}; it speaks no digits.")
        self._model = model
        self._image = info.image

    @property
    def spec(self) -> MelSpec:
        return self._model.info.mel

    @property
    def speakers(self) -> list[str]:
        return self._model.info.voices

    def say(self, digits: str, speaker: str | None = None, seed: int = 0) -> Audio:
        """The digits one after the other; the same seed gives the same samples.

        Args:
            digits: 0 to 9, at least one; spaces are pauses.
            speaker: one of `speakers`; without it the first.
        """
        check_digits(digits)
        random = np.random.default_rng(seed)
        pause = silence(round(_PAUSE_SECONDS / self.spec.hop_seconds), self.spec)
        parts = [pause]
        for character in digits:
            parts += [self.word(int(character), speaker, random), pause] if character != " " else [pause]
        return sound_of(np.concatenate(parts), self.spec)

    def word(self, digit: int, speaker: str | None, random: np.random.Generator) -> Float:
        """Log-mels (frames, n_mels) of one digit, as nobody has said it before."""
        latent = random.standard_normal(self._model.info.inputs["latent"]).astype(np.float32)
        told = {"digit": one_hot(digit, 10), "speaker": one_hot(self._place(speaker), len(self.speakers))}
        return word_of(self._model.run(latent=latent, **told), self._image, self.spec)

    def _place(self, speaker: str | None) -> int:
        if speaker is None:
            return 0
        if speaker not in self.speakers:
            raise UsageError(f"There is no speaker '{speaker}'; choose one of {', '.join(self.speakers)}.")
        return self.speakers.index(speaker)


def check_digits(digits: str) -> None:
    if not digits.strip() or set(digits) - set("0123456789 "):
        raise UsageError(f"'{digits}' is not made of the digits 0 to 9.")


def one_hot(place: int, size: int) -> Float:
    vector: Float = np.eye(size, dtype=np.float32)[place]
    return vector


def silence(frames: int, spec: MelSpec) -> Float:
    return np.full((frames, spec.n_mels), spec.log_floor, np.float32)


def word_of(image: Float, shape: ImageShape, spec: MelSpec) -> Float:
    """An image (n_mels, frames) as log-mels (frames, n_mels), without the black after the word."""
    bright = np.flatnonzero(image.max(axis=0) > _SILENT_SHARE)
    tail = round(_TAIL_SECONDS / spec.hop_seconds)
    length = min(shape.frames, int(bright[-1]) + 1 + tail) if len(bright) else 0
    mel = shape.low + image[:, :length].T * (shape.high - shape.low)
    # Black is silence, however quiet the darkest value of the recordings was.
    fading = np.where(image[:, :length].T > 0.0, mel, spec.log_floor)
    return np.maximum(fading, spec.log_floor).astype(np.float32)


def sound_of(log_mel: Float, spec: MelSpec) -> Audio:
    """Log-mels to samples, all of them."""
    vocoder = GriffinLim(spec, _LOOKAHEAD, _ITERATIONS)
    held = silence(spec.overlap + _LOOKAHEAD, spec)
    sound: Audio = vocoder.process(np.concatenate([log_mel, held]))
    return sound[: len(log_mel) * spec.hop]
