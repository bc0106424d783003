"""A `timbre` model small enough to reason about: the same shares in every frame, whatever is played."""

import dataclasses
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper

from rtvc.mel import MelSpec
from rtvc.model_format import METADATA_KEY, ModelInfo, PartialsShape

SHAPE = PartialsShape(harmonics=20, bands=8)
INSTRUMENTS = ["flute", "cello"]


def info(**changes) -> ModelInfo:
    plain = ModelInfo(
        format_version=3,
        name="timbre",
        system="timbre",
        kind="stateful",
        mel=MelSpec(),
        lookahead=0,
        inputs={"side": 3, "instrument": 3},
        output="partials",
        states={"last": [1, 1, 3]},
        nominal_rms=0.05,
        voices=INSTRUMENTS,
        licence="MIT",
        lineage="none",
        partials=SHAPE,
    )
    return dataclasses.replace(plain, **changes)


def shares(noise_share: float = 0.01) -> np.ndarray:
    """A falling row of harmonics, and a little noise; the squares add up to 1."""
    tones = 1.0 / np.arange(1, SHAPE.harmonics + 1) ** 2
    row = np.concatenate([tones, np.full(SHAPE.bands, noise_share)])
    return (row / np.sqrt(np.square(row).sum())).astype(np.float32)


def write(path: Path, description: ModelInfo | None = None, row: np.ndarray | None = None) -> Path:
    """A graph that answers `row` to everything and keeps the last side as its state."""
    description = description or info()
    row = shares() if row is None else row

    def value(name, width):
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 1, width])

    width = len(row)
    inputs = [value(name, width) for name, width in description.inputs.items()]
    inputs.append(value("state.last", 3))
    outputs = [value(description.output, width), value("next.last", 3)]
    fixed = [
        helper.make_tensor("row", TensorProto.FLOAT, [1, 1, width], row.tolist()),
        helper.make_tensor("zero", TensorProto.FLOAT, [1], [0.0]),
        helper.make_tensor("axes", TensorProto.INT64, [1], [2]),
    ]
    nodes = [
        helper.make_node("ReduceSum", ["instrument", "axes"], ["i"], keepdims=1),
        helper.make_node("ReduceSum", ["state.last", "axes"], ["l"], keepdims=1),
        helper.make_node("Add", ["i", "l"], ["il"]),
        helper.make_node("Mul", ["il", "zero"], ["nothing"]),
        helper.make_node("Add", ["row", "nothing"], [description.output]),
        helper.make_node("Identity", ["side"], ["next.last"]),
    ]
    graph = helper.make_graph(nodes, "timbre", inputs, outputs, fixed)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    helper.set_model_props(model, {METADATA_KEY: description.to_json()})
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(model.SerializeToString())
    return path
