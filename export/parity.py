"""Does a graph answer like the network? Many steps, state carried, through the engine's own runtime."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from export.stream_graph import Part
from rtvc.model_format import MEL, SIDE, ModelInfo
from rtvc.runtime import StepModel

PARITY_STEPS = 240
PARITY_LIMIT = 1e-4  # worst difference of the float graph; of mels, natural log of magnitude
ROUNDING_LIMIT = 0.1  # mean difference of the integer graph; noise-like steps are its worst case


@dataclass(frozen=True)
class Difference:
    """Between what a network and its graph put out: mels, or content, which has a spread of one."""

    worst: float
    mean: float


def random_frame(random: np.random.Generator, info: ModelInfo) -> dict[str, np.ndarray]:
    """Inputs in the range speech has."""
    shapes = info.input_shapes()
    frame = {name: random.standard_normal(shape[1:]).astype(np.float32) for name, shape in shapes.items()}
    if MEL in frame:
        frame[MEL] = frame[MEL] * 2.0 - 5.0
    if SIDE in frame:
        frame[SIDE] = frame[SIDE] * np.float32([0.3, 0.5, 1.0]) + np.float32([5.0, 0.5, -1.0])
    return frame


@torch.no_grad()
def compare(part: Part, model_file: Path, steps: int = PARITY_STEPS) -> Difference:
    """Of a part of `stream` with its graph."""
    random = np.random.default_rng(1)
    model = StepModel(model_file)
    state = list(part.initial_state().values())
    differences = []
    for _ in range(steps):
        frame = random_frame(random, model.info)
        expected, *state = part(*(torch.from_numpy(x)[None] for x in frame.values()), *state)
        differences.append(np.abs(model.step(**frame) - expected[0, 0].numpy()))
    return Difference(float(np.max(differences)), float(np.mean(differences)))
