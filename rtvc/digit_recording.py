"""DigitListener: a recording of one spoken digit as the model understands it: digit, voice and latent."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rtvc.analysis import analyse
from rtvc.audio_file import shown
from rtvc.clip import levelled, read_clip, speech_rms, without_rumble
from rtvc.digits import DIGITS, DigitSpeaker, Float, image_of, one_hot
from rtvc.errors import AudioFileError, ModelError
from rtvc.framer import Framer
from rtvc.mel import MelSpec
from rtvc.model_format import DIGIT_ENCODER, IMAGE
from rtvc.runtime import BlockModel
from rtvc.stage import Audio

_LONGEST_SECONDS = 10.0  # of a recording that are looked at
_QUIETEST_RMS = 10.0 ** (-60.0 / 20.0)
_PAUSE_DB = 35.0  # below the loudest hop
_MARGIN_SECONDS = 0.01  # kept at both ends of the word
_SHORTEST_SECONDS = 0.08
# How far a rebuilt image is off, as a standard deviation: weighs that against how unusual the latent is.
_USUAL_ERROR = 0.1


@dataclass(frozen=True)
class HeardDigit:
    """One recording, understood. `x` and `y` are its place on the map of that digit."""

    digit: int
    voice: str  # of those the model knows, the one it is most like
    latent: Float
    spread: Float  # how sure the model is of each number of the latent: a standard deviation
    x: float
    y: float


class DigitListener:
    def __init__(self, encoder: BlockModel, speaker: DigitSpeaker) -> None:
        info = encoder.info
        if info.kind != DIGIT_ENCODER or info.image != speaker.image or info.mel != speaker.spec:
            raise ModelError(f"The model {info.name} does not belong to {speaker.name}; export both again.")
        self._encoder, self._speaker = encoder, speaker

    def listen(self, path: Path, digit: int | None = None, voice: str | None = None) -> HeardDigit:
        """A recording of one digit; which one it is, and who is most like it, is found out where not told.

        Raises:
            AudioFileError: the file can't be read, is silent, or holds more than one short word.
        """
        speaker = self._speaker
        image = image_of(read_word(path, speaker.spec, speaker.image.frames), speaker.image, speaker.spec)
        digits = range(DIGITS) if digit is None else [digit]
        places = range(len(speaker.voices)) if voice is None else [speaker.place(voice)]
        return min((self._heard(image, d, p) for d in digits for p in places), key=lambda one: one[0])[1]

    def _heard(self, image: Float, digit: int, place: int) -> tuple[float, HeardDigit]:
        """What it would be as that digit in that voice, and how unlikely that is."""
        speaker = self._speaker
        told = {"digit": one_hot(digit, DIGITS), "speaker": one_hot(place, len(speaker.voices))}
        mean, log_variance = np.split(self._encoder.run(**{IMAGE: image}, **told)[0], 2)
        steps = speaker.latents.steps(place, digit, mean)
        error = np.square((speaker.picture(mean, digit, place) - image) / _USUAL_ERROR).sum()
        heard = HeardDigit(
            digit,
            speaker.voices[place],
            mean,
            np.exp(0.5 * log_variance),
            float(steps[0]),
            float(steps[1]),
        )
        return float(error + np.square(steps).sum()), heard

    def regenerate(self, heard: HeardDigit, variation: float, random: np.random.Generator) -> Float:
        """The recording through the latent and back; with a variation, as if it had been said again."""
        noise = random.standard_normal(len(heard.latent)).astype(np.float32)
        latent = heard.latent + np.float32(variation) * heard.spread * noise
        return self._speaker.decode(latent, heard.digit, heard.voice)


def read_word(path: Path, spec: MelSpec, most_frames: int) -> Float:
    """Log-mels of the one word in a recording, without the silence around it."""
    raw = read_clip(path, spec.sample_rate, _LONGEST_SECONDS)
    audio = without_rumble(raw, spec) if len(raw) >= spec.n_fft else raw[:0]
    if not len(audio) or speech_rms(audio, spec) < _QUIETEST_RMS:
        raise AudioFileError(f"{shown(path)} is silent or too short; record one digit and try again.")
    word = _sounding(audio, spec)
    seconds, most = len(word) / spec.sample_rate, most_frames * spec.hop_seconds
    if not _SHORTEST_SECONDS <= seconds <= most:
        raise AudioFileError(
            f"{shown(path)} holds {seconds:.1f} s of sound; "
            f"expected is one spoken digit of at most {most:.1f} s."
        )
    return analyse(Framer(spec).process(levelled(word, spec)), spec).log_mel


def _sounding(audio: Audio, spec: MelSpec) -> Audio:
    hops = audio[: len(audio) // spec.hop * spec.hop].reshape(-1, spec.hop)
    power = np.square(hops).mean(axis=1)
    loud = np.flatnonzero(power > power.max() * 10.0 ** (-_PAUSE_DB / 10.0))
    margin = round(_MARGIN_SECONDS / spec.hop_seconds)
    first, last = max(0, int(loud[0]) - margin), min(len(hops), int(loud[-1]) + 1 + margin)
    return audio[first * spec.hop : last * spec.hop]
