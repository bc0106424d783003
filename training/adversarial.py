"""Sharpening by a critic: the hinge game, and features that have to match where the truth is known."""

import torch
from torch import Tensor
from torch.nn import functional

from training.networks.critic import MelCritic

Made = list[tuple[Tensor, Tensor]]  # mels, and the speakers they claim to be


def critic_loss(critic: MelCritic, real: Tensor, made: Made, speaker: Tensor) -> Tensor:
    loss = functional.relu(1.0 - critic(real, speaker)[0]).mean()
    for mel, claimed in made:
        loss = loss + functional.relu(1.0 + critic(mel.detach(), claimed)[0]).mean() / len(made)
    return loss


def fooling_loss(critic: MelCritic, made: Made) -> Tensor:
    return torch.stack([-critic(mel, claimed)[0].mean() for mel, claimed in made]).mean()


def feature_distance(critic: MelCritic, made: Tensor, real: Tensor, speaker: Tensor) -> Tensor:
    """How differently the critic's layers see the two, each layer by its own scale."""
    with torch.no_grad():
        wanted = critic(real, speaker)[1]
    seen = critic(made, speaker)[1]
    pairs = zip(seen, wanted, strict=True)
    return torch.stack([(a - b).abs().mean() / b.abs().mean().clamp(min=1e-3) for a, b in pairs]).mean()
