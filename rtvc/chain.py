"""Builds the signal chain that the settings ask for, out of stages. Decides order, processes nothing."""

from rtvc import catalog
from rtvc.analysis import Analysis
from rtvc.conversion import Conversion, Unconverted
from rtvc.dynamics import Gain, NoiseGate, SoftLimiter
from rtvc.finite import Finite
from rtvc.framer import Framer
from rtvc.griffin_lim import GriffinLim
from rtvc.low_cut import LowCut
from rtvc.mel import MelSpec
from rtvc.pitch_meter import PitchMeter
from rtvc.resample import Resampler
from rtvc.runtime import StepModel
from rtvc.settings import ChainSettings
from rtvc.stage import Pipeline, Stage


class Chain(Pipeline):
    """The stages, and what can be seen of them while they run."""

    def __init__(self, stages: list[Stage], pitch: PitchMeter | None) -> None:
        super().__init__(stages)
        self._pitch = pitch

    @property
    def f0_hz(self) -> float | None:
        return self._pitch.f0_hz if self._pitch else None


def build_chain(settings: ChainSettings, input_rate: int, output_rate: int) -> Chain:
    """Audio at input_rate to audio at output_rate.

    finite -> resample -> gain -> gate
           -> [ low cut, frames -> analysis -> conversion -> vocoder ]
           -> resample -> gain -> limiter
    """
    pitch = None
    if settings.mode == "bypass":
        middle: list[Stage] = []
        rate = input_rate
    else:
        converter = _converter(settings)
        spec = converter.spec
        rate = spec.sample_rate
        framer = Framer(spec, LowCut(rate, spec.hop))
        pitch = PitchMeter(rate)
        middle = [framer, Analysis(spec), pitch, converter, _vocoder(settings, spec)]
    ends = _entrance(settings, input_rate, rate), _exit(settings, rate, output_rate)
    return Chain([*ends[0], *middle, *ends[1]], pitch)


def _converter(settings: ChainSettings) -> Conversion | Unconverted:
    if settings.mode == "resynth":
        return Unconverted(MelSpec())
    voice = catalog.voice(settings.target)
    return Conversion(StepModel(catalog.model_path(settings.model)), voice)


def _vocoder(settings: ChainSettings, spec: MelSpec) -> GriffinLim:
    return GriffinLim(spec, settings.preset.vocoder_lookahead, settings.preset.vocoder_iterations)


def _entrance(settings: ChainSettings, input_rate: int, rate: int) -> list[Stage]:
    stages: list[Stage] = [Finite(input_rate), Resampler(input_rate, rate)]
    if settings.input_gain_db:
        stages.append(Gain(rate, settings.input_gain_db))
    if settings.gate_db is not None:
        stages.append(NoiseGate(rate, settings.gate_db))
    return stages


def _exit(settings: ChainSettings, rate: int, output_rate: int) -> list[Stage]:
    stages: list[Stage] = [Resampler(rate, output_rate)]
    if settings.output_gain_db:
        stages.append(Gain(output_rate, settings.output_gain_db))
    return [*stages, SoftLimiter(output_rate)]
