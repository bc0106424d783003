"""`timbre` as a one-frame step whose state tensors are named graph inputs and outputs, and its export."""

import copy
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from export.graph import to_graph
from export.licences import licence_of
from export.parity import PARITY_LIMIT, PARITY_STEPS
from export.step_layers import to_step_layers
from rtvc.errors import ModelError
from rtvc.level import NOMINAL_RMS
from rtvc.model_format import (
    FORMAT_VERSION,
    INSTRUMENT,
    NEXT_PREFIX,
    SIDE,
    STATE_PREFIX,
    STATEFUL,
    ModelInfo,
    PartialsShape,
)
from rtvc.runtime import StepModel
from training.networks.saved import Saved
from training.networks.timbre import SIDE_CHANNELS, Timbre

_PARTIALS_OUT, _MELS_OUT = "partials", "mel_out"


class TimbreStep(nn.Module):
    """Flat arguments for the exporter: inputs of shape (1, 1, width), then the states in order."""

    def __init__(self, network: Timbre) -> None:
        super().__init__()
        self.network = network
        self.state_names = list(network.initial_state())

    @property
    def inputs(self) -> dict[str, int]:
        return {SIDE: SIDE_CHANNELS, INSTRUMENT: self.network.instruments}

    @property
    def output(self) -> str:
        return _MELS_OUT if self.network.is_mel else _PARTIALS_OUT

    @property
    def states(self) -> dict[str, list[int]]:
        return {name: list(x.shape) for name, x in self.network.initial_state().items()}

    def forward(self, side: Tensor, instrument: Tensor, *state: Tensor) -> tuple[Tensor, ...]:
        named = dict(zip(self.state_names, state, strict=True))
        out, after = self.network(side, instrument[:, 0], named)
        return (out, *(after[name] for name in self.state_names))


def export_timbre(saved: Saved, path: Path) -> str:
    """Write the model file; returns a line that says what was made."""
    original = TimbreStep(_network(saved))
    live = copy.deepcopy(original.network)
    to_step_layers(live)
    step = TimbreStep(live)
    info = describe(saved, original, path.stem)
    example = (
        *(torch.zeros(1, 1, width) for width in step.inputs.values()),
        *step.network.initial_state().values(),
    )
    names = [*step.inputs, *(STATE_PREFIX + name for name in step.state_names)]
    graph = to_graph(step, example, names, [step.output, *(NEXT_PREFIX + n for n in step.state_names)], info)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(path.name + ".new")
    try:
        fresh.write_bytes(graph.SerializeToString())
        worst = checked(original, StepModel(fresh))
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
    size = path.stat().st_size / 1e6
    return f"{path.name}: {size:.2f} MB; over {PARITY_STEPS} steps within {worst:.1e} of the network"


def verify_timbre(saved: Saved, path: Path) -> str:
    worst = checked(TimbreStep(_network(saved)), StepModel(path))
    return f"{path.name}: over {PARITY_STEPS} steps within {worst:.1e} of the network"


def describe(saved: Saved, step: TimbreStep, name: str) -> ModelInfo:
    config, facts = step.network.config, saved.facts
    return ModelInfo(
        format_version=FORMAT_VERSION,
        name=name,
        system=saved.system,
        kind=STATEFUL,
        mel=saved.mel,
        lookahead=0,
        inputs=step.inputs,
        output=step.output,
        states=step.states,
        nominal_rms=NOMINAL_RMS,
        voices=list(facts["offered"]),
        licence=licence_of(facts["corpora"]),
        lineage=f"{', '.join(facts['corpora'])}; seed {facts['seed']}, {saved.step} steps",
        partials=None if step.network.is_mel else PartialsShape(config.harmonics, config.bands),
    )


@torch.no_grad()
def checked(step: TimbreStep, model: StepModel) -> float:
    """Worst difference between network and graph over many steps, the state carried."""
    random = np.random.default_rng(1)
    state, worst = list(step.network.initial_state().values()), 0.0
    for _ in range(PARITY_STEPS):
        side = np.array([random.uniform(4.4, 7.6), random.uniform(), random.uniform(-5.0, 1.5)], np.float32)
        instrument = np.eye(step.network.instruments, dtype=np.float32)[
            random.integers(step.network.instruments)
        ]
        given = {SIDE: side, INSTRUMENT: instrument}
        expected, *state = step(*(torch.from_numpy(x)[None, None] for x in given.values()), *state)
        worst = max(worst, float(np.abs(model.step(**given) - expected[0, 0].numpy()).max()))
    if not worst < PARITY_LIMIT:
        raise ModelError(
            f"The graph {model.info.name} differs from the network by {worst:.1e}; nothing was written."
        )
    return worst


def _network(saved: Saved) -> Timbre:
    assert isinstance(saved.network, Timbre)
    return saved.network
