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
from rtvc.resample import Resampler
from rtvc.runtime import StepModel
from rtvc.settings import ChainSettings
from rtvc.stage import Pipeline, Stage


def build_chain(settings: ChainSettings, input_rate: int, output_rate: int) -> Pipeline:
    """Audio at input_rate to audio at output_rate.

    finite -> resample -> gain -> gate
           -> [ low cut, frames -> analysis -> conversion -> vocoder ]
           -> resample -> gain -> limiter
    """
    if settings.mode == "bypass":
        middle: list[Stage] = []
        rate = input_rate
    else:
        converter = _converter(settings)
        spec = converter.spec
        rate = spec.sample_rate
        framer = Framer(spec, LowCut(rate, spec.hop))
        middle = [framer, Analysis(spec), converter, _vocoder(settings, spec)]
    return Pipeline([*_entrance(settings, input_rate, rate), *middle, *_exit(settings, rate, output_rate)])


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
