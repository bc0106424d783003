"""Runs exported models. The only file that knows onnxruntime; it knows nothing of audio."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from rtvc.errors import ModelError
from rtvc.model_format import METADATA_KEY, NEXT_PREFIX, STATE_PREFIX, STATEFUL, ModelInfo

Float = NDArray[np.float32]

_SESSIONS_KEPT = 8

# Errors come back as exceptions; onnxruntime's own log lines would land on the user's screen.
onnxruntime.set_default_logger_severity(4)


def _session(path: Path) -> Any:
    options = onnxruntime.SessionOptions()
    # One frame at a time is too little work to share: more threads cost more than they bring.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        # Without the fallback, which prints to standard output and tries the same again.
        return onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"], enable_fallback=0
        )
    except Exception as error:  # onnxruntime raises a dozen types of its own
        reason = str(error).splitlines()[0]
        raise ModelError(f"{path.name} is not a model that can be run ({reason}).") from None


def _check_graph(info: ModelInfo, session: Any) -> None:
    """The description and the graph must say the same."""
    expected = info.input_shapes()
    expected |= {STATE_PREFIX + name: shape for name, shape in info.states.items()}
    found = {x.name: list(x.shape) for x in session.get_inputs()}
    if found != expected:
        differing = sorted(set(found) ^ set(expected)) or [n for n in found if found[n] != expected[n]]
        raise ModelError(f"Its graph and its description differ in the inputs {', '.join(differing)}.")
    outputs = {x.name for x in session.get_outputs()}
    if outputs != {info.output} | {NEXT_PREFIX + name for name in info.states}:
        raise ModelError("Its graph and its description differ in the outputs.")
    shape = next(list(x.shape) for x in session.get_outputs() if x.name == info.output)
    if info.output_shape() not in (None, shape):
        raise ModelError(f"Its graph and its description differ in the shape of {info.output}.")
    if any(x.type != "tensor(float)" for x in session.get_inputs() + session.get_outputs()):
        raise ModelError("Its inputs and outputs are not all 32-bit floats.")


def _open(path: Path) -> tuple[Any, ModelInfo]:
    """A session and what the file says of itself, checked against each other."""
    if not path.is_file():
        raise ModelError(f"There is no model file {path}.")
    file = path.stat()
    return _opened(path, file.st_mtime_ns, file.st_size)


@lru_cache(maxsize=_SESSIONS_KEPT)
def _opened(path: Path, changed: int, size: int) -> tuple[Any, ModelInfo]:
    """Of a file as it is now. Models share a session, which keeps no state.

    To make one takes 40 ms; to let go of one keeps the interpreter's lock for as long as a hop lasts.
    """
    session = _session(path)
    metadata = session.get_modelmeta().custom_metadata_map
    if METADATA_KEY not in metadata:
        raise ModelError(f"{path.name} does not describe itself as a model for this program.")
    try:
        info = ModelInfo.from_json(metadata[METADATA_KEY])
        _check_graph(info, session)
    except ModelError as error:
        raise ModelError(f"{path.name} cannot be used. {error}") from None
    return session, info


def load_model(path: Path) -> "StepModel | BlockModel":
    """A model of any kind."""
    session, info = _open(path)
    return StepModel(path, (session, info)) if info.kind == STATEFUL else BlockModel(path, (session, info))


class BlockModel:
    """A model without memory: everything it needs goes in at once."""

    def __init__(self, path: Path, opened: tuple[Any, ModelInfo] | None = None) -> None:
        self._session, self.info = opened or _open(path)
        if self.info.kind == STATEFUL:
            raise ModelError(f"{path.name} keeps a state from step to step and cannot be run on blocks.")
        self._shapes = self.info.input_shapes()

    @property
    def provider(self) -> str:
        """What the session really runs on."""
        return str(self._session.get_providers()[0])

    def run(self, **inputs: Float) -> Float:
        """All inputs without the leading 1 of a batch, those of one frame as (width,)."""
        feeds = {n: np.ascontiguousarray(x, np.float32).reshape(self._shapes[n]) for n, x in inputs.items()}
        output: Float = self._session.run([self.info.output], feeds)[0][0]
        return output


class StepModel:
    """A stateful model: one frame per step, state carried from step to step.

    Two sets of state buffers, bound once: a step reads one and writes the other, and the next step
    goes the other way. Nothing is allocated while it runs.
    """

    def __init__(self, path: Path, opened: tuple[Any, ModelInfo] | None = None) -> None:
        self._session, self.info = opened or _open(path)
        if self.info.kind != STATEFUL:
            raise ModelError(f"{path.name} is a {self.info.kind} model and cannot be run step by step.")
        self._inputs = {n: np.zeros(shape, np.float32) for n, shape in self.info.input_shapes().items()}
        self._states = [self.initial_state(), self.initial_state()]
        shape = self._session.get_outputs()[0].shape
        self._output: Float = np.zeros(shape, np.float32)
        self._bindings = [self._bind(0, 1), self._bind(1, 0)]
        self._turn = 0

    @property
    def provider(self) -> str:
        """What the session really runs on; the list of available providers is no evidence."""
        return str(self._session.get_providers()[0])

    def initial_state(self) -> dict[str, Float]:
        return {name: np.zeros(shape, np.float32) for name, shape in self.info.states.items()}

    def reset(self) -> None:
        for buffers in self._states:
            for state in buffers.values():
                state.fill(0.0)

    def step(self, **frame: Float) -> Float:
        """One frame of each input, shape (width,); returns the output frame, overwritten by the next step."""
        self.hold(**frame)
        self._session.run_with_iobinding(self._bindings[self._turn])
        self._turn = 1 - self._turn
        frame_out: Float = self._output[0, 0]
        return frame_out

    def hold(self, **inputs: Float) -> None:
        """Inputs for the next step and all after it, until they are given anew."""
        for name, value in inputs.items():
            self._inputs[name][0] = value

    def _bind(self, source: int, destination: int) -> Any:
        binding = self._session.io_binding()
        for name, array in self._inputs.items():
            _bind_array(binding.bind_input, name, array)
        for name, array in self._states[source].items():
            _bind_array(binding.bind_input, STATE_PREFIX + name, array)
        for name, array in self._states[destination].items():
            _bind_array(binding.bind_output, NEXT_PREFIX + name, array)
        _bind_array(binding.bind_output, self.info.output, self._output)
        return binding


def _bind_array(bind: Any, name: str, array: Float) -> None:
    bind(name, "cpu", 0, np.float32, array.shape, array.ctypes.data)
