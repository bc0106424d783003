import numpy as np
import pytest

from rtvc import catalog
from rtvc.errors import ModelError
from rtvc.runtime import BlockModel, StepModel
from rtvc.two_part import TwoPartModel, open_model
from tests import tiny_models

WIDTHS = {"mel": 80, "energy": 1, "side": 3, "voice": 128}


def frame(seed):
    random = np.random.default_rng(seed)
    given = {name: random.standard_normal(width).astype(np.float32) for name, width in WIDTHS.items()}
    return given | {
        "mel": given["mel"] * 2.0 - 5.0,
        "side": given["side"] * 0.3 + np.float32([5.0, 0.5, -1.0]),
    }


def said(model, frames):
    return np.array([model.step(**frame(seed)).copy() for seed in frames])


@pytest.fixture(scope="module")
def model():
    return open_model("stream")


def test_the_shipped_model_is_in_two_files(model):
    assert isinstance(model, TwoPartModel)
    assert model.info.name == "stream" and model.info.lookahead == 2
    assert {"mel", "energy", "side", "voice"} <= model.info.inputs.keys()
    assert catalog.model_path("stream").name == "stream.hear.onnx"
    assert catalog.model_path("stream", "low").name == "stream.low.hear.onnx"
    assert catalog.saying_path("stream").name == "stream.say.onnx"
    assert open_model("stream", "low").info.lookahead == 0
    assert "stream" in catalog.model_paths() and not any("." in name for name in catalog.model_paths())


def test_a_model_in_one_file_has_no_second():
    assert catalog.saying_path("autoencoder") is None
    assert isinstance(open_model("autoencoder"), BlockModel)


def test_reset_forgets_what_was_said(model):
    model.remember(None)
    model.reset()
    first = said(model, range(12))
    model.reset()
    np.testing.assert_array_equal(said(model, range(12)), first)


def test_how_it_is_to_be_said_waits_for_what_is_heard(model):
    """Loudness that is asked for with a frame comes with that frame, two steps later."""
    model.remember(None)

    def said_with(energy_at):
        model.reset()
        out = []
        for step in range(30):
            given = frame(0) | {"side": np.float32([5.0, 1.0, 0.0 if step == energy_at else -4.0])}
            out.append(model.step(**given).mean())
        return np.array(out)

    change = np.abs(said_with(20) - said_with(None))
    assert np.all(change[:22] == 0.0) and change[22] > 0.1


def test_a_memory_changes_what_is_said_and_can_be_taken_back(model):
    random = np.random.default_rng(3)
    rows = random.standard_normal((model.memory.rows, model.memory.width)).astype(np.float32)
    model.remember(None)
    model.reset()
    plain = said(model, range(8))
    model.reset()
    model.remember(rows)
    assert np.abs(said(model, range(8)) - plain).mean() > 0.1
    model.reset()
    model.remember(None)
    np.testing.assert_array_equal(said(model, range(8)), plain)


def test_rows_that_are_not_there_are_never_found(model):
    random = np.random.default_rng(4)
    few = random.standard_normal((20, model.memory.width)).astype(np.float32)
    # The same with rows that lie too far away for any content.
    far = np.full((model.memory.rows - 20, model.memory.width), 1e3, np.float32)

    def said_by(rows):
        model.reset()
        model.remember(rows)
        model._saying.hold(recall=np.ones(1, np.float32))  # few rows are trusted less, which is not the point
        return said(model, range(8))

    np.testing.assert_allclose(said_by(few), said_by(np.concatenate([few, far])), atol=1e-4)


def test_a_small_memory_is_trusted_less(model):
    random = np.random.default_rng(5)
    rows = random.standard_normal((model.memory.rows, model.memory.width)).astype(np.float32)

    def moved(memory):
        model.reset()
        model.remember(memory)
        return said(model, range(8))

    plain, by_few = moved(None), moved(rows[:32])
    assert 0.0 < np.abs(by_few - plain).mean() < 0.5 * np.abs(moved(rows) - plain).mean()


def test_files_that_do_not_belong_together_are_refused(tmp_path):
    alone = StepModel(tiny_models.write(tmp_path / "tiny.onnx"))
    with pytest.raises(ModelError, match="do not belong together"):
        TwoPartModel(alone, alone)
