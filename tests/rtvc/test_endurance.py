import json

import numpy as np

from rtvc.endurance import endure, main, second_of_sound
from rtvc.resample import Resampler
from rtvc.stage import Pipeline


class Spoiler:
    """Lets one bad number through and loses a sample."""

    latency_samples = 0.0
    output_rate = 8000

    def __init__(self):
        self.done = False

    def process(self, block):
        if self.done:
            return block
        self.done = True
        spoiled = block[:-1].copy()
        spoiled[0] = np.nan
        return spoiled

    def reset(self):
        pass


def test_a_sound_pipeline_keeps_length_and_numbers():
    result = endure(Pipeline([Resampler(8000, 16000)]), 8000, 3)
    assert result.numbers_not_finite == 0
    assert result.samples_in == 24000
    assert result.most_held_back <= result.declared
    assert result.samples_out >= 48000 - result.declared


def test_faults_are_found():
    result = endure(Pipeline([Spoiler()]), 8000, 2)
    assert result.numbers_not_finite == 1
    assert result.most_held_back == 1.0 > result.declared


def test_sound_differs_from_second_to_second_and_has_silence():
    assert not np.array_equal(second_of_sound(0, 8000), second_of_sound(1, 8000))
    assert not second_of_sound(9, 8000).any()


def test_command(capsys):
    assert main(["--minutes", "0.02", "--mode", "bypass", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["samples_in"] == 48000
    assert main(["--minutes", "0"]) == 2
