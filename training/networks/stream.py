"""The `stream` system: a causal content encoder, a decoder steered by pitch and voice, a speaker encoder."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from rtvc.formants import cepstral_basis
from rtvc.mel import MelSpec, hann, log_mel
from training.networks.causal import Delay, RunningMean, Stack, State

AVERAGE = "average.safetensors"  # in a run's folder: the weights that ship, averaged over the last steps
MADE_FROM = "made_from_step"  # in the folder of its voices: the step of the weights they belong to
VOICE_SIZE = 128
TEMPLATE_RANGE_HZ = (50.0, 1000.0)
TEMPLATE_ROWS = 160
SIDE_CHANNELS = 3  # log f0, voicing, log energy


@dataclass(frozen=True)
class StreamConfig:
    content_channels: int = 152
    content_width: int = 48
    decoder_channels: int = 176
    cepstra: int = 24
    lookahead: int = 2
    kernel: int = 5
    content_dilations: tuple[int, ...] = (1, 1, 2, 2, 4, 4)
    decoder_dilations: tuple[int, ...] = (1, 2, 4, 1, 2, 4)


def harmonic_templates(
    spec: MelSpec, range_hz: tuple[float, float] = TEMPLATE_RANGE_HZ, rows_in_all: int = TEMPLATE_ROWS
) -> Tensor:
    """Log-mels of impulse trains from low to high, (rows_in_all, n_mels), roughly within -3..3."""
    low, high = np.log(range_hz)
    time = np.arange(spec.n_fft) / spec.sample_rate
    rows = []
    for f0 in np.exp(np.linspace(low, high, rows_in_all)):
        harmonics = f0 * np.arange(1, int(spec.fmax / f0) + 1)
        shifts = np.arange(8)[:, None] / (8 * f0)  # the frame may start anywhere in a period
        train = np.cos(2 * np.pi * harmonics[None, None] * (time[None, :, None] + shifts[..., None])).sum(-1)
        spectra = np.abs(np.fft.rfft(train * hann(spec.n_fft), axis=1)).mean(axis=0, keepdims=True)
        rows.append(log_mel(spectra.astype(np.float32), spec)[0])
    table = np.stack(rows)
    return torch.tensor((table - table.mean()) / 2.0, dtype=torch.float32)


class ContentEncoder(nn.Module):
    """What is said: envelope cepstra against their sliding mean, through a narrow bottleneck."""

    def __init__(self, config: StreamConfig, n_mels: int) -> None:
        super().__init__()
        basis = torch.tensor(cepstral_basis(n_mels, config.cepstra), dtype=torch.float32)
        self.register_buffer("basis", basis, persistent=False)
        self.mean = RunningMean(config.cepstra, memory_frames=350.0, prior_frames=20.0)
        self.enter = nn.Linear(config.cepstra + 1, config.content_channels)
        self.stack = Stack(
            config.content_channels, config.kernel, list(config.content_dilations), config.lookahead
        )
        self.leave = nn.Linear(config.content_channels, config.content_width)
        self.norm = nn.LayerNorm(config.content_width, elementwise_affine=False)

    def initial_state(self, batch: int) -> State:
        return {"mean": self.mean.initial_state(batch)} | self.stack.initial_state(batch)

    def forward(self, mel: Tensor, energy: Tensor, state: State) -> tuple[Tensor, State]:
        """mel (batch, time, n_mels); energy (batch, time, 1), about 0 in speech, -4 in a pause."""
        active = torch.sigmoid(2.0 * (energy + 2.0))
        centred, mean = self.mean((mel + 5.0) @ self.basis * 0.3, active, state["mean"])
        hidden, after = self.stack(self.enter(torch.cat([centred, energy], dim=-1)), state)
        return self.norm(self.leave(hidden)), {"mean": mean} | after


class Decoder(nn.Module):
    """Content, pitch, energy and a voice vector to mels."""

    def __init__(self, config: StreamConfig, spec: MelSpec) -> None:
        super().__init__()
        self.register_buffer("templates", harmonic_templates(spec), persistent=False)
        width = config.content_width + spec.n_mels + SIDE_CHANNELS
        self.enter = nn.Linear(width, config.decoder_channels)
        self.stack = Stack(
            config.decoder_channels, config.kernel, list(config.decoder_dilations), 0, VOICE_SIZE
        )
        self.leave = nn.Linear(config.decoder_channels, spec.n_mels)

    def initial_state(self, batch: int) -> State:
        return self.stack.initial_state(batch)

    def template(self, log_f0: Tensor, voiced: Tensor) -> Tensor:
        """Harmonic comb at the wanted pitch, (batch, time, n_mels): rows blended linearly."""
        low, high = np.log(TEMPLATE_RANGE_HZ)
        place = ((log_f0 - low) / (high - low)).clamp(0.0, 1.0) * (TEMPLATE_ROWS - 1)
        rows = torch.arange(TEMPLATE_ROWS, device=log_f0.device, dtype=log_f0.dtype)
        weights = (1.0 - (place - rows).abs()).clamp(min=0.0)
        return weights @ self.templates * voiced

    def forward(self, content: Tensor, side: Tensor, voice: Tensor, state: State) -> tuple[Tensor, State]:
        """content (batch, time, width), side (batch, time, 3), voice (batch, VOICE_SIZE)."""
        log_f0, voiced, energy = side.split(1, dim=-1)
        parts = [content, self.template(log_f0, voiced), log_f0 - 5.0, voiced, energy]
        hidden, after = self.stack(self.enter(torch.cat(parts, dim=-1)), state, voice)
        return self.leave(hidden) * 2.0 - 5.0, after


class SpeakerEncoder(nn.Module):
    """Who speaks: mels of any length (batch, time, n_mels) to a unit vector."""

    def __init__(self, n_mels: int, channels: int = 128) -> None:
        super().__init__()
        sizes = [n_mels, channels, channels, channels]
        self.convs = nn.ModuleList(
            nn.Conv1d(a, b, 5, stride=2, padding=2) for a, b in zip(sizes[:-1], sizes[1:], strict=True)
        )
        self.gru = nn.GRU(channels, channels, batch_first=True)
        self.leave = nn.Linear(channels, VOICE_SIZE)

    def forward(self, mel: Tensor) -> Tensor:
        x = ((mel + 5.0) * 0.4).transpose(1, 2)
        for conv in self.convs:
            x = torch.nn.functional.leaky_relu(conv(x), 0.2)
        hidden, _ = self.gru(x.transpose(1, 2))
        return nn.functional.normalize(self.leave(hidden.mean(dim=1)), dim=-1)


class Stream(nn.Module):
    """The part that runs live. Fed frame t it puts out frame t - lookahead."""

    def __init__(self, config: StreamConfig, spec: MelSpec) -> None:
        super().__init__()
        self.config = config
        self.spec = spec
        self.content = ContentEncoder(config, spec.n_mels)
        self.decoder = Decoder(config, spec)
        self.delay = Delay(config.lookahead)

    def initial_state(self, batch: int = 1) -> State:
        parts = {"content": self.content.initial_state(batch), "decoder": self.decoder.initial_state(batch)}
        state = {f"{part}.{name}": x for part, inner in parts.items() for name, x in inner.items()}
        if self.config.lookahead:  # a state of no size is none
            state["side"] = self.delay.initial_state(batch, SIDE_CHANNELS)
        return state

    def forward(
        self, mel: Tensor, source_energy: Tensor, side: Tensor, voice: Tensor, state: State
    ) -> tuple[Tensor, State]:
        """mel (batch, time, n_mels), source_energy (batch, time, 1), side (batch, time, 3)."""
        content, after_content = self.content(mel, source_energy, _inner(state, "content"))
        after_delay = {}
        if self.config.lookahead:
            side, after_delay["side"] = self.delay(side, state["side"])
        out, after_decoder = self.decoder(content, side, voice, _inner(state, "decoder"))
        after = {f"content.{name}": x for name, x in after_content.items()}
        after |= {f"decoder.{name}": x for name, x in after_decoder.items()}
        return out, after | after_delay


def _inner(state: State, part: str) -> State:
    prefix = f"{part}."
    return {name.removeprefix(prefix): x for name, x in state.items() if name.startswith(prefix)}
