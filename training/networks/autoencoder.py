"""The `autoencoder` system: a bidirectional LSTM hears what is said, another encoder who says it."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from training.networks.stream import VOICE_SIZE, SpeakerEncoder


@dataclass(frozen=True)
class AutoencoderConfig:
    n_mels: int = 80
    content_channels: int = 128
    content_hidden: int = 64  # of each direction
    content_width: int = 16  # narrow, so that the voice does not fit through
    content_noise: float = 0.0  # put on it in training, for the same reason; the content is within -1..1
    decoder_hidden: int = 256
    decoder_layers: int = 2


def scaled(mel: Tensor) -> Tensor:
    """Natural-log mels of levelled speech to about -2..2."""
    return (mel + 5.0) * 0.4


class ContentEncoder(nn.Module):
    """Convolutions whose instance norm takes the voice's average colour away, then the LSTM."""

    def __init__(self, config: AutoencoderConfig) -> None:
        super().__init__()
        widths = (config.n_mels, config.content_channels, config.content_channels)
        self.convs = nn.ModuleList(
            nn.Conv1d(a, b, 5, padding=2) for a, b in zip(widths[:-1], widths[1:], strict=True)
        )
        self.norm = nn.InstanceNorm1d(config.content_channels)
        self.lstm = nn.LSTM(
            config.content_channels, config.content_hidden, batch_first=True, bidirectional=True
        )
        self.leave = nn.Linear(2 * config.content_hidden, config.content_width)

    def forward(self, mel: Tensor) -> Tensor:
        """mel (batch, time, n_mels) to content (batch, time, content_width)."""
        x = scaled(mel).transpose(1, 2)
        for conv in self.convs:
            x = torch.relu(self.norm(conv(x)))
        hidden, _ = self.lstm(x.transpose(1, 2))
        return torch.tanh(self.leave(hidden))


class Decoder(nn.Module):
    def __init__(self, config: AutoencoderConfig) -> None:
        super().__init__()
        self.lstm = nn.LSTM(
            config.content_width + VOICE_SIZE,
            config.decoder_hidden,
            config.decoder_layers,
            batch_first=True,
        )
        self.leave = nn.Linear(config.decoder_hidden, config.n_mels)

    def forward(self, content: Tensor, voice: Tensor) -> Tensor:
        """content (batch, time, content_width), voice (batch, VOICE_SIZE) to mels."""
        spread = voice.unsqueeze(1).expand(-1, content.shape[1], -1)
        hidden, _ = self.lstm(torch.cat([content, spread], dim=-1))
        return self.leave(hidden) * 2.5 - 5.0


class Autoencoder(nn.Module):
    """`speakers` voices are kept beside the weights, each the mean over the speaker's clips."""

    def __init__(self, config: AutoencoderConfig, speakers: int) -> None:
        super().__init__()
        self.config = config
        self.content_encoder = ContentEncoder(config)
        self.speaker_encoder = SpeakerEncoder(config.n_mels)
        self.decoder = Decoder(config)
        self.voices: Tensor
        self.register_buffer("voices", torch.zeros(speakers, VOICE_SIZE))

    def forward(self, heard: Tensor, reference: Tensor, said: Tensor) -> tuple[Tensor, ...]:
        """Mels (batch, time, n_mels): what is heard, another clip of who said it, how it was said in truth.

        Returns the mels as that speaker says them, the content heard, the content of them in another voice,
        and the content of the truth.
        """
        content = self.content_encoder(heard)
        voice = self.speaker_encoder(reference)
        told = content
        if self.training and self.config.content_noise:
            told = content + self.config.content_noise * torch.randn_like(content)
        other = self.decoder(told, voice.roll(1, dims=0))
        return self.decoder(told, voice), content, self.content_encoder(other), self.content_encoder(said)

    def convert(self, mel: Tensor, voice: Tensor) -> Tensor:
        """mel (batch, time, n_mels) as said by voice (batch, VOICE_SIZE)."""
        return self.decoder(self.content_encoder(mel), voice)
