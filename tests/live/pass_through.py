"""The live program with a chain that changes nothing; the arguments are preset, input and output."""

import sys

from rtvc import headless
from rtvc.presets import preset_named
from rtvc.stage import Pipeline
from tests.fakes import Passing

preset, source, sink = sys.argv[1:]
sys.exit(
    headless.run(
        "pass-through",
        lambda input_rate, output_rate: Pipeline([Passing(output_rate)]),
        preset_named(preset),
        source,
        sink,
        json=True,
    )
)
