"""Stores matrices as 8-bit integers: a quarter of the bytes to read per step, which is what a step costs.

Weights use seven of the eight bits. Processors without VNNI add pairs of products in 16 bits, where
full-range weights overflow and the model speaks noise.
"""

import logging
from pathlib import Path

import onnx
from onnxruntime.quantization import QuantType, quantize_dynamic


def quantise(model: onnx.ModelProto, destination: Path) -> None:
    """Write the model with integer matrices; inputs are quantised as they come, per step."""
    bare = onnx.ModelProto()
    bare.CopyFrom(model)
    del bare.graph.value_info[:]  # shapes the exporter noted before it folded constants
    advice = logging.getLogger()
    level = advice.level
    advice.setLevel(logging.ERROR)  # it recommends a preprocessing that the exporter has done
    try:
        quantize_dynamic(
            bare,
            destination,
            op_types_to_quantize=["MatMul"],
            per_channel=True,
            reduce_range=True,
            weight_type=QuantType.QInt8,
        )
    finally:
        advice.setLevel(level)
