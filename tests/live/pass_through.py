"""The live program with a chain that changes nothing.

The arguments are preset, input, output and, if it is to be another than the devices' own, a sample rate.
"""

import sys

from rtvc import headless
from rtvc.audio_link import DeviceChoice
from rtvc.measured import Measured
from rtvc.settings import ChainSettings
from rtvc.stage import Pipeline
from tests.fakes import Passing

preset, source, sink, *rate = sys.argv[1:]
sys.exit(
    headless.run(
        lambda settings, input_rate, output_rate: Pipeline([Passing(output_rate)]),
        ChainSettings(mode="bypass", preset_name=preset),
        DeviceChoice(source, sink, int(rate[0]) if rate else None),
        json=True,
        measured=Measured(),
    )
)
