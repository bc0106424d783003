"""The `timbre` system: a melody and its loudness to what an instrument would have sounded like.

Causal and stateful. One of two heads: `harmonics` says how a frame's level is shared out among harmonics and
bands of noise, `mels` gives log-mels for a vocoder. What is loud stays loud: both speak of shares of the
level that was heard, not of levels of their own.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from rtvc.mel import MelSpec
from rtvc.pitch import MUSIC
from training.networks.causal import Stack, State
from training.networks.stream import harmonic_templates

HEAD_HARMONICS, HEAD_MELS = "harmonics", "mels"
SIDE_CHANNELS = 3  # log f0, presence, log energy against the nominal level
_PITCH_BUMPS = 32  # where in its range a note is
_TEMPLATE_ROWS = 200
_MUTED_HZ = (9_500.0, 10_300.0)  # harmonics fade out over this range, below half the rate
_MOST_NOISE = 0.03  # of the harmonics' power, -15 dB; the noisiest val recording measured has -14 dB
_QUIETEST = -11.5  # natural log of a share
_MEL_MIDDLE = -1.0  # log-mel of a frame against its log energy, about


@dataclass(frozen=True)
class TimbreConfig:
    head: str = HEAD_HARMONICS
    harmonics: int = 100
    bands: int = 32
    channels: int = 128
    kernel: int = 3
    dilations: tuple[int, ...] = (1, 2, 4)
    instrument_width: int = 32

    def __post_init__(self) -> None:
        if self.head not in (HEAD_HARMONICS, HEAD_MELS):
            raise ValueError(f"there is no head '{self.head}', only {HEAD_HARMONICS} and {HEAD_MELS}")


class Timbre(nn.Module):
    """Fed frame t it puts out frame t."""

    lowest: Tensor
    highest: Tensor
    bumps: Tensor
    order: Tensor
    templates: Tensor

    def __init__(self, config: TimbreConfig, instruments: int, spec: MelSpec) -> None:
        super().__init__()
        self.config, self.instruments, self.spec = config, instruments, spec
        self.pitch_range = low, high = float(np.log(MUSIC.fmin_hz)), float(np.log(MUSIC.fmax_hz))
        # Log Hz between which each instrument was heard in training; beyond, the nearest note is the model.
        self.register_buffer("lowest", torch.full((instruments,), low))
        self.register_buffer("highest", torch.full((instruments,), high))
        self.register_buffer("bumps", torch.linspace(low, high, _PITCH_BUMPS), persistent=False)
        order = torch.arange(1, config.harmonics + 1, dtype=torch.float32)
        self.register_buffer("order", order, persistent=False)
        width = _PITCH_BUMPS + SIDE_CHANNELS
        if self.is_mel:
            templates = harmonic_templates(spec, (MUSIC.fmin_hz, MUSIC.fmax_hz), _TEMPLATE_ROWS)
            self.register_buffer("templates", templates, persistent=False)
            width += spec.n_mels
        self.embed = nn.Linear(instruments, config.instrument_width, bias=False)
        self.enter = nn.Linear(width, config.channels)
        self.stack = Stack(config.channels, config.kernel, list(config.dilations), 0, config.instrument_width)
        self.leave = nn.Linear(config.channels, self.output_width)

    @property
    def is_mel(self) -> bool:
        return self.config.head == HEAD_MELS

    @property
    def output_width(self) -> int:
        return self.spec.n_mels if self.is_mel else self.config.harmonics + self.config.bands

    def initial_state(self, batch: int = 1) -> State:
        return self.stack.initial_state(batch)

    def forward(self, side: Tensor, instrument: Tensor, state: State) -> tuple[Tensor, State]:
        """side (batch, time, SIDE_CHANNELS), instrument (batch, instruments) with a 1 for the one meant."""
        log_f0, presence, energy = side.split(1, dim=-1)
        low = (instrument @ self.lowest)[:, None, None]
        high = (instrument @ self.highest)[:, None, None]
        known = torch.minimum(torch.maximum(log_f0, low), high)
        spacing = (self.pitch_range[1] - self.pitch_range[0]) / (_PITCH_BUMPS - 1)
        places = torch.exp(-0.5 * ((known - self.bumps) / spacing) ** 2)
        parts = [places, known - 6.0, presence, 0.5 * energy]
        if self.is_mel:
            parts.append(self._template(log_f0) * presence)
        hidden, after = self.stack(self.enter(torch.cat(parts, dim=-1)), state, self.embed(instrument))
        raw = self.leave(hidden)
        return (raw * 2.0 + _MEL_MIDDLE if self.is_mel else self._shares(raw, log_f0)), after

    def _template(self, log_f0: Tensor) -> Tensor:
        """Harmonic comb at the pitch, (batch, time, n_mels): rows blended linearly."""
        low, high = self.pitch_range
        place = ((log_f0 - low) / (high - low)).clamp(0.0, 1.0) * (_TEMPLATE_ROWS - 1)
        rows = torch.arange(_TEMPLATE_ROWS, device=log_f0.device, dtype=log_f0.dtype)
        return (1.0 - (place - rows).abs()).clamp(min=0.0) @ self.templates

    def _shares(self, raw: Tensor, log_f0: Tensor) -> Tensor:
        """RMS of each harmonic and band, their squares adding up to 1, (batch, time, harmonics + bands)."""
        tones, noise = raw.split([self.config.harmonics, self.config.bands], dim=-1)
        # As most instruments are before anything is learned: falling off, with little noise.
        tones = 2.0 * tones - 1.2 * torch.log(self.order)
        noise = 2.0 * noise - 6.0
        full, gone = _MUTED_HZ
        heard = ((gone - self.order * log_f0.exp()) / (gone - full)).clamp(0.0, 1.0)
        bounded = torch.cat([tones, noise], dim=-1).clamp(min=_QUIETEST, max=-_QUIETEST)
        shares = bounded.exp() * torch.cat([heard, torch.ones_like(noise)], dim=-1)
        # A high clarinet note (1595 Hz) came out as little but noise; why so much is learned is not known.
        power = shares.square().split([self.config.harmonics, self.config.bands], dim=-1)
        tonal, noisy = (x.sum(dim=-1, keepdim=True) for x in power)
        quieter = (_MOST_NOISE * tonal / noisy).clamp(max=1.0).sqrt()
        shares = shares * torch.cat([torch.ones_like(tones), quieter.expand_as(noise)], dim=-1)
        return shares / shares.square().sum(dim=-1, keepdim=True).sqrt()
