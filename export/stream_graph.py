"""`stream` as a one-frame step whose state tensors are named graph inputs and outputs."""

import torch
from torch import Tensor, nn

from rtvc.model_format import NEXT_PREFIX, STATE_PREFIX
from training.networks.stream import SIDE_CHANNELS, VOICE_SIZE, Stream

OUTPUT = "mel_out"


class StreamStep(nn.Module):
    """Flat arguments for the exporter: inputs of shape (1, 1, width), then the states in order."""

    def __init__(self, stream: Stream) -> None:
        super().__init__()
        self.stream = stream
        self.state_names = list(stream.initial_state())

    @property
    def inputs(self) -> dict[str, int]:
        return {"mel": self.stream.spec.n_mels, "energy": 1, "side": SIDE_CHANNELS, "voice": VOICE_SIZE}

    @property
    def states(self) -> dict[str, list[int]]:
        return {name: list(x.shape) for name, x in self.stream.initial_state().items()}

    def forward(
        self, mel: Tensor, energy: Tensor, side: Tensor, voice: Tensor, *state: Tensor
    ) -> tuple[Tensor, ...]:
        named = dict(zip(self.state_names, state, strict=True))
        out, after = self.stream(mel, energy, side, voice[:, 0], named)
        return (out, *(after[name] for name in self.state_names))

    def example(self) -> tuple[Tensor, ...]:
        frame = tuple(torch.zeros(1, 1, width) for width in self.inputs.values())
        return (*frame, *self.stream.initial_state().values())

    def input_names(self) -> list[str]:
        return [*self.inputs, *(STATE_PREFIX + name for name in self.state_names)]

    def output_names(self) -> list[str]:
        return [OUTPUT, *(NEXT_PREFIX + name for name in self.state_names)]
