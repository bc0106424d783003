"""Builds the signal chain that the settings ask for, out of stages. Decides order, processes nothing."""

from dataclasses import dataclass

from rtvc import catalog
from rtvc.analysis import Analysis
from rtvc.conversion import Conversion, Unconverted
from rtvc.dynamics import Gain, NoiseGate, Silence, SoftLimiter
from rtvc.errors import ModelError, UsageError
from rtvc.finite import Finite
from rtvc.formants import FormantShift
from rtvc.framer import Framer
from rtvc.harmonic_synth import HarmonicSynth
from rtvc.intonation import Tuning
from rtvc.low_cut import LowCut
from rtvc.mel import MelSpec
from rtvc.mel_comb import MelComb
from rtvc.noise_reduction import NoiseReduction
from rtvc.pitch import MUSIC, SPEECH
from rtvc.pitch_meter import PitchMeter
from rtvc.resample import Resampler
from rtvc.runtime import BlockModel, load_model
from rtvc.settings import DIGITS_MODE, ChainSettings
from rtvc.speaker import Speaker
from rtvc.stage import Pipeline, Stage
from rtvc.targets import target_voice
from rtvc.timbre import SYSTEM, PlayedMels, PlayedPartials, Player, Playing
from rtvc.two_part import open_model
from rtvc.vocoder import Vocoder
from rtvc.voices import Voice
from rtvc.windowed import WindowedConversion


@dataclass(frozen=True)
class Prepared:
    """What a chain is to take on, with the voice that the settings name, where one is spoken."""

    settings: ChainSettings
    voice: Voice | None

    def names_the_voice_of(self, settings: ChainSettings) -> bool:
        return (settings.target, settings.model) == (self.settings.target, self.settings.model)


class Chain(Pipeline):
    """The stages, what can be seen of them while they run, and what they know of the speaker."""

    def __init__(self, stages: list[Stage], built_for: Prepared) -> None:
        super().__init__(stages)
        self._prepared = built_for  # what was prepared last; a voice in use is not read again
        self._pitch = next((stage for stage in stages if isinstance(stage, PitchMeter)), None)
        self._conversion = next((stage for stage in stages if isinstance(stage, Conversion)), None)
        self._windowed = next((stage for stage in stages if isinstance(stage, WindowedConversion)), None)
        self._player = next((stage for stage in stages if isinstance(stage, Player)), None)
        self._gate = next((stage for stage in stages if isinstance(stage, NoiseGate)), None)
        self._noise = next((stage for stage in stages if isinstance(stage, NoiseReduction)), None)
        self._vocoder = next((stage for stage in stages if isinstance(stage, Vocoder)), None)
        self._input_gain, self._output_gain = (stage for stage in stages if isinstance(stage, Gain))
        self._source_pitch_hz = built_for.settings.source_pitch_hz  # said, against found

    @property
    def f0_hz(self) -> float | None:
        return self._pitch.f0_hz if self._pitch else None

    @property
    def wants_speaker(self) -> bool:
        return self._conversion is not None

    def know_speaker(self, speaker: Speaker | None, certainty: float = 1.0) -> None:
        if not self._conversion:
            return
        pitch_hz, rms = (speaker.pitch_hz, speaker.rms) if speaker else (None, None)
        if self._source_pitch_hz:
            pitch_hz, certainty = self._source_pitch_hz, 1.0
        self._conversion.know_speaker(pitch_hz, rms, certainty)

    @property
    def speaker(self) -> Speaker | None:
        return self._conversion.speaker if self._conversion else None

    def prepared(self, settings: ChainSettings) -> Prepared:
        if self._player:
            self._player.vector(settings.timbre)
        if self._windowed:
            _refuse_pitch(settings)
        voice = self._prepared.voice
        if not self._prepared.names_the_voice_of(settings):
            voice = self._read_voice(settings)
        self._prepared = Prepared(settings, voice)
        return self._prepared

    def _read_voice(self, settings: ChainSettings) -> Voice | None:
        converter = self._conversion or self._windowed
        if converter is None:
            return None
        voice = target_voice(settings.target, settings.model)
        converter.vector(voice)
        if self._conversion:
            self._conversion.memory(voice)
        return voice

    def tune(self, prepared: Prepared) -> None:
        settings, voice = prepared.settings, prepared.voice
        self._input_gain.gain_db = settings.input_gain_db
        self._output_gain.gain_db = settings.output_gain_db
        if self._gate and settings.gate_db is not None:
            self._gate.threshold_db = settings.gate_db
        if self._noise:
            self._noise.strength = settings.noise_reduction
        if self._conversion and voice:
            self._conversion.speak_as(voice, settings.pitch_semitones)
        if self._windowed and voice:
            self._windowed.speak_as(voice)
        if self._player:
            self._player.play(_playing(settings))

    def set_effort(self, effort: float) -> float:
        if self._vocoder is None:
            return 1.0
        self._vocoder.set_effort(effort)
        return effort

    def take_over(self, previous: Pipeline) -> None:
        if isinstance(previous, Chain) and self._conversion and previous._conversion:
            self._conversion.take_over(previous._conversion)


