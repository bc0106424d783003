"""The speaker encoder as a graph over one stretch of mels: how the program makes voices of its users."""

import numpy as np
import torch
from torch import Tensor, nn

from rtvc.mel import MelSpec
from rtvc.runtime import StepModel
from rtvc.voice_encoder import WINDOW
from training.networks.stream import SpeakerEncoder

EMBEDDING = "embedding"


class WindowEncoder(nn.Module):
    """(1, 1, frames * n_mels) to (1, 1, VOICE_SIZE); has no state."""

    states: dict[str, list[int]] = {}

    def __init__(self, encoder: SpeakerEncoder, spec: MelSpec, frames: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.shape = (1, frames, spec.n_mels)

    @property
    def inputs(self) -> dict[str, int]:
        return {WINDOW: self.shape[1] * self.shape[2]}

    def forward(self, window: Tensor) -> Tensor:
        embedding: Tensor = self.encoder(window.reshape(self.shape))
        return embedding.unsqueeze(1)

    def example(self) -> tuple[Tensor, ...]:
        return (torch.full((1, 1, self.inputs[WINDOW]), -5.0),)

    def input_names(self) -> list[str]:
        return list(self.inputs)

    def output_names(self) -> list[str]:
        return [EMBEDDING]


@torch.no_grad()
def worst_difference(encoder: WindowEncoder, model: StepModel, windows: int = 5) -> float:
    """Between the vectors of network and graph."""
    random = np.random.default_rng(1)
    worst = 0.0
    for _ in range(windows):
        window = (random.standard_normal(encoder.inputs[WINDOW]) * 2.0 - 5.0).astype(np.float32)
        expected = encoder(torch.from_numpy(window)[None, None])[0, 0].numpy()
        worst = max(worst, float(np.abs(model.step(**{WINDOW: window}) - expected).max()))
    return worst
