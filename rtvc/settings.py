"""ChainSettings, what the user asks the signal chain to do. Touches no file, device or model."""

from dataclasses import dataclass, replace

from rtvc.errors import UsageError
from rtvc.presets import DEFAULT_PRESET, Preset, preset_named
from rtvc.scales import scale_named

DIGITS_MODE = "digits"
MODES = ("speaker", "timbre", "resynth", "bypass", DIGITS_MODE)
DEFAULT_TARGET = "p230"
DEFAULT_MODEL = "stream"
DEFAULT_TIMBRE = "flute"
DEFAULT_TIMBRE_MODEL = "timbre"  # what `timbre` uses unless another model than DEFAULT_MODEL is asked for
_GAIN_RANGE_DB = (-60.0, 40.0)
_GATE_RANGE_DB = (-120.0, 0.0)
_PITCH_RANGE = (-24.0, 24.0)  # semitones
_FORMANT_RANGE = (-12.0, 12.0)  # semitones; an octave is a factor of two in the length of the mouth
_SOURCE_PITCH_RANGE_HZ = (50.0, 1000.0)
_GLIDE_RANGE_MS = (0.0, 2000.0)
_VIBRATO_RANGE_CENTS = (0.0, 200.0)
_SHARES = (0.0, 1.0)
_FACTORS = (0.0, 4.0)


@dataclass(frozen=True)
class ChainSettings:
    """How the sound is to be changed.

    `speaker` and `timbre` convert, `resynth` is the vocoder alone; with `digits` nothing of the microphone is
    heard, only what is typed.
    """

    mode: str = "speaker"
    target: str = DEFAULT_TARGET  # a voice, or several with their shares: p230:0.7,p226:0.3
    model: str = DEFAULT_MODEL
    preset_name: str = DEFAULT_PRESET
    input_gain_db: float = 0.0
    output_gain_db: float = 0.0
    gate_db: float | None = None  # threshold in dBFS; None leaves the gate out
    noise_reduction: float = 0.0  # 0 (none) to 1
    pitch_semitones: float = 0.0  # on top of the way from the speaker's pitch to the target's
    formant_semitones: float = 0.0
    source_pitch_hz: float | None = None  # the speaker's own, where it is known; else it is found out
    timbre: str = DEFAULT_TIMBRE  # an instrument; this and what follows is for the mode of that name
    scale: str | None = None  # that the melody is brought into, such as C-major
    scale_strength: float = 1.0  # 0 (none) to 1 (the very note)
    scale_glide_ms: float = 60.0  # from note to note
    vibrato: float = 1.0  # share of one's own that is kept
    added_vibrato_cents: float = 0.0
    breath: float = 1.0  # of the instrument's noise; 1 is as recorded

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise UsageError(f"There is no mode '{self.mode}'; choose one of {', '.join(MODES)}.")
        preset_named(self.preset_name)
        _check_range("input gain", self.input_gain_db, _GAIN_RANGE_DB, "dB")
        _check_range("output gain", self.output_gain_db, _GAIN_RANGE_DB, "dB")
        _check_range("pitch shift", self.pitch_semitones, _PITCH_RANGE, "semitones")
        _check_range("formant shift", self.formant_semitones, _FORMANT_RANGE, "semitones")
        if not 0.0 <= self.noise_reduction <= 1.0:
            raise UsageError(f"The noise reduction is {self.noise_reduction:g}; it must lie between 0 and 1.")
        _check_range("scale strength", self.scale_strength, _SHARES)
        _check_range("glide between notes", self.scale_glide_ms, _GLIDE_RANGE_MS, "ms")
        _check_range("share of vibrato", self.vibrato, _FACTORS)
        _check_range("added vibrato", self.added_vibrato_cents, _VIBRATO_RANGE_CENTS, "cents")
        _check_range("breath", self.breath, _FACTORS)
        if self.scale is not None:
            scale_named(self.scale)
        if self.mode == "timbre" and self.formant_semitones:
            raise UsageError("An instrument has no mouth: leave the formant shift out in the mode timbre.")
        if self.gate_db is not None:
            _check_range("gate threshold", self.gate_db, _GATE_RANGE_DB, "dB")
        if self.source_pitch_hz is not None:
            _check_range("speaker's own pitch", self.source_pitch_hz, _SOURCE_PITCH_RANGE_HZ, "Hz")

    def builds_like(self, other: "ChainSettings") -> bool:
        """Whether a chain built for one can be tuned to the other while sound runs through it."""
        return self._untuned() == other._untuned()

    def _untuned(self) -> "ChainSettings":
        plain = {name: getattr(_PLAIN, name) for name in _TUNED}
        return replace(self, gate_db=None if self.gate_db is None else 0.0, **plain)

    @property
    def names(self) -> tuple[str, ...]:
        """What has to be there to be heard, by name."""
        return self.mode, self.target, self.model, self.timbre

    @property
    def model_name(self) -> str:
        return model_meant(self.mode, self.model)

    @property
    def preset(self) -> Preset:
        return preset_named(self.preset_name)

    @property
    def summary(self) -> str:
        """What is heard, in a few words."""
        if self.mode == "timbre":
            return f"{self.timbre}, model {self.model_name}, preset {self.preset_name}"
        if self.mode != "speaker":
            return f"{self.mode}, preset {self.preset_name}"
        return f"{self.target}, model {self.model}, preset {self.preset_name}"


def _check_range(what: str, value: float, limits: tuple[float, float], unit: str = "") -> None:
    low, high = limits
    unit = unit and f" {unit}"
    if not low <= value <= high:
        raise UsageError(f"The {what} is {value:g}{unit}; it must lie between {low:g} and {high:g}{unit}.")


# What a chain takes on while sound runs through it; whether its model can, `Chain.prepared` tells.
_TUNED = (
    *("input_gain_db", "output_gain_db", "noise_reduction"),
    *("target", "timbre", "pitch_semitones"),
    *("scale", "scale_strength", "scale_glide_ms", "vibrato", "added_vibrato_cents", "breath"),
)
_PLAIN = ChainSettings()


def model_meant(mode: str, model: str) -> str:
    """Each mode has a default of its own."""
    return DEFAULT_TIMBRE_MODEL if (mode, model) == ("timbre", DEFAULT_MODEL) else model
