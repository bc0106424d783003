"""A torch module to an ONNX graph that describes itself. Decides nothing about names or shapes."""

import contextlib
import io
import logging
import warnings
from collections.abc import Sequence

import onnx
import torch
from torch import Tensor, nn

from rtvc.model_format import METADATA_KEY, ModelInfo

OPSET = 20


def to_graph(
    module: nn.Module,
    example: tuple[Tensor, ...],
    input_names: Sequence[str],
    output_names: Sequence[str],
    info: ModelInfo,
) -> onnx.ModelProto:
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")  # the exporter talks about its own internals
        logging.getLogger("torch.onnx").setLevel(logging.ERROR)
        program = torch.onnx.export(
            module,
            example,
            input_names=list(input_names),
            output_names=list(output_names),
            opset_version=OPSET,
            dynamo=True,
        )
    assert program is not None
    model = program.model_proto
    for node in model.graph.node:  # the exporter notes where in which source file each node came from
        del node.metadata_props[:]
        node.doc_string = ""
    del model.metadata_props[:], model.graph.metadata_props[:], model.graph.value_info[:]
    onnx.helper.set_model_props(model, {METADATA_KEY: info.to_json()})
    return model
