"""Which systems `training.train` knows, by the name their configurations use."""

from pathlib import Path

import torch

from rtvc.errors import UsageError
from training.cache import FeatureCache
from training.config import RunConfig
from training.systems.autoencoder import AutoencoderSystem
from training.systems.base import System
from training.systems.digits import DigitSystem
from training.systems.gan import GanSystem
from training.systems.timbre import TimbreSystem

SYSTEMS: dict[str, type[System]] = {
    "autoencoder": AutoencoderSystem,
    "gan": GanSystem,
    "digits-cnn": DigitSystem,
    "digits-mlp": DigitSystem,
    "timbre": TimbreSystem,
}


def make_system(config: RunConfig) -> System:
    if config.system not in SYSTEMS:
        known = ", ".join(SYSTEMS)
        raise UsageError(f"There is no system '{config.system}' to train here; choose one of {known}.")
    folder = config.data.get("cache")
    if not isinstance(folder, str):
        raise UsageError("The configuration has no data.cache.")
    torch.manual_seed(config.seed)  # the first weights are part of the run
    return SYSTEMS[config.system](config, FeatureCache(Path(folder)))
