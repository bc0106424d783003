import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from rtvc.digits import DigitSpeaker, sound_of, word_of
from rtvc.errors import ModelError, UsageError
from rtvc.mel import MelSpec
from rtvc.model_format import METADATA_KEY, ImageShape, ModelInfo
from rtvc.runtime import BlockModel
from tests import tiny_windowed

SPEC = MelSpec(sample_rate=8000, n_fft=512, hop=128, n_mels=64, fmin=40.0, fmax=4000.0)
IMAGE = ImageShape(frames=64, low=-8.0, high=1.0)
SPEAKERS = ["george", "theo"]


def word_length(digit):
    """Frames that the model below lights up."""
    return 10 + 3 * digit


@pytest.fixture(scope="module")
def speaker(tmp_path_factory):
    """A decoder whose digit d is a bar of length word_length(d), brighter or darker by the latent."""
    bars = np.zeros((10, 64, 64), np.float32)
    for digit in range(10):
        bars[digit, 10:30, : word_length(digit)] = 0.8

    def value(name, *shape):
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

    nodes = [
        helper.make_node("MatMul", ["digit", "bars"], ["flat"]),
        helper.make_node("ReduceSum", ["latent"], ["total"], keepdims=0),
        helper.make_node("Mul", ["total", "little"], ["change"]),
        helper.make_node("ReduceSum", ["speaker"], ["one"], keepdims=0),
        helper.make_node("Add", ["change", "one"], ["bright"]),
        helper.make_node("Mul", ["flat", "bright"], ["lit"]),
        helper.make_node("Reshape", ["lit", "shape"], ["image"]),
    ]
    constants = [
        helper.make_tensor("bars", TensorProto.FLOAT, [10, 4096], bars.reshape(10, -1).ravel()),
        helper.make_tensor("little", TensorProto.FLOAT, [], [0.02]),
        helper.make_tensor("shape", TensorProto.INT64, [3], [1, 64, 64]),
    ]
    inputs = [value("latent", 1, 1, 4), value("digit", 1, 1, 10), value("speaker", 1, 1, 2)]
    graph = helper.make_graph(nodes, "digits", inputs, [value("image", 1, 64, 64)], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    info = ModelInfo(
        2, "tiny", "digits-cnn", "digit-decoder", SPEC, 0, {"latent": 4, "digit": 10, "speaker": 2},
        "image", {}, 0.05, SPEAKERS, "MIT", "none", image=IMAGE,
    )  # fmt: skip
    helper.set_model_props(model, {METADATA_KEY: info.to_json()})
    path = tmp_path_factory.mktemp("digits") / "tiny.onnx"
    onnx.save(model, path)
    return DigitSpeaker(BlockModel(path))


def test_words_come_in_order_with_pauses(speaker):
    sound = speaker.say("19")
    power = np.square(sound[: len(sound) // 128 * 128]).reshape(-1, 128).mean(axis=1)
    loud = power > 0.05 * power.max()
    edges = np.flatnonzero(np.diff(loud.astype(int)))
    assert len(edges) == 4
    first, second = edges[1] - edges[0], edges[3] - edges[2]
    assert second - first == pytest.approx(word_length(9) - word_length(1), abs=3)


def test_a_seed_gives_the_same_samples_and_another_other_ones(speaker):
    np.testing.assert_array_equal(speaker.say("3", seed=5), speaker.say("3", seed=5))
    assert np.abs(speaker.say("3", seed=5) - speaker.say("3", seed=6)).max() > 1e-4
    random = np.random.default_rng(0)
    assert np.abs(speaker.word(4, "theo", random) - speaker.word(4, "theo", random)).max() > 1e-3


def test_black_is_silence_and_the_word_ends_where_it_ends():
    image = np.zeros((64, 64), np.float32)
    image[5:20, :30] = 1.0
    word = word_of(image, IMAGE, SPEC)
    assert len(word) == pytest.approx(30 + 0.05 * 8000 / 128, abs=1)
    assert np.all(word[:, 40] == np.float32(SPEC.log_floor)) and word.max() == IMAGE.high
    assert len(word_of(np.zeros((64, 64), np.float32), IMAGE, SPEC)) == 0
    assert len(sound_of(word, SPEC)) == len(word) * SPEC.hop


def test_what_cannot_be_said_is_a_sentence(speaker, tmp_path):
    for digits in ("abc", "", "1.5", "²"):
        with pytest.raises(UsageError, match="not made of the digits"):
            speaker.say(digits)
    with pytest.raises(UsageError, match="no speaker 'anna'; choose one of george, theo"):
        speaker.say("1", "anna")
    with pytest.raises(ModelError, match="speaks no digits"):
        DigitSpeaker(BlockModel(tiny_windowed.write(tmp_path / "windowed.onnx")))