def build_chain(settings: ChainSettings, input_rate: int, output_rate: int) -> Chain:
    """Audio at input_rate to audio at output_rate.

    finite -> resample -> gain -> gate
           -> [ low cut, frames -> analysis -> noise -> conversion -> formants (-> comb) -> vocoder ]
           or [ low cut, frames -> analysis -> noise -> player -> synthesiser or vocoder ]
           -> resample -> gain -> limiter
    """
    if settings.mode in ("bypass", DIGITS_MODE):
        middle: list[Stage] = [Silence(input_rate)] if settings.mode == DIGITS_MODE else []
        voice, rate = None, input_rate
    else:
        voice = target_voice(settings.target, settings.model) if settings.mode == "speaker" else None
        converter = _converter(settings, voice)
        spec = converter.spec
        rate = spec.sample_rate
        framer = Framer(spec, LowCut(rate, spec.hop))
        noise = NoiseReduction(spec, settings.noise_reduction)
        is_music = isinstance(converter, Player)
        analysis = Analysis(spec, MUSIC if is_music else SPEECH, newest_first=is_music)
        middle = [framer, analysis, PitchMeter(rate), noise, converter]
        middle += _formants(settings, spec)
        if isinstance(converter, WindowedConversion):
            middle.append(MelComb(spec))  # a longer mouth must not move the partials
        middle.append(_voiced(settings, spec, converter))
    ends = _entrance(settings, input_rate, rate), _exit(settings, rate, output_rate)
    return Chain([*ends[0], *middle, *ends[1]], Prepared(settings, voice))


_Converter = Conversion | WindowedConversion | Unconverted | PlayedPartials | PlayedMels


def _converter(settings: ChainSettings, voice: Voice | None) -> _Converter:
    if settings.mode == "timbre":
        return _player(settings)
    if voice is None:
        return Unconverted(MelSpec())
    model = open_model(settings.model, settings.preset_name)
    if model.info.system == SYSTEM:
        raise UsageError(f"The model {settings.model} plays instruments; it goes with --mode timbre.")
    if isinstance(model, BlockModel):
        _refuse_pitch(settings)
        return WindowedConversion(model, voice)
    return Conversion(model, voice, settings.pitch_semitones, settings.source_pitch_hz)


def _refuse_pitch(settings: ChainSettings) -> None:
    if settings.pitch_semitones:
        raise UsageError(f"The model {settings.model} can't shift the pitch; leave that out.")


def _player(settings: ChainSettings) -> PlayedPartials | PlayedMels:
    model = load_model(catalog.model_path(settings.model_name, settings.preset_name))
    if isinstance(model, BlockModel):
        raise ModelError(
            f"The model {settings.model_name} is for {model.info.system}; it plays no instruments."
        )
    kind = PlayedPartials if model.info.partials else PlayedMels
    return kind(model, _playing(settings))


def _playing(settings: ChainSettings) -> Playing:
    tuning = Tuning(
        settings.pitch_semitones,
        settings.scale,
        settings.scale_strength,
        settings.scale_glide_ms / 1000.0,
        settings.vibrato,
        settings.added_vibrato_cents,
    )
    return Playing(settings.timbre, tuning, settings.breath)


def _formants(settings: ChainSettings, spec: MelSpec) -> list[Stage]:
    return [FormantShift(spec, settings.formant_semitones)] if settings.formant_semitones else []


def _voiced(settings: ChainSettings, spec: MelSpec, converter: _Converter) -> Stage:
    """What makes sound of what the converter says."""
    if isinstance(converter, PlayedPartials):
        return HarmonicSynth(spec, converter.shape.harmonics, converter.shape.bands)
    return Vocoder(spec, settings.preset.vocoder_lookahead, settings.preset.vocoder_iterations)


def _entrance(settings: ChainSettings, input_rate: int, rate: int) -> list[Stage]:
    gain = Gain(rate, settings.input_gain_db)
    stages: list[Stage] = [Finite(input_rate), Resampler(input_rate, rate), gain]
    if settings.gate_db is not None:
        stages.append(NoiseGate(rate, settings.gate_db))
    return stages


def _exit(settings: ChainSettings, rate: int, output_rate: int) -> list[Stage]:
    gain = Gain(output_rate, settings.output_gain_db)
    return [Resampler(rate, output_rate), gain, SoftLimiter(output_rate)]
