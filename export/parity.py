"""Does the exported graph answer like the network? Many steps, state carried, by the engine's runtime."""

from pathlib import Path

import numpy as np
import torch

from export.stream_graph import StreamStep
from rtvc.runtime import StepModel

PARITY_LIMIT = 1e-4
PARITY_STEPS = 240


def random_frame(random: np.random.Generator, step: StreamStep) -> dict[str, np.ndarray]:
    """Inputs in the range speech has."""
    frame = {name: random.standard_normal(width).astype(np.float32) for name, width in step.inputs.items()}
    frame["mel"] = frame["mel"] * 2.0 - 5.0
    frame["side"] = frame["side"] * np.float32([0.3, 0.5, 1.0]) + np.float32([5.0, 0.5, -1.0])
    return frame


@torch.no_grad()
def step_parity(step: StreamStep, model_file: Path, steps: int = PARITY_STEPS) -> float:
    """The largest difference between network and graph in any output of any step."""
    random = np.random.default_rng(1)
    model = StepModel(model_file)
    state = list(step.stream.initial_state().values())
    worst = 0.0
    for _ in range(steps):
        frame = random_frame(random, step)
        expected, *state = step(*(torch.from_numpy(x)[None, None] for x in frame.values()), *state)
        worst = max(worst, float(np.abs(model.step(**frame) - expected[0, 0].numpy()).max()))
    return worst
