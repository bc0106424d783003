"""WindowedConversion, the stage for networks without memory: windows of frames in, their results joined.

Its price is declared: frames are held back, and every few of them a whole window is computed.
"""

from collections import deque
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rtvc.blend import parts
from rtvc.errors import ModelError
from rtvc.frames import Frames, PitchedMels, in_hz
from rtvc.level import LevelTracker, log_energy_at
from rtvc.model_format import MEL, VOICE, WINDOWED
from rtvc.pitch_hold import PitchHold
from rtvc.pitch_map import PitchMap
from rtvc.runtime import BlockModel
from rtvc.silence import attenuation, without_excess
from rtvc.voices import Voice

_NAMED = 20  # voices in a sentence

Float = NDArray[np.float32]


class _Held(NamedTuple):
    """What was heard in a frame whose conversion is not out yet."""

    undo: float  # natural log: the gain to be taken back
    energy: float  # 0 at the level of speech
    mel: Float
    log_f0: float  # that the target would have there
    voiced: float  # 0 also where nobody knows


class WindowedConversion:
    """Stage: Frames to mels, one frame out for each one in once the first window is full.

    A model that is told whose voice is meant speaks at that voice's pitch, with the melody that was heard; of
    what another one says nobody knows the pitch.

    The vocoder that follows gets its frames one by one too, though they are computed `step` at a time.
    """

    def __init__(self, model: BlockModel, voice: Voice) -> None:
        info = model.info
        if info.kind != WINDOWED or info.window is None:
            raise ModelError(f"The model {info.name} is for {info.kind}; it does not convert speech.")
        self._model, self.spec = model, model.info.mel
        self.output_rate = self.spec.sample_rate
        self._window = info.window
        self._given = self.vector(voice)
        self._nominal = log_energy_at(info.nominal_rms)
        self._level = LevelTracker(self.spec.hop_seconds, info.nominal_rms)
        self._hold = PitchHold()
        self._pitch = PitchMap(voice.median_log_f0, self.spec.hop_seconds)
        self._knows_pitch = VOICE in info.inputs
        rising = (np.arange(self._window.fade) + 0.5) / max(1, self._window.fade)
        self._rising: Float = rising.astype(np.float32)[:, None]
        self.reset()

    @property
    def latency_samples(self) -> float:
        return float(self._window.hold * self.spec.hop)

    def vector(self, voice: Voice) -> dict[str, Float]:
        """Any thread. What tells the model whose voice is meant; nothing where it knows one voice only."""
        info = self._model.info
        if unknown := sorted(info.inputs.keys() - {MEL, VOICE}):
            raise ModelError(f"The model {info.name} wants {', '.join(unknown)}, which is not known here.")
        given = {VOICE: voice.embedding(info.name, info.inputs[VOICE])} if VOICE in info.inputs else {}
        # A vector of the same name may be that of other weights: a model of one's own hides the shipped one.
        known = {name.casefold() for name in info.voices}
        if strangers := [one.voice for one in parts(voice.id) if one.voice.casefold() not in known]:
            only = _few(info.voices)
            raise ModelError(f"The model {info.name} speaks as {only} only, not as {strangers[0]}.")
        return given

    def speak_as(self, voice: Voice) -> None:
        """May be called between any two blocks; the next window is in this voice."""
        self._given = self.vector(voice)
        self._pitch.target = voice.median_log_f0

    def reset(self) -> None:
        self._level.reset()
        self._hold.reset()
        self._pitch.reset()
        silence = np.full(self.spec.n_mels, self.spec.log_floor, np.float32)
        # What the next window needs: its left context first, silence before the sound began.
        self._heard: deque[Float] = deque([silence] * self._window.left)
        self._tail: Float | None = None  # what the last window said of frames this one says too
        self._ready: deque[Float] = deque()
        self._held: deque[_Held] = deque()
        self._count = 0

    def process(self, frames: Frames) -> PitchedMels:
        gain = self._level.process(frames.log_energy)
        mels = np.maximum(frames.log_mel + gain[:, None], self.spec.log_floor)
        undo = gain + attenuation(frames.log_energy)
        energy = frames.log_energy + gain - self._nominal
        log_f0, voiced = self._melody(frames)
        spoken, pitch, voicing = [], [], []
        for held in map(_Held, undo.tolist(), energy.tolist(), mels, log_f0.tolist(), voiced.tolist()):
            self._heard.append(held.mel)
            self._held.append(held)
            self._count += 1
            if len(self._heard) == self._window.frames:
                self._convert()
            if self._count > self._window.hold:
                past = self._held.popleft()
                spoken.append(self._spoken(past))
                pitch.append(past.log_f0)
                voicing.append(past.voiced)
        out = np.array(spoken, dtype=np.float32).reshape(-1, self.spec.n_mels)
        return PitchedMels(out, in_hz(pitch), np.array(voicing, np.float32))

    def _melody(self, frames: Frames) -> tuple[Float, Float]:
        """Log f0 the target would have, and how sure it is."""
        log_f0, voiced = self._hold.process(frames.f0_hz, frames.voiced)
        return self._pitch.process(log_f0, voiced), voiced if self._knows_pitch else np.zeros_like(voiced)

    def _spoken(self, held: _Held) -> Float:
        spoken = without_excess(self._ready.popleft(), held.mel, held.energy) - held.undo
        mel: Float = np.maximum(spoken, self.spec.log_floor)
        return mel

    def _convert(self) -> None:
        step, fade = self._window.step, self._window.fade
        body = self._model.run(mel=np.stack(self._heard), **self._given)
        if self._tail is not None:
            body[:fade] = self._rising * body[:fade] + (1.0 - self._rising) * self._tail
        self._ready.extend(body[:step])
        self._tail = body[step:]
        for _ in range(step):
            self._heard.popleft()


def _few(names: list[str]) -> str:
    """All of a few names, the first of many."""
    return ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")
