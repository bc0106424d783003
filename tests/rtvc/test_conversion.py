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


@pytest.mark.parametrize("count", [1, 127, 129])
def test_a_voice_with_another_number_of_numbers_is_refused(model, count):
    odd = Voice("odd", "Odd", "F", 5.3, {"tiny": [0.5] * count}, "MIT", "made up")
    with pytest.raises(ModelError, match=f"odd has {count} numbers for tiny; it wants 128"):
        Conversion(model, odd)


def test_lookahead_is_held_back_and_output_is_aligned(model):
    stage = Conversion(model, VOICE)
    given = frames(40)
    out = stage.process(given)
    assert len(out) == 39
    assert stage.latency_samples == 256
    # The tiny model only delays: undoing the level must give back what went in.
    np.testing.assert_allclose(out.log_mel, given.log_mel[:39].clip(min=MelSpec().log_floor), atol=1e-4)


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


def test_from_voice_to_voice_it_glides(model):
    stage, given = Conversion(model, VOICE), frames(20)
    other = Voice("b", "B", "M", float(np.log(100.0)), {"tiny": [1.0] * 128}, "MIT", "made up")
    told = []
    step = stage._model.step
    stage._model.step = lambda **frame: told.append(float(frame["voice"][0])) or step(**frame)
    stage.process(given)
    before = stage.process(given).f0_hz
    stage.speak_as(other, pitch_semitones=12.0)
    after = stage.process(given).f0_hz
    steps = np.diff(told[39:])
    assert told[39] == 0.0 and told[-1] == 1.0 and not steps[4:].any()
    np.testing.assert_allclose(steps[:4], 0.25, atol=1e-6)  # 46 ms
    np.testing.assert_allclose(after[5:], before[5:], rtol=0.02)  # an octave below, an octave up
    stage.speak_as(VOICE)
    stage.reset()
    stage.process(frames(1))
    assert told[-1] == 0.0, "a new stream starts with its voice"


def test_silence_stays_silence(model):
    spec = MelSpec()
    nothing = Frames(
        log_mel=np.full((30, 80), spec.log_floor, np.float32),
        f0_hz=np.full(30, 100.0, np.float32),
        voiced=np.zeros(30, np.float32),
        log_energy=np.full(30, -13.8, np.float32),
    )
    assert np.all(Conversion(model, VOICE).process(nothing).log_mel == np.float32(spec.log_floor))


def test_a_voice_of_another_model_is_refused(model):
    stranger = Voice("b", "B", "M", 4.6, {"other": [0.0]}, "MIT", "made up")
    with pytest.raises(ModelError, match="not made for the model tiny"):
        Conversion(model, stranger)


def test_pitch_comes_out_with_the_mels_it_was_asked_for(model):
    stage = Conversion(model, VOICE)
    seen = []
    step = stage._model.step
    stage._model.step = lambda **frame: seen.append(frame["side"].copy()) or step(**frame)
    out = stage.process(frames(40))
    asked = np.array(seen)[:39]
    np.testing.assert_allclose(np.log(out.f0_hz), asked[:, 0], atol=1e-5)
    np.testing.assert_allclose(out.voiced, asked[:, 1], atol=1e-6)


def test_unconverted_hands_the_mels_on_with_a_pitch_that_holds():
    given = frames(5)
    given.voiced[3:] = 0.0
    out = Unconverted(MelSpec()).process(given)
    assert out.log_mel is given.log_mel
    assert out.f0_hz[3] == out.f0_hz[2] and np.all(out.voiced[3:] == 0.0)


def test_another_voice_goes_on_with_the_speaker_that_was_found(tmp_path):
    """The melody is as before from the first frame on; a fresh stage would have to find it again."""
    given, later = frames(600, level_db=-40.0), frames(30, level_db=-40.0, seed=1)

    def sides(stage):
        seen = []
        step = stage._model.step
        stage._model.step = lambda **frame: seen.append(frame["side"].copy()) or step(**frame)
        stage.process(later)
        return np.array(seen)

    def fresh():
        return Conversion(StepModel(tiny_models.write(tmp_path / "tiny.onnx")), VOICE)

    old, new, stranger = fresh(), fresh(), fresh()
    old.process(given)
    new.take_over(old)
    expected = sides(old)
    np.testing.assert_allclose(sides(new), expected, atol=1e-5)
    assert np.abs(sides(stranger) - expected)[:10].max() > 0.1


def test_known_speaker_needs_no_finding(model):
    stage = Conversion(model, VOICE)
    stage.know_speaker(120.0, 0.01)
    seen = []
    step = stage._model.step
    stage._model.step = lambda **frame: seen.append(frame["side"].copy()) or step(**frame)
    stage.process(frames(5, level_db=-40.0))
    pitch = np.array(seen)[:, 0]
    np.testing.assert_allclose(np.exp(pitch).mean(), 200.0, rtol=0.1)
