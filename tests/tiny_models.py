"""A model small enough to reason about: it adds up its mels and lets them out one frame late."""

import dataclasses
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper

from rtvc.mel import MelSpec
from rtvc.model_format import METADATA_KEY, ModelInfo

WIDTHS = {"mel": 80, "energy": 1, "side": 3, "voice": 128}


def info(**changes) -> ModelInfo:
    plain = ModelInfo(
        format_version=1,
        name="tiny",
        system="stream",
        kind="stateful",
        mel=MelSpec(),
        lookahead=1,
        inputs=dict(WIDTHS),
        output="mel_out",
        states={"last": [1, 1, 80], "sum": [1, 1, 80]},
        nominal_rms=0.05,
        voices=["p230"],
        licence="MIT",
        lineage="none",
    )
    return dataclasses.replace(plain, **changes)


def graph() -> onnx.GraphProto:
    """mel_out = last mel; sum counts what went in (0 * side, energy, voice keep the inputs alive)."""

    def value(name, width):
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 1, width])

    inputs = [value(name, width) for name, width in WIDTHS.items()]
    inputs += [value("state.last", 80), value("state.sum", 80)]
    outputs = [value("mel_out", 80), value("next.last", 80), value("next.sum", 80)]
    zero = helper.make_tensor("zero", TensorProto.FLOAT, [1], [0.0])
    axes = helper.make_tensor("axes", TensorProto.INT64, [1], [2])
    nodes = [
        helper.make_node("ReduceSum", ["side", "axes"], ["s"], keepdims=1),
        helper.make_node("ReduceSum", ["voice", "axes"], ["v"], keepdims=1),
        helper.make_node("Add", ["s", "v"], ["sv"]),
        helper.make_node("Add", ["sv", "energy"], ["sve"]),
        helper.make_node("Mul", ["sve", "zero"], ["nothing"]),
        helper.make_node("Add", ["state.last", "nothing"], ["mel_out"]),
        helper.make_node("Identity", ["mel"], ["next.last"]),
        helper.make_node("Add", ["state.sum", "mel"], ["next.sum"]),
    ]
    return helper.make_graph(nodes, "tiny", inputs, outputs, [zero, axes])


def write(path: Path, description: ModelInfo | str | None = None) -> Path:
    """Save the tiny model; a text takes the place of its description."""
    model = helper.make_model(graph(), opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    text = description if isinstance(description, str) else (description or info()).to_json()
    if text:
        helper.set_model_props(model, {METADATA_KEY: text})
    path.write_bytes(model.SerializeToString())
    return path


def frame(seed: int) -> dict[str, np.ndarray]:
    random = np.random.default_rng(seed)
    return {name: random.standard_normal(width).astype(np.float32) for name, width in WIDTHS.items()}
