"""Looks through a model file from elsewhere before anything runs it: size, operations, shapes, other files.

Reads the bytes itself: a graph that is malformed on purpose must not reach code that trusts it.
"""

from collections import Counter
from collections.abc import Iterator
from math import prod
from pathlib import Path

from rtvc.errors import ModelError
from rtvc.model_format import METADATA_KEY, ModelInfo
from rtvc.wire import Bytes, Value, fields, message, numbers, text

MOST_BYTES = 200_000_000
_MOST_NODES = 20_000
_MOST_FIELDS = 1_000_000  # some seconds of reading
_MOST_PORTS = 512  # inputs or outputs
_MOST_VALUES = 2_000_000  # in one input or output
_MOST_DESCRIPTION = 1_000_000  # bytes
_DOMAINS = ("", "ai.onnx")
_OPSETS = range(13, 26)

# Numbers in onnx.proto: of the fields that are looked at, and of the types a tensor may have.
_GRAPH, _OPSET, _METADATA, _TRAINING, _FUNCTIONS = 7, 8, 14, 20, 25
_NODE, _INITIALIZER, _INPUT, _OUTPUT, _SPARSE = 1, 5, 11, 12, 15
_OPERATION, _ATTRIBUTE, _DOMAIN = 4, 5, 7
_TENSOR_VALUE, _GRAPH_VALUE, _TENSORS, _GRAPHS, _SPARSE_VALUE, _SPARSES = 5, 6, 10, 11, 22, 23
_DIMS, _TYPE, _RAW, _EXTERNAL, _LOCATION = 1, 2, 9, 13, 14
_ITEM_BYTES = {1: 4, 2: 1, 3: 1, 6: 4, 7: 8, 9: 1, 10: 2}  # float, uint8, int8, int32, int64, bool, float16
_FLOAT = 1

# What networks are made of. Nothing that loops, branches, draws at random, or reads files.
_OPERATIONS = frozenset(
    """
    Abs Add AveragePool BatchNormalization Cast Ceil Clip Concat Constant ConstantOfShape Conv
    ConvTranspose Cos DequantizeLinear Div DynamicQuantizeLinear Elu Equal Erf Exp Expand Flatten
    Floor GRU Gather Gelu Gemm GlobalAveragePool Greater HardSigmoid Identity InstanceNormalization
    LSTM LayerNormalization LeakyRelu Less Log MatMul MatMulInteger Max MaxPool Min Mul Neg Not
    PRelu Pad Pow QuantizeLinear Range Reciprocal ReduceL2 ReduceMax ReduceMean ReduceMin ReduceSum
    Relu Reshape Round Shape Sigmoid Sin Slice Softmax Softplus Split Sqrt Squeeze Sub Sum Tanh Tile
    TopK Transpose Unsqueeze Where
    """.split()
)


def check_model(path: Path) -> ModelInfo:
    """What the file says of itself, when nothing in it is against the rules; a ModelError otherwise."""
    try:
        size = path.stat().st_size
        if not 0 < size <= MOST_BYTES:
            raise ModelError(f"It has {size} bytes, 1 to {MOST_BYTES} make sense.")
        return _Inspection().check(memoryview(path.read_bytes()))
    except OSError as error:
        raise ModelError(f"{path.name} can't be read ({error.strerror}).") from None
    except ModelError as error:
        raise ModelError(f"{path.name} cannot be used. {error}") from None


