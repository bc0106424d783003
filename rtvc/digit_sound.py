"""From words of a digit model to sound: as loud as one another, with natural pauses between them."""

import secrets
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from rtvc.clip import levelled
from rtvc.digit_settings import DigitSettings
from rtvc.digits import DigitSpeaker, Float, silence
from rtvc.fades import rising_ramp
from rtvc.griffin_lim import GriffinLim
from rtvc.mel import MelSpec
from rtvc.stage import Audio

_SEEDS = 10**6  # few enough figures to type again
_PAUSE_SECONDS = 0.10  # between two digits of one number, on average
_PAUSE_SPREAD = 0.25  # share of it by which pauses differ: a clock would sound like one
_SPACE_SECONDS = 0.35  # more, where a space stands
_EDGE_SECONDS = 0.008  # a word begins and ends without a click
LEAD_SECONDS = 0.1  # before the first word of a file
_LOOKAHEAD, _ITERATIONS = 6, 64  # where nobody waits
# A word is waited for: mels of copies are off by .065 instead of .063, at a quarter of the work.
_SOON_LOOKAHEAD, _SOON_ITERATIONS = 2, 16


def pieces(speaker: DigitSpeaker, settings: DigitSettings) -> Iterator[Audio]:
    """The digits as sound at the model's rate, one by one, each followed by its pause."""
    settings = settled(speaker, settings)
    random = np.random.default_rng(settings.seed)
    for character in settings.digits:
        if character == " ":
            yield _quiet(_SPACE_SECONDS, speaker.spec)
        else:
            word = _word(speaker, int(character), settings, random)
            yield np.concatenate([word_sound(word, speaker.spec), _pause(random, speaker.spec)])


def _word(speaker: DigitSpeaker, digit: int, settings: DigitSettings, random: np.random.Generator) -> Float:
    if settings.at is not None:
        return speaker.at(digit, *settings.at, settings.voice)
    return speaker.word(digit, settings.voice, random, settings.variation)


def settled(speaker: DigitSpeaker, settings: DigitSettings) -> DigitSettings:
    """The same with what was left to chance decided, so that it can be told and said again."""
    seed = secrets.randbelow(_SEEDS) if settings.seed is None else settings.seed
    return replace(settings, seed=seed, voice=speaker.pick_voice(settings.voice, np.random.default_rng(seed)))


def say(speaker: DigitSpeaker, settings: DigitSettings) -> Audio:
    """All of it; the same seed gives the same samples."""
    return np.concatenate([_quiet(LEAD_SECONDS, speaker.spec), *pieces(speaker, settings)])


def in_a_row(words: list[Float], spec: MelSpec) -> Audio:
    """Words that are there already, with even pauses."""
    pause = _quiet(_PAUSE_SECONDS, spec)
    parts = [part for word in words for part in (word_sound(word, spec), pause)]
    return np.concatenate([_quiet(LEAD_SECONDS, spec), *parts])


def word_sound(word: Float, spec: MelSpec) -> Audio:
    """One word at the nominal level of speech."""
    if not len(word):
        return np.zeros(0, np.float32)
    sound = levelled(sound_of(word, spec, _SOON_LOOKAHEAD, _SOON_ITERATIONS), spec)
    edge = rising_ramp(min(round(_EDGE_SECONDS * spec.sample_rate), len(sound)))
    sound[: len(edge)] *= edge
    sound[len(sound) - len(edge) :] *= edge[::-1]
    return sound


def sound_of(
    log_mel: Float, spec: MelSpec, lookahead: int = _LOOKAHEAD, iterations: int = _ITERATIONS
) -> Audio:
    """Log-mels to samples, all of them."""
    vocoder = GriffinLim(spec, lookahead, iterations)
    held = silence(spec.overlap + lookahead, spec)
    sound: Audio = vocoder.process(np.concatenate([log_mel, held]))
    return sound[: len(log_mel) * spec.hop]


def _pause(random: np.random.Generator, spec: MelSpec) -> Audio:
    return _quiet(_PAUSE_SECONDS * (1.0 + _PAUSE_SPREAD * random.uniform(-1.0, 1.0)), spec)


def _quiet(seconds: float, spec: MelSpec) -> Audio:
    return np.zeros(round(seconds * spec.sample_rate), np.float32)
