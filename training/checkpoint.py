"""Checkpoints as safetensors: weights, optimisers and counters in one file, replaced in one move.

Nothing is pickled. A tensor's name is `part/name`; what is no tensor is JSON in the file's metadata.
"""

import json
import os
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from rtvc.errors import ModelError
from training.networks.saved import KEY

LAST, BEST = "last.safetensors", "best.safetensors"

Tensors = dict[str, Tensor]


def write(path: Path, parts: dict[str, Tensors], facts: dict[str, Any]) -> None:
    """Beside, onto the disk, then renamed: a kill at any moment leaves the old file or the new one."""
    flat = {
        f"{part}/{name}": x.detach().cpu().contiguous()
        for part, xs in parts.items()
        for name, x in xs.items()
    }
    fresh = path.with_name(path.name + ".new")
    save_file(flat, fresh, metadata={KEY: json.dumps(facts)})
    with fresh.open("rb+") as file:
        os.fsync(file.fileno())
    fresh.replace(path)


def read(path: Path) -> tuple[dict[str, Tensors], dict[str, Any]]:
    parts: dict[str, Tensors] = {}
    try:
        with safe_open(path, framework="pt") as file:
            for name in file.keys():
                part, _, rest = name.partition("/")
                parts.setdefault(part, {})[rest] = file.get_tensor(name)
            facts = json.loads((file.metadata() or {})[KEY])
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise ModelError(
            f"The checkpoint {path} can't be read ({reason}); remove it to start again, or put a copy back."
        ) from None
    return parts, facts


def optimiser_tensors(optimiser: torch.optim.Optimizer) -> Tensors:
    state = optimiser.state_dict()["state"]
    return {f"{index}/{name}": x for index, entry in state.items() for name, x in entry.items()}


def optimiser_facts(optimiser: torch.optim.Optimizer) -> list[dict[str, Any]]:
    groups: list[dict[str, Any]] = optimiser.state_dict()["param_groups"]
    return groups


def restore_optimiser(
    optimiser: torch.optim.Optimizer, tensors: Tensors, groups: list[dict[str, Any]]
) -> None:
    state: dict[int, Tensors] = {}
    for name, x in tensors.items():
        index, _, key = name.partition("/")
        state.setdefault(int(index), {})[key] = x
    optimiser.load_state_dict({"state": state, "param_groups": groups})


def load_into(modules: dict[str, torch.nn.Module], parts: dict[str, Tensors], path: Path) -> None:
    """Weights of the parts by name; they have to fit exactly."""
    try:
        for name, module in modules.items():
            module.load_state_dict(parts.get(name, {}))
    except RuntimeError as error:
        reason = str(error).splitlines()[0]
        raise ModelError(f"The checkpoint {path} does not fit the configuration ({reason})") from None
