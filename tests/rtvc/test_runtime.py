import dataclasses
import json

import numpy as np
import pytest

from rtvc.errors import ModelError
from rtvc.model_format import FORMAT_VERSION, ModelInfo
from rtvc.runtime import StepModel
from tests import tiny_models


def test_state_goes_from_step_to_step(tmp_path):
    model = StepModel(tiny_models.write(tmp_path / "tiny.onnx"))
    frames = [tiny_models.frame(i) for i in range(5)]
    outputs = [model.step(**f).copy() for f in frames]
    np.testing.assert_array_equal(outputs[0], np.zeros(80))
    for previous, output in zip(frames, outputs[1:], strict=False):
        np.testing.assert_array_equal(output, previous["mel"])


def test_reset_starts_again(tmp_path):
    model = StepModel(tiny_models.write(tmp_path / "tiny.onnx"))
    model.step(**tiny_models.frame(0))
    model.step(**tiny_models.frame(1))
    model.step(**tiny_models.frame(2))
    model.reset()
    np.testing.assert_array_equal(model.step(**tiny_models.frame(3)), np.zeros(80))


def test_models_of_one_file_share_a_session_and_no_state(tmp_path):
    path = tiny_models.write(tmp_path / "tiny.onnx")
    one, other = StepModel(path), StepModel(path)
    assert one._session is other._session
    one.step(**tiny_models.frame(0))
    np.testing.assert_array_equal(other.step(**tiny_models.frame(1)), np.zeros(80))
    np.testing.assert_array_equal(one.step(**tiny_models.frame(2)), tiny_models.frame(0)["mel"])


def test_a_file_that_was_replaced_is_another_model(tmp_path):
    path = tiny_models.write(tmp_path / "tiny.onnx")
    assert StepModel(path).info.name == tiny_models.info().name
    tiny_models.write(path, tiny_models.info(name="replaced"))
    assert StepModel(path).info.name == "replaced"
    path.unlink()
    with pytest.raises(ModelError, match="There is no model file"):
        StepModel(path)


def test_description_survives_the_file(tmp_path):
    model = StepModel(tiny_models.write(tmp_path / "tiny.onnx"))
    assert model.info == tiny_models.info()
    assert model.provider == "CPUExecutionProvider"


def changed(**fields):
    table = json.loads(tiny_models.info().to_json())
    table.update(fields)
    return json.dumps({k: v for k, v in table.items() if v is not None})


@pytest.mark.parametrize(
    ("description", "says"),
    [
        ("", "does not describe itself"),
        ("{", "no JSON"),
        ("[]", "no JSON object"),
        (changed(format_version=FORMAT_VERSION + 1), "update the program"),
        (changed(format_version=0), "export it again"),
        (changed(format_version=None), "no format_version"),
        (changed(lookahead=None), "lacks lookahead"),
        (changed(colour="red"), "unknown fields: colour"),
        (changed(lookahead="two"), "lookahead"),
        (changed(lookahead=-1), "lookahead"),
        (changed(kind="magic"), "kind"),
        (changed(mel={"hop": 0}), "front end"),
        (changed(mel={"colour": 1}), "front end"),
        (changed(inputs={"mel": 81, "energy": 1, "side": 3, "voice": 128}), "inputs mel"),
        (changed(states={"last": [1, 1, 80]}), "inputs state.sum"),
        (changed(output="other"), "outputs"),
        (changed(states={"last": [1, 1, 0]}), "not positive"),
    ],
)
def test_a_wrong_description_is_refused_with_a_sentence(tmp_path, description, says):
    path = tiny_models.write(tmp_path / "odd.onnx", description)
    with pytest.raises(ModelError, match=says) as caught:
        StepModel(path)
    assert "odd.onnx" in str(caught.value)


def test_no_model_at_all(tmp_path):
    with pytest.raises(ModelError, match="no model file"):
        StepModel(tmp_path / "missing.onnx")
    text = tmp_path / "text.onnx"
    text.write_text("hello")
    with pytest.raises(ModelError, match="not a model that can be run"):
        StepModel(text)


def test_json_round_trip():
    info = tiny_models.info()
    assert ModelInfo.from_json(info.to_json()) == info
    assert dataclasses.is_dataclass(info)
