"""A windowed model small enough to reason about: the window's body, plus a tenth of the window's mean."""

import dataclasses
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper

from rtvc.mel import MelSpec
from rtvc.model_format import METADATA_KEY, ModelInfo, WindowShape

WINDOW = WindowShape(left=5, step=4, fade=2, right=3)


def info(**changes) -> ModelInfo:
    plain = ModelInfo(
        format_version=2,
        name="tiny",
        system="autoencoder",
        kind="windowed",
        mel=MelSpec(),
        lookahead=0,
        inputs={"mel": 80, "voice": 4},
        output="mel_out",
        states={},
        nominal_rms=0.05,
        voices=["a"],
        licence="MIT",
        lineage="none",
        window=WINDOW,
    )
    return dataclasses.replace(plain, **changes)


def write(path: Path, description: ModelInfo | str | None = None, share: float = 0.1) -> Path:
    """`share` is how much of the window's mean is added; with 0 the body comes out as it went in."""

    def value(name, *shape):
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

    def numbers(name, values, kind=TensorProto.INT64):
        return helper.make_tensor(name, kind, [len(values)], values)

    nodes = [
        helper.make_node("Slice", ["mel", "from", "to", "time"], ["body"]),
        helper.make_node("ReduceMean", ["mel", "all"], ["mean"], keepdims=1),
        helper.make_node("Mul", ["mean", "share"], ["part"]),
        helper.make_node("ReduceSum", ["voice", "all"], ["v"], keepdims=1),
        helper.make_node("Add", ["part", "v"], ["rest"]),
        helper.make_node("Add", ["body", "rest"], ["mel_out"]),
    ]
    constants = [
        numbers("from", [WINDOW.left]),
        numbers("to", [WINDOW.left + WINDOW.body]),
        numbers("time", [1]),
        numbers("all", [1, 2]),
        numbers("share", [share], TensorProto.FLOAT),
    ]
    inputs = [value("mel", 1, WINDOW.frames, 80), value("voice", 1, 1, 4)]
    graph = helper.make_graph(nodes, "tiny", inputs, [value("mel_out", 1, WINDOW.body, 80)], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    text = description if isinstance(description, str) else (description or info()).to_json()
    helper.set_model_props(model, {METADATA_KEY: text})
    path.write_bytes(model.SerializeToString())
    return path


def expected(mels: np.ndarray, floor: float, share: float = 0.1) -> np.ndarray:
    """What the stage has to give, window by window, in plain sums."""
    heard = np.concatenate([np.full((WINDOW.left, 80), floor, np.float32), mels])
    out = np.zeros_like(mels)
    for start in range(0, len(heard) - WINDOW.frames + 1, WINDOW.step):
        window = heard[start : start + WINDOW.frames]
        body = window[WINDOW.left : WINDOW.left + WINDOW.body] + share * window.mean()
        weight = np.ones((WINDOW.body, 1), np.float32)
        if start:
            weight[:2, 0] = 0.25, 0.75
        weight[-2:, 0] = 0.75, 0.25
        out[start : start + WINDOW.body] += weight * body
    return out
