"""Does a graph answer like the network? Many steps, state carried, through the engine's own runtime."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from export.stream_graph import StreamStep
from rtvc.runtime import StepModel

PARITY_STEPS = 240
PARITY_LIMIT = 1e-4  # worst difference of the float graph, natural log of magnitude
ROUNDING_LIMIT = 0.1  # mean difference of the integer graph; noise-like steps are its worst case


@dataclass(frozen=True)
class Difference:
    """Between the mels of network and graph."""

    worst: float
    mean: float


def random_frame(random: np.random.Generator, step: StreamStep) -> dict[str, np.ndarray]:
    """Inputs in the range speech has."""
    frame = {name: random.standard_normal(width).astype(np.float32) for name, width in step.inputs.items()}
    frame["mel"] = frame["mel"] * 2.0 - 5.0
    frame["side"] = frame["side"] * np.float32([0.3, 0.5, 1.0]) + np.float32([5.0, 0.5, -1.0])
    return frame


@torch.no_grad()
def compare(step: StreamStep, model_file: Path, steps: int = PARITY_STEPS) -> Difference:
    random = np.random.default_rng(1)
    model = StepModel(model_file)
    state = list(step.stream.initial_state().values())
    differences = []
    for _ in range(steps):
        frame = random_frame(random, step)
        expected, *state = step(*(torch.from_numpy(x)[None, None] for x in frame.values()), *state)
        differences.append(np.abs(model.step(**frame) - expected[0, 0].numpy()))
    return Difference(float(np.max(differences)), float(np.mean(differences)))
