"""LatentMap: where a digit model's latent space holds the clips it learned from. Runs no model.

For each voice and digit a middle, for each digit the directions in which its clips differ most, each as long
as the standard deviation along it. So independent normal numbers, one for each direction, are a digit as the
clips were spread, and the first two of them are a map to walk about on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float32]

_FARTHEST = 1000.0  # no latent of a network that was trained lies so far out
_SMALLEST = 1e-12  # square of a length


@dataclass(frozen=True)
class LatentMap:
    means: list[list[list[float]]]  # (voices, digits, latent)
    directions: list[list[list[float]]]  # (digits, directions, latent), the longest first

    def __post_init__(self) -> None:
        means, directions = self._means, self._directions
        if means.ndim != 3 or directions.ndim != 3 or not means.size or not directions.size:
            raise ValueError("middles and directions are not three lists deep")
        if means.shape[1:] != (directions.shape[0], directions.shape[2]):
            raise ValueError(f"middles {means.shape} do not go with directions {directions.shape}")
        if not all((np.abs(numbers) < _FARTHEST).all() for numbers in (means, directions)):
            raise ValueError(f"it reaches beyond {_FARTHEST:g}")

    @cached_property
    def _means(self) -> Float:
        return np.asarray(self.means, np.float32)

    @cached_property
    def _directions(self) -> Float:
        return np.asarray(self.directions, np.float32)

    @classmethod
    def plain(cls, voices: int, digits: int, latent: int) -> "LatentMap":
        """Of a model that says nothing of its clips: what its training wanted them to be."""
        return cls(np.zeros((voices, digits, latent)).tolist(), [np.eye(latent).tolist()] * digits)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Voices, digits, latent."""
        voices, digits, latent = self._means.shape
        return voices, digits, latent

    def draw(self, voice: int, digit: int, variation: float, random: np.random.Generator) -> Float:
        """A latent (latent,) as one of the clips might have had; with a variation of 0 always the middle."""
        steps = random.normal(0.0, variation, size=int(self._directions.shape[1]))
        return self.at(voice, digit, steps.tolist())

    def at(self, voice: int, digit: int, steps: Sequence[float]) -> Float:
        """The latent so many standard deviations along the first directions, in the middle of all others."""
        along = self._directions[digit, : len(steps)]
        latent: Float = self._means[voice, digit] + np.asarray(steps, np.float32)[: len(along)] @ along
        return latent

    def steps(self, voice: int, digit: int, latent: Float) -> Float:
        """The other way round: how many standard deviations a latent is from the middle in each direction."""
        along = self._directions[digit]
        lengths = np.maximum(np.square(along).sum(axis=1), _SMALLEST)
        steps: Float = along @ (latent - self._means[voice, digit]) / lengths
        return steps
