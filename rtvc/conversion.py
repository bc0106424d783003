"""From the speaker's Frames to the target's mels: the model and what has to surround it."""

import math
from collections import deque
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rtvc.frames import Frames, PitchedMels, in_hz
from rtvc.glide import GLIDE_SECONDS, Glide
from rtvc.level import LevelTracker, log_energy_at
from rtvc.mel import MelSpec
from rtvc.model_format import VOICE
from rtvc.pitch_hold import PitchHold
from rtvc.pitch_map import SEMITONE, PitchMap
from rtvc.runtime import StepModel
from rtvc.silence import attenuation, without_excess
from rtvc.speaker import Speaker
from rtvc.two_part import TwoPartModel
from rtvc.voices import Voice

_QUIETEST_RELATIVE_ENERGY = -7.0  # natural log; lower values were not met in training

Float = NDArray[np.float32]


class _Asked(NamedTuple):
    """What was asked of the model for a frame, and what is to be done with its answer."""

    log_f0: float
    voiced: float
    undo: float  # natural log: the gain to be taken back
    energy: float  # of what was heard, 0 at the level of speech
    heard: Float  # its mels


class Conversion:
    """Stage: Frames to mels in the voice it was given, one step of the model a frame."""

    def __init__(
        self,
        model: StepModel | TwoPartModel,
        voice: Voice,
        pitch_semitones: float = 0.0,
        source_hz: float | None = None,
    ) -> None:
        self._model, self.spec = model, model.info.mel
        self.output_rate = self.spec.sample_rate
        self._voice = Glide(self.vector(voice), round(GLIDE_SECONDS / self.spec.hop_seconds))
        self._nominal = log_energy_at(model.info.nominal_rms)
        self._level = LevelTracker(self.spec.hop_seconds, model.info.nominal_rms)
        self._hold = PitchHold()
        self._pitch = PitchMap(voice.median_log_f0, self.spec.hop_seconds, source_hz)
        self.speak_as(voice, pitch_semitones)
        self.reset()

    @property
    def latency_samples(self) -> float:
        return float(self._model.info.lookahead * self.spec.hop)

    def reset(self) -> None:
        self._model.reset()
        self._voice.arrive()
        self._level.reset()
        self._hold.reset()
        self._pitch.reset()
        self._pending: deque[_Asked] = deque()  # of the frames the model still holds

    def know_speaker(self, pitch_hz: float | None, rms: float | None, certainty: float = 1.0) -> None:
        self._pitch.speaker.known_hz, self._pitch.speaker.certainty = pitch_hz, certainty
        self._pitch.speaker.reset()
        self._level.known_rms, self._level.certainty = rms, certainty
        self._level.reset()

    @property
    def speaker(self) -> Speaker | None:
        """Any thread, a little late. Who speaks, once enough was heard."""
        pitch, rms = self._pitch.speaker, self._level.rms
        return Speaker(math.exp(pitch.log_hz), rms) if pitch.is_known and rms > 0.0 else None

    def vector(self, voice: Voice) -> Float:
        """Any thread. What the model is told of a voice; an error where it was not made for this model."""
        return voice.embedding(self._model.info.name, self._model.info.inputs.get(VOICE))

    def memory(self, voice: Voice) -> Float | None:
        """Any thread. What a voice remembers for the model; asked for early, it costs no time later."""
        if not isinstance(self._model, TwoPartModel):
            return None
        return voice.memory(self._model.info.name, self._model.memory)

    def speak_as(self, voice: Voice, pitch_semitones: float = 0.0) -> None:
        """May be called between any two blocks."""
        self._voice.to(self.vector(voice))
        if isinstance(self._model, TwoPartModel):
            self._model.remember(self.memory(voice))
        self._pitch.target = voice.median_log_f0 + pitch_semitones * SEMITONE

    def take_over(self, previous: "Conversion") -> None:
        """Go on with the level and the pitch of the speaker that another conversion has found."""
        self._level.take_over(previous._level)
        self._hold.take_over(previous._hold)
        self._pitch.speaker.take_over(previous._pitch.speaker)

    def process(self, frames: Frames) -> PitchedMels:
        gain = self._level.process(frames.log_energy)
        log_f0, voiced = self._hold.process(frames.f0_hz, frames.voiced)
        target_log_f0 = self._pitch.process(log_f0, voiced)
        mels = np.maximum(frames.log_mel + gain[:, None], self.spec.log_floor)
        energy = np.maximum(frames.log_energy + gain - self._nominal, _QUIETEST_RELATIVE_ENERGY)
        side = np.stack([target_log_f0, voiced, energy], axis=1)
        undo = gain + attenuation(frames.log_energy)
        spoken, pitch, voicing = [], [], []
        for index in range(len(frames)):
            mel = self._model.step(
                mel=mels[index], energy=energy[index : index + 1], side=side[index], voice=self._voice.step()
            )
            self._pending.append(
                _Asked(
                    float(target_log_f0[index]),
                    float(voiced[index]),
                    float(undo[index]),
                    float(energy[index]),
                    mels[index],
                )
            )
            if len(self._pending) > self._model.info.lookahead:
                asked = self._pending.popleft()
                mel = without_excess(mel, asked.heard, asked.energy)
                spoken.append(np.maximum(mel - asked.undo, self.spec.log_floor))
                pitch.append(asked.log_f0)
                voicing.append(asked.voiced)
        out = np.array(spoken, np.float32).reshape(-1, self.spec.n_mels)
        return PitchedMels(out, in_hz(pitch), np.array(voicing, np.float32))


class Unconverted:
    """Stage: Frames to their own mels and pitch, for hearing the vocoder alone."""

    latency_samples = 0.0

    def __init__(self, spec: MelSpec) -> None:
        self.spec, self.output_rate = spec, spec.sample_rate
        self._hold = PitchHold()

    def process(self, frames: Frames) -> PitchedMels:
        log_f0, voiced = self._hold.process(frames.f0_hz, frames.voiced)
        return PitchedMels(frames.log_mel, in_hz(log_f0.tolist()), voiced)

    def reset(self) -> None:
        self._hold.reset()
