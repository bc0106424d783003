import numpy as np
import pytest

from rtvc.conversion import Conversion, Unconverted
from rtvc.errors import ModelError
from rtvc.frames import Frames
from rtvc.mel import MelSpec
from rtvc.runtime import StepModel
from rtvc.voices import Voice
from tests import tiny_models
from tests.rtvc.stage_rules import check_chunking, check_reset

VOICE = Voice("a", "A", "F", float(np.log(200.0)), {"tiny": [0.0] * 128}, "MIT", "made up")


@pytest.fixture
def model(tmp_path):
    return StepModel(tiny_models.write(tmp_path / "tiny.onnx"))


def frames(count, level_db=-26.0, seed=0):
    random = np.random.default_rng(seed)
    gain = np.float32(level_db / 8.686)
    energy = gain - 0.5 + 0.3 * random.standard_normal(count).astype(np.float32)
    return Frames(
        log_mel=(-4.0 + gain + random.standard_normal((count, 80))).astype(np.float32),
        f0_hz=(120.0 + 10.0 * random.standard_normal(count)).astype(np.float32),
        voiced=random.uniform(0.5, 1.0, count).astype(np.float32),
        log_energy=energy.astype(np.float32),
    )


def test_chunking_is_invisible_and_reset_is_true(model):
    check_chunking(lambda: Conversion(model, VOICE), frames(120))
    check_reset(lambda: Conversion(model, VOICE), frames(60))


def test_lookahead_is_held_back_and_output_is_aligned(model):
    stage = Conversion(model, VOICE)
    given = frames(40)
    out = stage.process(given)
    assert len(out) == 39
    assert stage.latency_samples == 256
    # The tiny model only delays: undoing the level must give back what went in.
    np.testing.assert_allclose(out, given.log_mel[:39].clip(min=MelSpec().log_floor), atol=1e-4)


def test_input_level_changes_the_level_and_nothing_else(tmp_path):
    seen = []

    class Spy(StepModel):
        def step(self, **frame):
            seen.append({name: value.copy() for name, value in frame.items()})
            return super().step(**frame)

    model = Spy(tiny_models.write(tmp_path / "tiny.onnx"))
    for level in (-38.0, -26.0, -14.0):
        Conversion(model, VOICE).process(frames(50, level))
    for quiet, middle, loud in zip(seen[:50], seen[50:100], seen[100:], strict=True):
        for name in ("mel", "energy", "side"):
            np.testing.assert_allclose(quiet[name], middle[name], atol=2e-3)
            np.testing.assert_allclose(loud[name], middle[name], atol=2e-3)


def test_silence_stays_silence(model):
    spec = MelSpec()
    nothing = Frames(
        log_mel=np.full((30, 80), spec.log_floor, np.float32),
        f0_hz=np.full(30, 100.0, np.float32),
        voiced=np.zeros(30, np.float32),
        log_energy=np.full(30, -13.8, np.float32),
    )
    assert np.all(Conversion(model, VOICE).process(nothing) == np.float32(spec.log_floor))


def test_a_voice_of_another_model_is_refused(model):
    stranger = Voice("b", "B", "M", 4.6, {"other": [0.0]}, "MIT", "made up")
    with pytest.raises(ModelError, match="not made for the model tiny"):
        Conversion(model, stranger)


def test_unconverted_hands_the_mels_on():
    given = frames(5)
    assert Unconverted(MelSpec()).process(given) is given.log_mel
