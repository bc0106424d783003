"""`autoencoder`, `gan` and the digit models as graphs without memory: everything goes in at once."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from rtvc.latents import LatentMap
from rtvc.model_format import (
    DIGIT_DECODER,
    DIGIT_ENCODER,
    IMAGE,
    MEL,
    VOICE,
    WINDOWED,
    ImageShape,
    WindowShape,
)
from training.networks.autoencoder import Autoencoder
from training.networks.digit_vae import DIGITS, DigitVae
from training.networks.gan import GanConverter
from training.networks.saved import Saved
from training.networks.stream import VOICE_SIZE

_ENCODERS = "encoders"
# The autoencoder's instance norm wants a second of speech to tell voice from word.
_AUTOENCODER_WINDOW = WindowShape(left=80, step=6, fade=2, right=8)
# As long as the crops the gan is trained on, whose statistics its norms expect; a multiple of FRAME_MULTIPLE.
_GAN_WINDOW = WindowShape(left=112, step=6, fade=2, right=8)


@dataclass(frozen=True)
class Block:
    """One graph to export, as the engine will see it."""

    module: nn.Module  # its arguments are the inputs in order, (1, 1, width), a window or an image
    kind: str
    inputs: dict[str, int]
    output: str
    folder: str = ""  # beside that of the models, where a graph has to be found by another one's name
    window: WindowShape | None = None
    image: ImageShape | None = None
    latents: LatentMap | None = None


class _AutoencoderWindow(nn.Module):
    def __init__(self, network: Autoencoder, window: WindowShape) -> None:
        super().__init__()
        self.network, self.window = network, window

    def forward(self, mel: Tensor, voice: Tensor) -> Tensor:
        return _body(self.network.convert(mel, voice[:, 0]), self.window)


class _GanWindow(nn.Module):
    def __init__(self, network: GanConverter, window: WindowShape) -> None:
        super().__init__()
        self.network, self.window = network, window

    def forward(self, mel: Tensor) -> Tensor:
        return _body(self.network.convert(mel), self.window)


def _latents(network: DigitVae) -> LatentMap:
    """Rounded: five digits say it, and the file stays small."""

    def rounded(numbers: Tensor) -> list[list[list[float]]]:
        return [[[float(f"{x:.5g}") for x in row] for row in table] for table in numbers.tolist()]

    return LatentMap(rounded(network.means), rounded(network.drawn_directions))


def _body(mel: Tensor, window: WindowShape) -> Tensor:
    return mel[:, window.left : window.left + window.body]


class _DigitEncoder(nn.Module):
    def __init__(self, network: DigitVae) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor, digit: Tensor, speaker: Tensor) -> Tensor:
        """Mean and log-variance side by side, (1, 1, 2 * latent)."""
        return torch.cat(self.network.encode(image, digit[:, 0], speaker[:, 0]), dim=-1).unsqueeze(1)


class _DigitDecoder(nn.Module):
    def __init__(self, network: DigitVae) -> None:
        super().__init__()
        self.network = network

    def forward(self, latent: Tensor, digit: Tensor, speaker: Tensor) -> Tensor:
        return self.network.decode(latent[:, 0], digit[:, 0], speaker[:, 0])


def blocks_of(saved: Saved) -> list[Block]:
    network: Any = saved.network
    if isinstance(network, Autoencoder):
        inputs = {MEL: saved.mel.n_mels, VOICE: VOICE_SIZE}
        module: nn.Module = _AutoencoderWindow(network, _AUTOENCODER_WINDOW)
        return [Block(module, WINDOWED, inputs, "mel_out", window=_AUTOENCODER_WINDOW)]
    if isinstance(network, GanConverter):
        module = _GanWindow(network, _GAN_WINDOW)
        return [Block(module, WINDOWED, {MEL: saved.mel.n_mels}, "mel_out", window=_GAN_WINDOW)]
    return _digit_blocks(saved, network)


def _digit_blocks(saved: Saved, network: DigitVae) -> list[Block]:
    image = ImageShape(network.config.frames, saved.facts["low"], saved.facts["high"])
    told = {"digit": DIGITS, "speaker": len(saved.speakers)}
    into = {"latent": network.config.latent} | told
    back = {IMAGE: saved.mel.n_mels} | told
    return [
        Block(_DigitDecoder(network), DIGIT_DECODER, into, IMAGE, image=image, latents=_latents(network)),
        Block(_DigitEncoder(network), DIGIT_ENCODER, back, "posterior", _ENCODERS, image=image),
    ]
