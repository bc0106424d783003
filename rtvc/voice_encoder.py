"""VoiceEncoder: turns speech into the vector by which a model knows a voice. Every model has its own."""

import hashlib

import numpy as np
from numpy.typing import NDArray

from rtvc.catalog import encoder_path, model_path, saying_path
from rtvc.runtime import StepModel

WINDOW = "window"  # the graph's input: a stretch of log-mels, flattened
VOICE_NORM = 8.0  # length of a voice vector, so that its entries are near one
_FINGERPRINT_DIGITS = 16

Float = NDArray[np.float32]


def fingerprint(model_name: str) -> str:
    """Of all that makes a voice for a model; what other files made of it means nothing to these."""
    paths = [encoder_path(model_name)]
    if saying := saying_path(model_name):
        paths += [model_path(model_name), saying]
    files = b"".join(path.read_bytes() for path in paths)
    return hashlib.sha256(files).hexdigest()[:_FINGERPRINT_DIGITS]


class VoiceEncoder:
    """Looks at windows of speech one by one; what they have in common is the voice."""

    def __init__(self, model_name: str) -> None:
        self._model = StepModel(encoder_path(model_name))
        self.spec = self._model.info.mel
        self.frames = self._model.info.inputs[WINDOW] // self.spec.n_mels

    def vector(self, log_mel: Float) -> Float:
        """Levelled speech (frames, n_mels) to a voice vector; short speech is repeated to fill a window."""
        repeats = -(-self.frames // len(log_mel))
        mels = np.tile(log_mel, (repeats, 1)) if repeats > 1 else log_mel
        starts = np.linspace(0, len(mels) - self.frames, max(1, round(len(mels) / self.frames)))
        mean = np.mean([self._look(mels[s : s + self.frames]) for s in starts.astype(int)], axis=0)
        vector: Float = (mean * (VOICE_NORM / np.linalg.norm(mean))).astype(np.float32)
        return vector

    def _look(self, window: Float) -> Float:
        return self._model.step(**{WINDOW: window.ravel()}).copy()
