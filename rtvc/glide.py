"""Glide, a vector that becomes another one within a few steps, so that nothing jumps."""

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float32]


GLIDE_SECONDS = 0.05  # from voice to voice, from instrument to instrument


class Glide:
    def __init__(self, value: Float, steps: int) -> None:
        self._value, self._goal, self._steps = value, value, max(1, steps)
        self._left = 0

    def to(self, goal: Float) -> None:
        """From wherever it is; where it goes already it just goes on."""
        if not np.array_equal(goal, self._goal):
            self._goal, self._left = goal, self._steps

    def arrive(self) -> None:
        """At once."""
        self._value, self._left = self._goal, 0

    def step(self) -> Float:
        if self._left:
            self._value = self._value + (self._goal - self._value) / np.float32(self._left)
            self._left -= 1
        return self._value
