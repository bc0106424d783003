"""DigitSpeaker: digits as mels, each one made by a generative model. Knows no files and makes no sound."""

import numpy as np
from numpy.typing import NDArray

from rtvc.digit_settings import ANY_VOICE
from rtvc.errors import ModelError, UsageError
from rtvc.latents import LatentMap
from rtvc.mel import MelSpec
from rtvc.model_format import DIGIT_DECODER, ImageShape
from rtvc.runtime import BlockModel

Float = NDArray[np.float32]

DIGITS = 10
_SILENT_SHARE = 0.35  # of white: a frame that is nowhere brighter is no part of the word
_HEAD_SECONDS = 0.03  # kept before the first frame of a word
_TAIL_SECONDS = 0.05  # and after the last


class DigitSpeaker:
    """Words are log-mels (frames, n_mels); `rtvc.digit_sound` makes sound of them."""

    def __init__(self, model: BlockModel) -> None:
        info = model.info
        if info.kind != DIGIT_DECODER or info.image is None:
            raise ModelError(f"The model {info.name} is for {info.kind}; it speaks no digits.")
        told = info.inputs.get("digit"), info.inputs.get("speaker")
        if "latent" not in info.inputs or len(info.inputs) != 3 or told != (DIGITS, len(info.voices)):
            raise ModelError(f"The model {info.name} takes other inputs than a digit model; export it again.")
        self._model = model
        self.image = info.image
        self.latents = info.latents or LatentMap.plain(len(info.voices), DIGITS, info.inputs["latent"])

    @property
    def spec(self) -> MelSpec:
        return self._model.info.mel

    @property
    def name(self) -> str:
        return self._model.info.name

    @property
    def voices(self) -> list[str]:
        return self._model.info.voices

    def pick_voice(self, voice: str | None, random: np.random.Generator) -> str:
        """The voice of that name, any where any will do, the first where none was asked for."""
        if voice == ANY_VOICE:
            return str(random.choice(self.voices))
        return self.voices[self.place(voice)]

    def place(self, voice: str | None) -> int:
        if voice is None:
            return 0
        if voice not in self.voices:
            known = ", ".join([*self.voices, ANY_VOICE])
            raise UsageError(f"There is no speaker '{voice}' of digits; choose one of {known}.")
        return self.voices.index(voice)

    def word(
        self, digit: int, voice: str | None, random: np.random.Generator, variation: float = 1.0
    ) -> Float:
        """A digit as nobody has said it before."""
        place = self.place(voice)
        return self.decode(self.latents.draw(place, digit, variation, random), digit, voice)

    def at(self, digit: int, x: float, y: float, voice: str | None = None) -> Float:
        """A digit at a place of its map: standard deviations along the two ways it differs most in."""
        return self.decode(self.latents.at(self.place(voice), digit, [x, y]), digit, voice)

    def walk(
        self,
        first: int,
        last: int,
        steps: int,
        voice: str | None,
        random: np.random.Generator,
        variation: float = 1.0,
    ) -> list[Float]:
        """Words from one digit to another; between them lies what no one would call either."""
        place = self.place(voice)
        ends = [self.latents.draw(place, digit, variation, random) for digit in (first, last)]
        shares = np.linspace(0.0, 1.0, steps, dtype=np.float32)
        digits = [(1.0 - share) * one_hot(first, DIGITS) + share * one_hot(last, DIGITS) for share in shares]
        latents = [(1.0 - share) * ends[0] + share * ends[1] for share in shares]
        return [self._decode(z, digit, place) for z, digit in zip(latents, digits, strict=True)]

    def decode(self, latent: Float, digit: int, voice: str | None) -> Float:
        return self._decode(latent, one_hot(digit, DIGITS), self.place(voice))

    def picture(self, latent: Float, digit: int, place: int) -> Float:
        """The image (n_mels, frames) that a latent stands for."""
        return self._run(latent, one_hot(digit, DIGITS), place)

    def _decode(self, latent: Float, digit: Float, place: int) -> Float:
        return word_of(self._run(latent, digit, place), self.image, self.spec)

    def _run(self, latent: Float, digit: Float, place: int) -> Float:
        speaker = one_hot(place, len(self.voices))
        return self._model.run(latent=latent, digit=digit, speaker=speaker)


def one_hot(place: int, size: int) -> Float:
    vector: Float = np.eye(size, dtype=np.float32)[place]
    return vector


def silence(frames: int, spec: MelSpec) -> Float:
    return np.full((frames, spec.n_mels), spec.log_floor, np.float32)


def image_of(log_mel: Float, shape: ImageShape, spec: MelSpec) -> Float:
    """Log-mels (frames, n_mels) as an image (n_mels, frames) within 0..1; what is too long loses its end."""
    missing = max(0, shape.frames - len(log_mel))
    mel = np.concatenate([log_mel[: shape.frames], silence(missing, spec)])
    image: Float = np.clip((mel.T - shape.low) / (shape.high - shape.low), 0.0, 1.0).astype(np.float32)
    return image


def word_of(image: Float, shape: ImageShape, spec: MelSpec) -> Float:
    """An image (n_mels, frames) as log-mels (frames, n_mels), without the black around the word."""
    bright = np.flatnonzero(image.max(axis=0) > _SILENT_SHARE)
    if not len(bright):
        return silence(0, spec)
    head, tail = (round(seconds / spec.hop_seconds) for seconds in (_HEAD_SECONDS, _TAIL_SECONDS))
    sounding = image[:, max(0, int(bright[0]) - head) : min(shape.frames, int(bright[-1]) + 1 + tail)].T
    mel = shape.low + sounding * (shape.high - shape.low)
    # Black is silence, however quiet the darkest value of the recordings was.
    fading = np.where(sounding > 0.0, mel, spec.log_floor)
    return np.maximum(fading, spec.log_floor).astype(np.float32)
