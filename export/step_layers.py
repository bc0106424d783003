"""Layers as one-frame matrix products: the same sums as in training, in the form that is fastest live.

A convolution over one new frame is a product over its taps, a GRU over one frame is two products.
Written as such, their weights are plain matrices that can be stored and multiplied as 8-bit integers.
"""

import torch
from torch import Tensor, nn

from training.networks.causal import CausalConv


class StepConv(nn.Module):
    """CausalConv for exactly one new frame."""

    def __init__(self, conv: CausalConv) -> None:
        super().__init__()
        self.history = conv.history
        self.c_in = conv.c_in
        self.dilation = conv.conv.dilation[0]
        weight = conv.conv.weight.detach()  # (c_out, c_in, kernel)
        self.weight = nn.Parameter(weight.permute(2, 1, 0).flatten(0, 1).contiguous())
        self.bias = conv.conv.bias

    def initial_state(self, batch: int) -> Tensor:
        return torch.zeros(batch, self.history, self.c_in)

    def forward(self, x: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        seen = torch.cat([state, x], dim=1)
        taps = seen[:, :: self.dilation] if self.dilation > 1 else seen
        return taps.reshape(1, 1, -1) @ self.weight + self.bias, seen[:, 1:]


class StepGru(nn.Module):
    """nn.GRU, batch first, for exactly one frame."""

    def __init__(self, gru: nn.GRU) -> None:
        super().__init__()
        self.hidden_size = gru.hidden_size
        self.into = nn.Parameter(gru.weight_ih_l0.detach().T.contiguous())
        self.again = nn.Parameter(gru.weight_hh_l0.detach().T.contiguous())
        self.into_bias = gru.bias_ih_l0
        self.again_bias = gru.bias_hh_l0

    def forward(self, x: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        from_input = (x @ self.into + self.into_bias).split(self.hidden_size, dim=-1)
        from_past = (state @ self.again + self.again_bias).split(self.hidden_size, dim=-1)
        reset = torch.sigmoid(from_input[0] + from_past[0])
        update = torch.sigmoid(from_input[1] + from_past[1])
        fresh = torch.tanh(from_input[2] + reset * from_past[2])
        after = fresh + update * (state - fresh)
        return after, after


def to_step_layers(module: nn.Module) -> None:
    """Replace every convolution and GRU inside, in place."""
    for name, child in module.named_children():
        if isinstance(child, CausalConv):
            setattr(module, name, StepConv(child))
        elif isinstance(child, nn.GRU):
            setattr(module, name, StepGru(child))
        else:
            to_step_layers(child)
