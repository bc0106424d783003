"""Tells real mels from made ones, patch by patch, and whether they fit the speaker. Training only."""

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

_CHANNELS = (32, 64, 96, 96)


class MelCritic(nn.Module):
    """Convolutions over (time, frequency); adds up evidence of being real and of being that speaker."""

    def __init__(self, speakers: int) -> None:
        super().__init__()
        shapes = [((3, 7), (1, 2)), ((3, 5), (2, 2)), ((3, 5), (2, 2)), ((3, 3), (1, 1))]
        widths = (1, *_CHANNELS)
        self.convs = nn.ModuleList(
            spectral_norm(
                nn.Conv2d(widths[i], widths[i + 1], size, stride, padding=(size[0] // 2, size[1] // 2))
            )
            for i, (size, stride) in enumerate(shapes)
        )
        self.judge = spectral_norm(nn.Conv2d(_CHANNELS[-1], 1, 3, padding=1))
        self.speaker = nn.Embedding(speakers, _CHANNELS[-1])
        nn.init.normal_(self.speaker.weight, std=0.05)

    def forward(self, mel: Tensor, speaker: Tensor) -> tuple[Tensor, list[Tensor]]:
        """mel (batch, time, n_mels): verdicts (batch, patches) and what each layer saw."""
        x = ((mel + 5.0) * 0.4).unsqueeze(1)
        seen = []
        for conv in self.convs:
            x = nn.functional.leaky_relu(conv(x), 0.2)
            seen.append(x)
        likeness = torch.einsum("bctf,bc->btf", x, self.speaker(speaker)).unsqueeze(1)
        return (self.judge(x) + likeness).flatten(1), seen
