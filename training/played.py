"""What a shipped instrument makes of a sound, by the chain that runs live."""

from typing import Any

import numpy as np

from rtvc.chain import build_chain
from rtvc.settings import DEFAULT_TIMBRE_MODEL, ChainSettings
from training.sound_measures import HOP, RATE

Row = dict[str, Any]
Sounds = dict[str, list[np.ndarray]]


def played(sound: np.ndarray, timbre: str, model: str = DEFAULT_TIMBRE_MODEL, **wanted: Any) -> np.ndarray:
    """A file's way through the chain: as long as it was, aligned."""
    chain = build_chain(ChainSettings(mode="timbre", timbre=timbre, model=model, **wanted), RATE, RATE)
    silence = np.zeros(int(chain.latency_samples) + HOP, np.float32)
    return chain.process(np.concatenate([sound.astype(np.float32), silence]))[: len(sound)]
