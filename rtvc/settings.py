"""ChainSettings, what the user asks the signal chain to do. Touches no file, device or model."""

from dataclasses import dataclass

from rtvc.errors import UsageError
from rtvc.presets import DEFAULT_PRESET, Preset, preset_named

MODES = ("speaker", "resynth", "bypass")
DEFAULT_TARGET = "p230"
DEFAULT_MODEL = "stream"
_GAIN_RANGE_DB = (-60.0, 40.0)
_GATE_RANGE_DB = (-120.0, 0.0)


@dataclass(frozen=True)
class ChainSettings:
    """How the sound is to be changed. `speaker` converts, `resynth` is the vocoder alone."""

    mode: str = "speaker"
    target: str = DEFAULT_TARGET
    model: str = DEFAULT_MODEL
    preset_name: str = DEFAULT_PRESET
    input_gain_db: float = 0.0
    output_gain_db: float = 0.0
    gate_db: float | None = None  # threshold in dBFS; None leaves the gate out

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise UsageError(f"There is no mode '{self.mode}'; choose one of {', '.join(MODES)}.")
        preset_named(self.preset_name)
        _check_range("input gain", self.input_gain_db, _GAIN_RANGE_DB)
        _check_range("output gain", self.output_gain_db, _GAIN_RANGE_DB)
        if self.gate_db is not None:
            _check_range("gate threshold", self.gate_db, _GATE_RANGE_DB)

    @property
    def preset(self) -> Preset:
        return preset_named(self.preset_name)

    @property
    def summary(self) -> str:
        """What is heard, in a few words."""
        if self.mode != "speaker":
            return f"{self.mode}, preset {self.preset_name}"
        return f"{self.target}, model {self.model}, preset {self.preset_name}"


def _check_range(what: str, value: float, limits: tuple[float, float]) -> None:
    low, high = limits
    if not low <= value <= high:
        raise UsageError(f"The {what} is {value} dB; it must lie between {low} and {high} dB.")
