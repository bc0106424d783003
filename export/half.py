"""Weights in half precision: half the size of a file, and no step the slower for it.

The network is rounded first and exported then, so the graph answers like the rounded network. The runtime
turns the weights back into single precision once, when it loads them.
"""

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

_FEWEST_NUMBERS = 256  # in a tensor worth the trouble
_SUFFIX = "_half"


@torch.no_grad()
def round_weights(module: nn.Module) -> None:
    """To what half precision can say."""
    for weight in module.parameters():
        if weight.numel() >= _FEWEST_NUMBERS:
            weight.copy_(weight.half().float())


def halve(model: onnx.ModelProto) -> None:
    """Store tensors that lose nothing by it in half precision."""
    casts = []
    for tensor in model.graph.initializer:
        half = _halved(tensor)
        if half is None:
            continue
        casts.append(helper.make_node("Cast", [tensor.name + _SUFFIX], [tensor.name], to=TensorProto.FLOAT))
        tensor.CopyFrom(numpy_helper.from_array(half, tensor.name + _SUFFIX))
    nodes = list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend(casts + nodes)


def _halved(tensor: onnx.TensorProto) -> np.ndarray | None:
    if tensor.data_type != TensorProto.FLOAT or np.prod(tensor.dims) < _FEWEST_NUMBERS:
        return None
    single = numpy_helper.to_array(tensor)
    with np.errstate(over="ignore"):
        half = single.astype(np.float16)
    return half if np.array_equal(half.astype(np.float32), single) else None
