"""The live program with a chain that changes nothing; the arguments are preset, input and output."""

import sys

from rtvc import headless
from rtvc.audio_link import DeviceChoice
from rtvc.measured import Measured
from rtvc.settings import ChainSettings
from rtvc.stage import Pipeline
from tests.fakes import Passing

preset, source, sink = sys.argv[1:]
sys.exit(
    headless.run(
        lambda settings, input_rate, output_rate: Pipeline([Passing(output_rate)]),
        ChainSettings(mode="bypass", preset_name=preset),
        DeviceChoice(source, sink),
        json=True,
        measured=Measured(),
    )
)
