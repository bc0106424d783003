"""Causal layers that carry their state in and out. One code path: no state given means zeros, then carry on.

Tensors are (batch, time, channels) outside a layer. A layer with lookahead answers for an earlier
frame: fed frame t it puts out frame t - lookahead.
"""

import torch
from torch import Tensor, nn

State = dict[str, Tensor]


class CausalConv(nn.Module):
    """Dilated convolution over time; its state is the input it still needs."""

    def __init__(self, c_in: int, c_out: int, kernel: int, dilation: int) -> None:
        super().__init__()
        self.history = (kernel - 1) * dilation
        self.c_in = c_in
        self.conv = nn.Conv1d(c_in, c_out, kernel, dilation=dilation)

    def initial_state(self, batch: int) -> Tensor:
        return torch.zeros(batch, self.history, self.c_in)

    def forward(self, x: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        seen = torch.cat([state, x], dim=1)
        after = seen[:, -self.history :]
        return self.conv(seen.transpose(1, 2)).transpose(1, 2), after


class GatedBlock(nn.Module):
    """Residual gated convolution, modulated by a condition vector where one is given."""

    def __init__(self, channels: int, kernel: int, dilation: int, lookahead: int, condition: int = 0) -> None:
        super().__init__()
        assert lookahead <= dilation, "the residual is taken from the convolution's own history"
        self.lookahead = lookahead
        self.conv = CausalConv(channels, 2 * channels, kernel, dilation)
        self.norm = nn.LayerNorm(channels)
        self.modulation = nn.Linear(condition, 2 * channels) if condition else None

    def forward(self, x: Tensor, state: Tensor, condition: Tensor | None = None) -> tuple[Tensor, Tensor]:
        normed = self.norm(x)
        if self.modulation is not None and condition is not None:
            scale, shift = self.modulation(condition).unsqueeze(1).chunk(2, dim=-1)
            normed = normed * (1.0 + scale) + shift
        # The state keeps the plain input beside the normed one only where the residual is delayed.
        history = state[..., : normed.shape[-1]]
        filtered, history = self.conv(normed, history)
        value, gate = filtered.chunk(2, dim=-1)
        y = torch.tanh(value) * torch.sigmoid(gate)
        if not self.lookahead:
            return x + y, history
        seen = torch.cat([state[:, -self.lookahead :, normed.shape[-1] :], x], dim=1)
        keep = torch.cat([state[..., normed.shape[-1] :], x], dim=1)[:, -state.shape[1] :]
        return seen[:, : x.shape[1]] + y, torch.cat([history, keep], dim=-1)

    def initial_state(self, batch: int) -> Tensor:
        width = self.conv.c_in * (2 if self.lookahead else 1)
        return torch.zeros(batch, self.conv.history, width)


class Stack(nn.Module):
    """Gated blocks, then a GRU added to their output. States go by the names of its parts."""

    def __init__(
        self, channels: int, kernel: int, dilations: list[int], lookahead: int, condition: int = 0
    ) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(
            GatedBlock(channels, kernel, dilation, 1 if index < lookahead else 0, condition)
            for index, dilation in enumerate(dilations)
        )
        self.gru = nn.GRU(channels, channels, batch_first=True)

    def initial_state(self, batch: int) -> State:
        state = {f"block{i}": block.initial_state(batch) for i, block in enumerate(self.blocks)}
        return state | {"gru": torch.zeros(1, batch, self.gru.hidden_size)}

    def forward(self, x: Tensor, state: State, condition: Tensor | None = None) -> tuple[Tensor, State]:
        after = {}
        for index, block in enumerate(self.blocks):
            name = f"block{index}"
            x, after[name] = block(x, state[name], condition)
        recurrent, after["gru"] = self.gru(x, state["gru"])
        return x + recurrent, after


class RunningMean(nn.Module):
    """Subtracts a sliding mean of what was active so far; a prior keeps the first frames sane."""

    def __init__(self, channels: int, memory_frames: float, prior_frames: float) -> None:
        super().__init__()
        self.decay = 1.0 - 1.0 / memory_frames
        self.prior_frames = prior_frames
        self.prior = nn.Parameter(torch.zeros(channels))

    def initial_state(self, batch: int) -> Tensor:
        """Zeros: the prior is added where it is used, and fades by its own weight."""
        return torch.zeros(batch, self.prior.numel() + 1)

    def forward(self, x: Tensor, weight: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """x (batch, time, channels), weight (batch, time, 1) how much each frame counts."""
        steps = torch.arange(x.shape[1], device=x.device, dtype=x.dtype)
        age = steps[:, None] - steps[None, :]
        kernel = torch.where(age >= 0, self.decay ** age.clamp(min=0), torch.zeros_like(age))
        weighted = torch.cat([x * weight, weight], dim=-1)
        sums = kernel @ weighted + self.decay ** (steps[:, None] + 1.0) * state.unsqueeze(1)
        total, count = sums[..., :-1], sums[..., -1:]
        mean = (total + self.prior_frames * self.prior) / (count + self.prior_frames)
        return x - mean, sums[:, -1]


class Delay(nn.Module):
    """Hands frames on a fixed number of steps later."""

    def __init__(self, frames: int) -> None:
        super().__init__()
        self.frames = frames

    def initial_state(self, batch: int, channels: int) -> Tensor:
        return torch.zeros(batch, self.frames, channels)

    def forward(self, x: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        seen = torch.cat([state, x], dim=1)
        return seen[:, : x.shape[1]], seen[:, x.shape[1] :]