class _Inspection:
    """Of one file; ends when it has more parts than any model needs."""

    def __init__(self) -> None:
        self._left = _MOST_FIELDS

    def _fields(self, part: Bytes) -> Iterator[tuple[int, Value]]:
        for field in fields(part):
            self._left -= 1
            if self._left < 0:
                raise ModelError("It has more parts than any model needs.")
            yield field

    def check(self, content: Bytes) -> ModelInfo:
        graphs, described = 0, None
        for number, value in self._fields(content):
            if number in (_TRAINING, _FUNCTIONS):
                raise ModelError("It brings functions or training parts of its own.")
            if number == _OPSET:
                self._check_opset(message(value))
            elif number == _GRAPH:
                graphs += 1
                self._check_graph(message(value))
            elif number == _METADATA:
                described = self._description(message(value)) or described
        if graphs != 1:
            raise ModelError(f"It holds {graphs} graphs instead of one.")
        if described is None:
            raise ModelError("It does not describe itself as a model for this program.")
        return ModelInfo.from_json(described)

    def _check_opset(self, opset: Bytes) -> None:
        domain, version = "", 0
        for number, value in self._fields(opset):
            if number == 1:
                domain = text(value)
            elif number == 2:
                version = numbers(value)[0] if numbers(value) else 0
        if domain not in _DOMAINS or version not in _OPSETS:
            raise ModelError(
                f"It uses the operations '{domain}' of version {version}, which are not run here."
            )

    def _description(self, entry: Bytes) -> str | None:
        key = value = ""
        for number, content in self._fields(entry):
            if len(message(content)) > _MOST_DESCRIPTION:
                raise ModelError("Its description is longer than any could be.")
            if number == 1:
                key = text(content)
            elif number == 2:
                value = text(content)
        return value if key == METADATA_KEY else None

    def _check_graph(self, graph: Bytes) -> None:
        count: Counter[int] = Counter()
        for number, value in self._fields(graph):
            count[number] += 1
            if number == _NODE:
                self._check_node(message(value))
            elif number == _INITIALIZER:
                self._check_tensor(message(value))
            elif number in (_INPUT, _OUTPUT):
                self._check_port(message(value))
            elif number == _SPARSE:
                raise ModelError("It has sparse tensors, which are not run here.")
        if count[_NODE] > _MOST_NODES:
            raise ModelError(f"It has {count[_NODE]} operations, {_MOST_NODES} are the most.")
        if max(count[_INPUT], count[_OUTPUT]) > _MOST_PORTS:
            raise ModelError(f"It has more than {_MOST_PORTS} inputs or outputs.")

    def _check_node(self, node: Bytes) -> None:
        for number, value in self._fields(node):
            if number == _OPERATION and text(value) not in _OPERATIONS:
                raise ModelError(f"It uses the operation '{text(value)[:40]}', which is not run here.")
            if number == _DOMAIN and text(value) not in _DOMAINS:
                raise ModelError(f"It uses operations of '{text(value)[:40]}', which are not run here.")
            if number == _ATTRIBUTE:
                self._check_attribute(message(value))

    def _check_attribute(self, attribute: Bytes) -> None:
        for number, value in self._fields(attribute):
            if number in (_GRAPH_VALUE, _GRAPHS):
                raise ModelError("It has graphs within its graph.")
            if number in (_SPARSE_VALUE, _SPARSES):
                raise ModelError("It has sparse tensors, which are not run here.")
            if number in (_TENSOR_VALUE, _TENSORS):
                self._check_tensor(message(value))

    def _check_tensor(self, tensor: Bytes) -> None:
        """Everything it says it holds is here, and no more."""
        dims: list[int] = []
        kind, raw, typed = 0, None, 0
        for number, value in self._fields(tensor):
            if number == _DIMS:
                dims += numbers(value)
            elif number == _TYPE:
                kind = numbers(value)[-1] if numbers(value) else 0
            elif number == _RAW:
                raw = len(message(value))
            elif number == _EXTERNAL or (number == _LOCATION and numbers(value) != [0]):
                raise ModelError("Its weights are in another file; only models of one file are taken.")
            elif not isinstance(value, int):
                typed += len(value)
        if kind not in _ITEM_BYTES:
            raise ModelError(f"It has a tensor of type {kind}, which is not run here.")
        if len(dims) > 8 or any(not 0 <= size <= MOST_BYTES for size in dims):
            raise ModelError("It has a tensor of an impossible shape.")
        wanted = prod(dims) * _ITEM_BYTES[kind]
        # Numbers that are not raw may take fewer bytes than in memory, one each at least.
        if raw is not None and raw != wanted or raw is None and prod(dims) > max(typed, 1):
            raise ModelError("It has a tensor that is not as large as it says.")

    def _check_port(self, port: Bytes) -> None:
        """An input or output, ValueInfo.type.tensor_type.(elem_type, shape): floats, of a fixed size."""
        for number, kind in self._fields(port):
            if number != 2:
                continue
            for tensor_number, tensor in self._fields(message(kind)):
                if tensor_number != 1:
                    continue
                sizes: list[int] = []
                for part, value in self._fields(message(tensor)):
                    if part == 1 and value != _FLOAT:
                        raise ModelError("Its inputs and outputs are not all 32-bit floats.")
                    if part == 2:
                        sizes = self._sizes(message(value))
                if any(size < 1 for size in sizes) or prod(sizes) > _MOST_VALUES:
                    raise ModelError(f"It has an input or output of the shape {sizes}.")

    def _sizes(self, shape: Bytes) -> list[int]:
        """Of TensorShapeProto: every dimension has to have a number."""
        sizes = []
        for number, dimension in self._fields(shape):
            if number == 1:
                known = [numbers(value)[0] for part, value in self._fields(message(dimension)) if part == 1]
                sizes.append(known[0] if known else 0)
        return sizes
