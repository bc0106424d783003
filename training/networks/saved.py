"""Networks from the checkpoints that training.train writes, by what the file itself says of them.

Reads safetensors only, so nothing in a checkpoint can run code.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import nn

from rtvc.errors import ModelError
from rtvc.mel import MelSpec
from training.networks.autoencoder import Autoencoder, AutoencoderConfig
from training.networks.digit_vae import DigitConfig, DigitVae
from training.networks.gan import GanConfig, GanConverter
from training.networks.timbre import Timbre, TimbreConfig

KEY = "rtvc"  # of the JSON in the file's metadata
NETWORK = "network"  # the part of a checkpoint that holds the network; others only help in training

Facts = dict[str, Any]


@dataclass(frozen=True)
class Saved:
    """One trained network, ready to use, and what was written beside its weights."""

    network: nn.Module
    system: str
    mel: MelSpec
    speakers: tuple[str, ...]
    facts: Facts

    @property
    def step(self) -> int:
        return int(self.facts["progress"]["step"])


def load_network(path: Path) -> Saved:
    try:
        facts, weights = _read(path)
        network = build_network(facts)
        network.load_state_dict(weights)
        mel, speakers = MelSpec(**facts["mel"]), tuple(facts["speakers"])
    except (OSError, SafetensorError, RuntimeError, ValueError, KeyError, TypeError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ModelError(f"{path} is no checkpoint that can be read ({reason}).") from None
    return Saved(network.eval(), facts["system"], mel, speakers, facts)


def _read(path: Path) -> tuple[Facts, dict[str, torch.Tensor]]:
    prefix = f"{NETWORK}/"
    with safe_open(path, framework="pt") as file:
        facts = json.loads((file.metadata() or {})[KEY])
        names = [name for name in file.keys() if name.startswith(prefix)]
        return facts, {name.removeprefix(prefix): file.get_tensor(name) for name in names}


def build_network(facts: Facts) -> nn.Module:
    """The network a checkpoint's facts describe, with fresh weights."""
    system, speakers = facts["system"], len(facts["speakers"])
    if system not in _BUILDERS:
        raise ValueError(f"its system '{system}' is not known here")
    return _BUILDERS[system](system, _tuples(facts["network"]), speakers, MelSpec(**facts["mel"]))


def _tuples(table: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(x) if isinstance(x, list) else x for name, x in table.items()}


def _autoencoder(system: str, network: dict[str, Any], speakers: int, mel: MelSpec) -> nn.Module:
    return Autoencoder(AutoencoderConfig(**network), speakers)


def _gan(system: str, network: dict[str, Any], speakers: int, mel: MelSpec) -> nn.Module:
    return GanConverter(GanConfig(**network))


def _digits(system: str, network: dict[str, Any], speakers: int, mel: MelSpec) -> nn.Module:
    return DigitVae(system, DigitConfig(**network), speakers)


def _timbre(system: str, network: dict[str, Any], speakers: int, mel: MelSpec) -> nn.Module:
    return Timbre(TimbreConfig(**network), speakers, mel)


_BUILDERS: dict[str, Callable[[str, dict[str, Any], int, MelSpec], nn.Module]] = {
    "autoencoder": _autoencoder,
    "gan": _gan,
    "digits-cnn": _digits,
    "digits-mlp": _digits,
    "timbre": _timbre,
}
