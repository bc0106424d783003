"""Model files damaged at random, and made hostile on purpose."""

import copy
import random
from collections.abc import Iterator

import onnx
from onnx import TensorProto, helper


def mutants(original: bytes, count: int, seed: int = 0) -> Iterator[bytes]:
    """Bits flipped, bytes drawn anew, stretches cut, doubled or moved, the end lost."""
    chance = random.Random(seed)
    for _ in range(count):
        yield _mutated(bytearray(original), chance)


def _mutated(data: bytearray, chance: random.Random) -> bytes:
    for _ in range(chance.choice((1, 1, 2, 5, 20))):
        at = chance.randrange(len(data))
        length = min(len(data) - at, int(2 ** chance.uniform(0, 9)))
        kind = chance.randrange(6)
        if kind == 0:
            data[at] ^= 1 << chance.randrange(8)
        elif kind == 1:
            data[at] = chance.choice((0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)))
        elif kind == 2:
            del data[at : at + length]
        elif kind == 3:
            data[at:at] = data[at : at + length]
        elif kind == 4:
            data[at : at + length] = chance.randbytes(length)
        else:
            del data[chance.randrange(len(data)) :]
        if not data:
            data = bytearray(b"\0")
    return bytes(data)


def hostile(original: onnx.ModelProto) -> dict[str, tuple[onnx.ModelProto, str]]:
    """By name: a model, and what its refusal says."""

    def changed() -> onnx.ModelProto:
        return copy.deepcopy(original)

    external = changed()
    weights = external.graph.initializer[0]
    weights.data_location = TensorProto.EXTERNAL
    weights.external_data.add(key="location", value="/etc/passwd")

    loops = changed()
    body = helper.make_graph([], "body", [], [])
    loops.graph.node.add(op_type="Loop").attribute.append(helper.make_attribute("body", body))

    within = changed()
    within.graph.node.add(op_type="Identity").attribute.append(helper.make_attribute("body", body))

    custom = changed()
    custom.graph.node[0].domain = "evil.example"

    functions = changed()
    functions.functions.add(name="f", domain="evil.example")

    domain = changed()
    domain.opset_import.append(helper.make_opsetid("com.example", 1))

    swollen = changed()
    swollen.graph.initializer.add(name="big", data_type=1, dims=[100_000, 1_000], raw_data=b"1234")

    dynamic = changed()
    dynamic.graph.input[0].type.tensor_type.shape.dim[0].Clear()

    huge = changed()
    huge.graph.input[0].type.tensor_type.shape.dim[2].dim_value = 2**40

    whole = changed()
    whole.graph.input[0].type.tensor_type.elem_type = TensorProto.INT64

    deep = changed()
    helper.set_model_props(deep, {"rtvc": "[" * 100_000})

    twice = changed()
    text = twice.SerializeToString()
    return {
        "external": (external, "only models of one file"),
        "loops": (loops, "operation 'Loop'"),
        "within": (within, "graphs within"),
        "custom": (custom, "operations of 'evil.example'"),
        "functions": (functions, "functions"),
        "domain": (domain, "'com.example' of version 1"),
        "swollen": (swollen, "not as large as it says"),
        "dynamic": (dynamic, "of the shape"),
        "huge": (huge, "of the shape"),
        "whole": (whole, "32-bit floats"),
        "deep": (deep, "no JSON"),
        "described": (onnx.ModelProto.FromString(text.replace(b'"n_mels": 80', b'"n_mels": 8e')), "no JSON"),
    }


def hungry(original: onnx.ModelProto) -> onnx.ModelProto:
    """Within the rules, but it wants eight gigabytes when it is run, or loaded."""
    model = copy.deepcopy(original)
    shape = helper.make_tensor("much", TensorProto.INT64, [2], [50_000, 40_000])
    model.graph.initializer.append(shape)
    output = model.graph.node[-1].output[0]
    model.graph.node[-1].output[0] = "first"
    model.graph.node.extend(
        [
            helper.make_node("ReduceSum", ["first"], ["one"], keepdims=0),
            helper.make_node("Expand", ["one", "much"], ["vast"]),
            helper.make_node("ReduceMean", ["vast"], ["small"], keepdims=0),
            helper.make_node("Add", ["first", "small"], [output]),
        ]
    )
    return model
