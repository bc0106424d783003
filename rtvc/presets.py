"""The one table of presets: what is traded for how much delay. A row, not code."""

from dataclasses import dataclass

from rtvc.errors import UsageError


@dataclass(frozen=True)
class Preset:
    """Numbers that set delay, sound and CPU; read by the chain and by the audio devices."""

    name: str
    vocoder_lookahead: float  # frames, above -2, up to 6
    vocoder_iterations: int  # 20 to 32 gain 0.04 PESQ and cost a quarter of the CPU
    block_samples: int  # device block at 48 kHz; other rates scale it
    output_margin_ms: float  # what the output buffer holds beyond one hop; whole blocks of time for the next
    description: str


PRESETS = {
    preset.name: preset
    for preset in (
        Preset("low", -1.375, 20, 128, 2.7, "least delay, for monitoring oneself and games"),
        Preset("balanced", -0.875, 20, 192, 12.1, "the default: clear sound below a tenth of a second"),
        Preset("quality", 2, 24, 512, 15.0, "best sound, for recordings and streams"),
    )
}
DEFAULT_PRESET = "balanced"


def preset_named(name: str) -> Preset:
    try:
        return PRESETS[name]
    except KeyError:
        raise UsageError(f"There is no preset '{name}'; choose one of {', '.join(PRESETS)}.") from None
