"""Stores large weights as 16-bit floats, widened again on loading: half the file, the same speed."""

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

_SMALLEST = 512  # numbers; smaller tensors are not worth a node


@torch.no_grad()
def round_to_half(module: nn.Module) -> None:
    """Round weights in place to what the file will hold, so that parity is judged on the same numbers."""
    for tensor in (*module.parameters(), *module.buffers()):
        if tensor.numel() >= _SMALLEST:
            tensor.copy_(tensor.half())


def store_half(model: onnx.ModelProto) -> None:
    """Replace large float initialisers by half ones and a Cast, which onnxruntime folds on loading."""
    kept, casts = [], []
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if tensor.data_type != TensorProto.FLOAT or values.size < _SMALLEST:
            kept.append(tensor)
            continue
        half_name = tensor.name + ".half"
        kept.append(numpy_helper.from_array(values.astype(np.float16), half_name))
        casts.append(helper.make_node("Cast", [half_name], [tensor.name], to=TensorProto.FLOAT))
    nodes = list(model.graph.node)
    del model.graph.initializer[:], model.graph.node[:]
    model.graph.initializer.extend(kept)
    model.graph.node.extend(casts + nodes)
