import numpy as np
import pytest

from rtvc.framer import Framer
from rtvc.mel import MelSpec
from tests.rtvc.stage_rules import check_stage, noise

SPECS = [MelSpec(), MelSpec(8000, 256, 64, 40, 0.0, 4000.0), MelSpec(16000, 512, 512, 40, 0.0, 8000.0)]


@pytest.mark.parametrize("spec", SPECS, ids=str)
def test_obeys_the_rules_of_stages(spec: MelSpec) -> None:
    check_stage(lambda: Framer(spec), noise(20_011), input_rate=spec.sample_rate, samples_per_item=spec.hop)


def test_frame_j_ends_with_hop_j_and_sees_silence_before_the_start() -> None:
    spec = MelSpec(8000, 8, 2, 2, 0.0, 4000.0)
    frames = Framer(spec).process(np.arange(1, 12, dtype=np.float32))
    assert frames.tolist() == [
        [0, 0, 0, 0, 0, 0, 1, 2],
        [0, 0, 0, 0, 1, 2, 3, 4],
        [0, 0, 1, 2, 3, 4, 5, 6],
        [1, 2, 3, 4, 5, 6, 7, 8],
        [3, 4, 5, 6, 7, 8, 9, 10],
    ]


def test_frames_do_not_share_memory() -> None:
    """A window is multiplied in place by who takes them; overlapping rows would be windowed twice."""
    frames = Framer(MelSpec()).process(noise(1024))
    before = frames[1].copy()
    frames[0] *= 0.0
    assert np.array_equal(frames[1], before)
