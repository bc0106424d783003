"""A model in two files: one hears what is said, the other says it, as the voice remembers to say such things.

Between the two lies the content of a frame, by which the voice's memory is searched.
"""

import math
from collections import deque
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from rtvc import catalog
from rtvc.errors import ModelError
from rtvc.model_format import HEARD, SIDE, VOICE, MemoryShape
from rtvc.runtime import BlockModel, StepModel, load_model

_FAR = -1e9  # less a squared distance

Float = NDArray[np.float32]


class TwoPartModel:
    """Steps like a StepModel that is in one file."""

    def __init__(self, hearing: StepModel, saying: StepModel) -> None:
        if saying.info.memory is None or saying.info.mel != hearing.info.mel:
            raise ModelError(f"The two files of the model {hearing.info.name} do not belong together.")
        self._hearing, self._saying = hearing, saying
        self.memory: MemoryShape = saying.info.memory
        said = {name: saying.info.inputs[name] for name in (SIDE, VOICE)}
        self.info = replace(hearing.info, inputs=hearing.info.inputs | said)
        self._side: deque[Float] = deque()
        self._rows: Float | None = None
        self.remember(None)
        self.reset()

    def reset(self) -> None:
        self._hearing.reset()
        self._saying.reset()
        silence = np.zeros(self.info.inputs[SIDE], np.float32)
        self._side = deque([silence] * self.info.lookahead)

    def remember(self, rows: Float | None) -> None:
        """May be called between any two steps. The voice's memory, (rows, width); it can do without."""
        if rows is not None and rows is self._rows:
            return
        self._rows = rows
        # What has seen less speech finds what fits less well: it is trusted less.
        trust = 0.0 if rows is None else math.sqrt(len(rows) / self.memory.rows)
        self._saying.hold(recall=np.array([trust], np.float32))
        if rows is not None:
            content, count = rows[:, self.memory.shape :], len(rows)
            # What distances need of the rows, made once instead of every frame. Rows not there are far away.
            keys = np.zeros((self.memory.content + 1, self.memory.rows), np.float32)
            keys[:-1, :count], keys[-1] = 2.0 * content.T, _FAR
            keys[-1, :count] = -(content**2).sum(axis=1)
            values = np.zeros((self.memory.rows, self.memory.width), np.float32)
            values[:count] = rows
            self._saying.hold(keys=keys, values=values)

    def step(self, mel: Float, energy: Float, side: Float, voice: Float) -> Float:
        """As StepModel.step. What is heard comes late by the lookahead; how it is to be said waits for it."""
        heard = self._hearing.step(mel=mel, energy=energy)
        self._side.append(side.copy())
        return self._saying.step(**{HEARD: heard, SIDE: self._side.popleft(), VOICE: voice})


def open_model(name: str, preset: str = "") -> StepModel | BlockModel | TwoPartModel:
    """A model by its name, in however many files it is."""
    path, saying = catalog.model_path(name, preset), catalog.saying_path(name)
    return TwoPartModel(StepModel(path), StepModel(saying)) if saying else load_model(path)
