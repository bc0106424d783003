"""How `stream` remembers its target. Nothing here is trained.

A voice comes with a memory: moments of its own speech, each with the shape of its spectrum and its content.
What others say is moved towards what the target would have said: its content before the decoder, the shape of
its spectrum behind it.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from rtvc.voice_memory import cosines

_LEAST_APART = 1e-3


@dataclass(frozen=True)
class RecallConfig:
    """Chosen by what they do to unseen speakers; see EXPERIMENTS.md."""

    rows: int = 2048
    shape: int = 28  # coefficients of a spectrum's shape, loudness left out
    nearest: int = 8  # rows that what is found is the mean of
    content_share: float = 0.5  # of the way to what was found
    shape_share: float = 0.5  # of the coarse coefficients
    # Fine coefficients see the partials of high voices, which have a pitch of their own: the share falls from
    # `coarse` on, to nothing at `fine`.
    coarse: int = 10
    fine: int = 24
    smoothing: float = 0.3  # of the shape's way, from frame to frame


class Recall(nn.Module):
    """One look into a memory for each frame."""

    def __init__(self, content_width: int, config: RecallConfig, n_mels: int) -> None:
        super().__init__()
        self.content_width, self.config = content_width, config
        self.register_buffer("shapes", torch.from_numpy(cosines(n_mels, config.shape)), persistent=False)
        falling = (config.fine - torch.arange(config.shape)) / (config.fine - config.coarse)
        self.register_buffer("share", config.shape_share * falling.clamp(0.0, 1.0), persistent=False)

    def find(self, content: Tensor, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """What is found at a content (1, 1, width): the shape, and the content of the voice there.

        keys (1, width + 1, rows): twice the contents, and less their squares; values (1, rows, both).
        """
        near = torch.cat([content, torch.ones_like(content[..., :1])], dim=-1) @ keys
        nearest, rows = torch.topk(near[0, 0], self.config.nearest)
        apart = ((content * content).sum() - nearest).clamp(min=_LEAST_APART)
        # By the square of the squared distance: the same at any scale, and one that fits well counts alone.
        weight = 1.0 / (apart * apart)
        found = (weight / weight.sum())[None, None] @ values.index_select(1, rows)
        shape, own = found.split([self.config.shape, self.content_width], dim=-1)
        return shape, own

    def moved_content(self, content: Tensor, found: Tensor, recall: Tensor) -> Tensor:
        """recall (1, 1, 1): how far the memory is trusted; 0 where there is none.

        Content found in a small memory costs words before its shapes cost anything: it counts by the square.
        """
        return content + self.config.content_share * recall * recall * (found - content)

    def moved_mel(self, mel: Tensor, found: Tensor, recall: Tensor, before: Tensor) -> tuple[Tensor, Tensor]:
        """One frame; before: how far the last one was moved."""
        way = self.share * recall * (found - mel @ self.shapes.T)
        way = self.config.smoothing * before + (1.0 - self.config.smoothing) * way
        return mel + way @ self.shapes, way
