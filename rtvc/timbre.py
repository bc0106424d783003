"""From a melody to an instrument: the `timbre` models as stages, and what has to surround them.

Frames -> melody (a frame later) -> intonation -> model -> level of what was heard
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rtvc.errors import ModelError, UsageError
from rtvc.frames import Frames, PitchedMels
from rtvc.glide import GLIDE_SECONDS, Glide
from rtvc.intonation import Intonation, Tuning
from rtvc.level import HANN_RMS, LevelTracker, log_energy_at
from rtvc.model_format import INSTRUMENT, SIDE, ModelInfo, PartialsShape
from rtvc.partials import Partials
from rtvc.pitch import MUSIC
from rtvc.runtime import StepModel
from rtvc.steady_pitch import Melody, SteadyPitch

SYSTEM = "timbre"  # of the models that can be run here
_QUIETEST_RELATIVE_ENERGY = -7.0  # natural log; lower values were not met in training
_LOG_SHARE_FLOOR = -12.0
_LOWEST, _HIGHEST = math.log(20.0), math.log(2.0 * MUSIC.fmax_hz)  # that is played, transposed as it may be

Float = NDArray[np.float32]


@dataclass(frozen=True)
class Playing:
    """How the instrument is to be played; may change between any two blocks."""

    instrument: str
    tuning: Tuning = Tuning()
    breath: float = 1.0  # of the instrument's own noise


@dataclass(frozen=True)
class _Note:
    """One frame of what the instrument is to do, and what the model says of it."""

    f0_hz: float
    presence: float
    log_energy: float
    made: Float


class Player:
    """What both heads share: melody in, one step of the model a frame."""

    def __init__(self, model: StepModel, playing: Playing) -> None:
        _check(model.info)
        self._model, self.spec = model, model.info.mel
        self.output_rate = self.spec.sample_rate
        self._pitch = SteadyPitch()
        self._nominal = log_energy_at(model.info.nominal_rms)
        self._level = LevelTracker(self.spec.hop_seconds, model.info.nominal_rms)
        self._intonation = Intonation(self.spec.hop_seconds, playing.tuning)
        steps = round(GLIDE_SECONDS / self.spec.hop_seconds)
        self._instrument = Glide(self.vector(playing.instrument), steps)
        self.play(playing)
        self.reset()

    @property
    def latency_samples(self) -> float:
        return float(SteadyPitch.LOOKAHEAD * self.spec.hop)

    def reset(self) -> None:
        self._model.reset()
        self._instrument.arrive()
        self._pitch.reset()
        self._level.reset()
        self._intonation.reset()

    def vector(self, instrument: str) -> Float:
        """Any thread. What the model is told of an instrument; an error where it has none of that name."""
        vector = np.zeros(self._model.info.inputs[INSTRUMENT], np.float32)
        vector[instrument_place(instrument, self._model.info)] = 1.0
        return vector

    def play(self, playing: Playing) -> None:
        """May be called between any two blocks."""
        self._instrument.to(self.vector(playing.instrument))
        self._intonation.tuning = playing.tuning
        self._breath = playing.breath

    def _notes(self, frames: Frames) -> list[_Note]:
        return [self._note(melody) for melody in self._pitch.process(frames)]

    def _note(self, melody: Melody) -> _Note:
        log_f0 = self._intonation.step(melody.log_f0, melody.is_new)
        log_f0 = min(max(log_f0, _LOWEST), _HIGHEST)
        gain = float(self._level.process(np.array([melody.log_energy], np.float32))[0])
        energy = max(melody.log_energy + gain - self._nominal, _QUIETEST_RELATIVE_ENERGY)
        side = np.array([log_f0, melody.presence, energy], np.float32)
        made = self._model.step(side=side, instrument=self._instrument.step())
        return _Note(math.exp(log_f0), melody.presence, melody.log_energy, made.copy())


class PlayedPartials(Player):
    """Stage: Frames to Partials, for the synthesiser."""

    @property
    def shape(self) -> PartialsShape:
        assert self._model.info.partials is not None
        return self._model.info.partials

    def process(self, frames: Frames) -> Partials:
        notes = self._notes(frames)
        harmonics, bands = self.shape.harmonics, self.shape.bands
        tones = np.zeros((len(notes), harmonics), np.float32)
        noise = np.zeros((len(notes), bands), np.float32)
        for index, note in enumerate(notes):
            level = note.presence * math.exp(note.log_energy) / HANN_RMS
            tones[index] = math.sqrt(2.0) * level * note.made[:harmonics]  # amplitude of an RMS
            noise[index] = self._breath * level * note.made[harmonics:]
        return Partials(np.array([note.f0_hz for note in notes], np.float32), tones, noise)


class PlayedMels(Player):
    """Stage: Frames to mels, for the vocoder. Breath is part of them and stays as it is."""

    def process(self, frames: Frames) -> PitchedMels:
        notes = self._notes(frames)
        mels = np.empty((len(notes), self.spec.n_mels), np.float32)
        for index, note in enumerate(notes):
            fading = math.log(note.presence) if note.presence > 0.0 else 2.0 * _LOG_SHARE_FLOOR
            mels[index] = np.maximum(note.made + note.log_energy + fading, self.spec.log_floor)
        pitch = np.array([note.f0_hz for note in notes], np.float32)
        return PitchedMels(mels, pitch, np.array([note.presence for note in notes], np.float32))


def instrument_place(name: str, info: ModelInfo) -> int:
    if name not in info.voices:
        known = ", ".join(info.voices)
        raise UsageError(f"There is no timbre '{name:.40}' in the model {info.name}; choose one of {known}.")
    return info.voices.index(name)


def _check(info: ModelInfo) -> None:
    if info.system != SYSTEM:
        raise ModelError(f"The model {info.name} is for {info.system}; it plays no instruments.")
    if info.inputs.keys() != {SIDE, INSTRUMENT} or info.inputs[SIDE] != 3:
        raise ModelError(f"The model {info.name} wants other inputs than a melody and an instrument.")
    if len(info.voices) > info.inputs[INSTRUMENT] or not info.voices:
        raise ModelError(f"The model {info.name} names {len(info.voices)} instruments and has other places.")
