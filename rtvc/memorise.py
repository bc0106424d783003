"""Memoriser: listens to recordings of a voice as its model will listen to others, and keeps a memory."""

import numpy as np
from numpy.typing import NDArray

from rtvc import catalog
from rtvc.errors import ModelError
from rtvc.runtime import StepModel
from rtvc.voice_memory import gathered, rounded, to_text

Float = NDArray[np.float32]


class Memoriser:
    """For one model; `memory` may be asked for many voices."""

    def __init__(self, model_name: str) -> None:
        saying = catalog.saying_path(model_name)
        shape = StepModel(saying).info.memory if saying else None
        if shape is None:
            raise ModelError(f"The model {model_name} looks nothing up: there is nothing to remember.")
        self._shape = shape
        self._hearing = StepModel(catalog.model_path(model_name))

    def memory(self, clips: list[tuple[Float, Float]]) -> str:
        """Of recordings of one voice, each as log-mels (frames, n_mels) and energy (frames,), as text."""
        heard = np.concatenate([self._heard(log_mel, energy) for log_mel, energy in clips])
        mels = np.concatenate([log_mel for log_mel, _ in clips])
        return to_text(rounded(gathered(heard, mels, self._shape), self._shape))

    def _heard(self, log_mel: Float, energy: Float) -> Float:
        """One row for each frame; the model is late by its lookahead."""
        late, last = self._hearing.info.lookahead, len(log_mel) - 1
        self._hearing.reset()
        frames = [min(index, last) for index in range(len(log_mel) + late)]
        rows = [self._hearing.step(mel=log_mel[i], energy=energy[i : i + 1]).copy() for i in frames]
        return np.array(rows[late:])
