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


def persuasion(critic: MelCritic, made: Made, real: Tensor, speaker: Tensor) -> tuple[Tensor, Tensor]:
    """How far the critic is from believing what was made, and how differently its layers see the first of
    it, which has a truth, and that truth, each layer by its own scale."""
    with torch.no_grad():
        wanted = critic(real, speaker)[1]
    verdicts, seen = zip(*(critic(mel, claimed) for mel, claimed in made), strict=True)
    fooling = -torch.stack([verdict.mean() for verdict in verdicts]).mean()
    pairs = zip(seen[0], wanted, strict=True)
    feature = [(a - b).abs().mean() / b.abs().mean().clamp(min=1e-3) for a, b in pairs]
    return fooling, torch.stack(feature).mean()
