"""A digit decoder and encoder small enough to reason about: digit d is a bar of length word_length(d)."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper

from rtvc.latents import LatentMap
from rtvc.mel import MelSpec
from rtvc.model_format import METADATA_KEY, ImageShape, ModelInfo

SPEC = MelSpec(sample_rate=8000, n_fft=512, hop=128, n_mels=64, fmin=40.0, fmax=4000.0)
IMAGE = ImageShape(frames=64, low=-8.0, high=1.0)
SPEAKERS = ["george", "theo"]
LATENT = 4
# Theo's latents lie where his digits are a little brighter; two directions matter, the first twice as much.
LATENTS = LatentMap(
    means=[[[0.0] * LATENT] * 10, [[1.0] * LATENT] * 10],
    directions=[[[2.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0]]] * 10,
)


def word_length(digit: int) -> int:
    """Frames that the decoder lights up."""
    return 10 + 3 * digit


def write_pair(folder: Path, name: str = "digits-cnn") -> Path:
    """A user's folder with the decoder and the encoder that goes with it; returns the decoder's path."""
    for place in ("models", "encoders"):
        (folder / place).mkdir(parents=True, exist_ok=True)
    write_encoder(folder / "encoders" / f"{name}.onnx", name)
    return write_decoder(folder / "models" / f"{name}.onnx", name)


def write_decoder(path: Path, name: str = "digits-cnn", latents: LatentMap | None = LATENTS) -> Path:
    """The bar is brighter or darker by the sum of the latent."""
    bars = np.zeros((10, 64, 64), np.float32)
    for digit in range(10):
        bars[digit, 10:30, : word_length(digit)] = 0.8
    nodes = [
        helper.make_node("MatMul", ["digit", "bars"], ["flat"]),
        helper.make_node("ReduceSum", ["latent"], ["total"], keepdims=0),
        helper.make_node("Mul", ["total", "little"], ["change"]),
        helper.make_node("ReduceSum", ["speaker"], ["one"], keepdims=0),
        helper.make_node("Add", ["change", "one"], ["bright"]),
        helper.make_node("Mul", ["flat", "bright"], ["lit"]),
        helper.make_node("Reshape", ["lit", "shape"], ["image"]),
    ]
    constants = [
        helper.make_tensor("bars", TensorProto.FLOAT, [10, 4096], bars.reshape(10, -1).ravel()),
        helper.make_tensor("little", TensorProto.FLOAT, [], [0.02]),
        helper.make_tensor("shape", TensorProto.INT64, [3], [1, 64, 64]),
    ]
    inputs = [_value("latent", 1, 1, LATENT), _value("digit", 1, 1, 10), _value("speaker", 1, 1, 2)]
    graph = helper.make_graph(nodes, "digits", inputs, [_value("image", 1, 64, 64)], constants)
    widths = {"latent": LATENT, "digit": 10, "speaker": 2}
    info = ModelInfo(
        3, name, "digits-cnn", "digit-decoder", SPEC, 0, widths, "image", {}, 0.05, SPEAKERS, "MIT", "none",
        image=IMAGE, latents=latents,
    )  # fmt: skip
    return _save(graph, info, path)


def write_encoder(path: Path, name: str = "digits-cnn") -> Path:
    """Whatever the image, the middle of the latent space, and quite sure of it."""
    nodes = [
        helper.make_node("ReduceSum", ["image"], ["i"], keepdims=0),
        helper.make_node("ReduceSum", ["digit"], ["d"], keepdims=0),
        helper.make_node("ReduceSum", ["speaker"], ["s"], keepdims=0),
        helper.make_node("Sum", ["i", "d", "s"], ["all"]),
        helper.make_node("Mul", ["all", "nothing"], ["posterior"]),
    ]
    nothing = helper.make_tensor("nothing", TensorProto.FLOAT, [1, 1, 2 * LATENT], [0.0] * 2 * LATENT)
    inputs = [_value("image", 1, 64, 64), _value("digit", 1, 1, 10), _value("speaker", 1, 1, 2)]
    graph = helper.make_graph(nodes, "digits", inputs, [_value("posterior", 1, 1, 2 * LATENT)], [nothing])
    widths = {"image": 64, "digit": 10, "speaker": 2}
    info = ModelInfo(
        3, name, "digits-cnn", "digit-encoder", SPEC, 0, widths, "posterior", {}, 0.05, SPEAKERS, "MIT",
        "none", image=IMAGE,
    )  # fmt: skip
    return _save(graph, info, path)


def _value(name: str, *shape: int) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def _save(graph: onnx.GraphProto, info: ModelInfo, path: Path) -> Path:
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    helper.set_model_props(model, {METADATA_KEY: info.to_json()})
    onnx.save(model, path)
    return path
