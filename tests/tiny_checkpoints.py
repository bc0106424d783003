"""Runs as training.train leaves them, of small networks with random weights."""

import dataclasses

import torch

from training import checkpoint
from training.checkpoint import BEST
from training.front_ends import FRONT_ENDS
from training.networks.autoencoder import AutoencoderConfig
from training.networks.digit_vae import DigitConfig
from training.networks.gan import GanConfig
from training.networks.saved import NETWORK, build_network

PERSON = {"gender": "F", "corpus": "vctk", "median_log_f0": 5.2}
SHAPES = {
    "autoencoder": AutoencoderConfig(
        content_channels=12, content_hidden=6, content_width=4, decoder_hidden=16
    ),
    "gan": GanConfig(widths=(8, 8, 12, 16), residual_blocks=1),
    "digits-cnn": DigitConfig(latent=4, channels=(4, 6, 8)),
    "digits-mlp": DigitConfig(latent=4, hidden=(24, 12)),
}
OWN_FACTS = {
    "autoencoder": {"speakers": ["p225", "p230"], "people": {"p225": PERSON, "p230": PERSON}},
    "gan": {"speakers": ["TM1"], "source": "SF1"},
    "digits-cnn": {"speakers": ["george", "theo"], "low": -8.0, "high": 1.0},
    "digits-mlp": {"speakers": ["george", "theo"], "low": -8.0, "high": 1.0},
}


def write_run(folder, system):
    """A run as training.train leaves it, of a small network with random weights."""
    folder.mkdir()
    spec = FRONT_ENDS["digits8k" if system.startswith("digits") else "voice"]
    facts = {
        "system": system,
        "seed": 7,
        "network": dataclasses.asdict(SHAPES[system]),
        "mel": dataclasses.asdict(spec),
        "corpora": ["fsdd" if system.startswith("digits") else "vctk"],
        "progress": {"step": 41},
        **OWN_FACTS[system],
    }
    torch.manual_seed(2)
    network = build_network(facts)
    for name, buffer in network.named_buffers():
        if name == "voices":
            buffer.copy_(torch.nn.functional.normalize(torch.randn_like(buffer), dim=-1))
    checkpoint.write(folder / BEST, {NETWORK: network.state_dict()}, facts)
    return folder
