import dataclasses
import json

import numpy as np
import pytest

from rtvc import catalog
from rtvc.chain import build_chain
from rtvc.errors import ModelError, UsageError
from rtvc.frames import Frames
from rtvc.level import LevelTracker
from rtvc.listings import model_rows
from rtvc.mel import MelSpec
from rtvc.runtime import BlockModel, StepModel, load_model
from rtvc.settings import ChainSettings
from rtvc.voices import Voice, write_voice
from rtvc.windowed import WindowedConversion
from tests import tiny_models, tiny_windowed
from tests.rtvc.stage_rules import block_sizes, check_stage, noise, run

VOICE = Voice("a", "A", "F", float(np.log(200.0)), {"tiny": [0.0] * 4}, "MIT", "made up")
FLOOR = MelSpec().log_floor


def frames(count, seed=0):
    random = np.random.default_rng(seed)
    return Frames(
        log_mel=(-6.0 + random.standard_normal((count, 80))).astype(np.float32),
        f0_hz=np.full(count, 120.0, np.float32),
        voiced=np.ones(count, np.float32),
        log_energy=(-3.5 + 0.3 * random.standard_normal(count)).astype(np.float32),
    )


@pytest.fixture
def model(tmp_path):
    return BlockModel(tiny_windowed.write(tmp_path / "tiny.onnx"))


def test_the_rules_of_a_stage_hold(model):
    rate = MelSpec().sample_rate / MelSpec().hop
    check_stage(
        lambda: WindowedConversion(model, VOICE), frames(90), input_rate=rate, samples_per_item=256, slack=256
    )


def test_windows_are_joined_by_cross_fades(model):
    given = frames(60)
    stage = WindowedConversion(model, VOICE)
    out = stage.process(given)
    hold = tiny_windowed.WINDOW.hold
    assert stage.latency_samples == 256 * hold and len(out) == 60 - hold
    gain = LevelTracker(MelSpec().hop_seconds).process(given.log_energy)[:, None]
    want = tiny_windowed.expected(given.log_mel + gain, FLOOR) - gain
    np.testing.assert_allclose(out.log_mel, np.maximum(want[: len(out)], FLOOR), atol=1e-4)


def test_in_a_pause_nothing_is_louder_than_what_was_heard(tmp_path):
    model, given = BlockModel(tiny_windowed.write(tmp_path / "louder.onnx", share=-0.1)), frames(200)
    given.log_energy[100:140] -= 4.0
    given.log_mel[100:140] = FLOOR + 0.5
    out = WindowedConversion(model, VOICE).process(given).log_mel
    assert np.all(out[100:140] <= given.log_mel[100:140] + 1e-4)
    assert np.any(out[40:90] > given.log_mel[40:90] + 0.1), "in speech it may be"


def test_a_model_that_changes_nothing_changes_nothing(tmp_path):
    model = BlockModel(tiny_windowed.write(tmp_path / "tiny.onnx", share=0.0))
    given = frames(50)
    out = WindowedConversion(model, VOICE).process(given)
    np.testing.assert_allclose(out.log_mel, given.log_mel[: len(out)], atol=1e-5)


def test_a_model_that_is_told_the_voice_speaks_at_its_pitch(model, tmp_path):
    given = dataclasses.replace(frames(200), f0_hz=np.linspace(115, 125, 200, dtype=np.float32))
    out = WindowedConversion(model, VOICE).process(given)
    assert np.median(out.f0_hz) == pytest.approx(200.0, rel=0.06) and (out.voiced == 1.0).all()
    melody = np.corrcoef(out.f0_hz[50:], given.f0_hz[50 : len(out)])[0, 1]
    assert melody > 0.99


def test_silence_stays_silence(model):
    nothing = dataclasses.replace(
        frames(40), log_mel=np.full((40, 80), FLOOR, np.float32), log_energy=np.full(40, -13.8, np.float32)
    )
    assert np.all(WindowedConversion(model, VOICE).process(nothing).log_mel == np.float32(FLOOR))


def test_a_voice_the_model_cannot_speak_is_refused(tmp_path, model):
    stranger = dataclasses.replace(VOICE, id="b", embeddings={})
    with pytest.raises(ModelError, match="not made for the model tiny"):
        WindowedConversion(model, stranger)
    with pytest.raises(ModelError, match="has 3 numbers for tiny; it wants 4"):
        WindowedConversion(model, dataclasses.replace(VOICE, embeddings={"tiny": [0.0] * 3}))


def test_each_kind_is_loaded_as_what_it_is(tmp_path):
    windowed = tiny_windowed.write(tmp_path / "windowed.onnx")
    stateful = tiny_models.write(tmp_path / "stateful.onnx")
    assert isinstance(load_model(windowed), BlockModel)
    assert isinstance(load_model(stateful), StepModel)
    with pytest.raises(ModelError, match="cannot be run step by step"):
        StepModel(windowed)
    with pytest.raises(ModelError, match="cannot be run on blocks"):
        BlockModel(stateful)


def changed(**fields):
    table = json.loads(tiny_windowed.info().to_json())
    table.update(fields)
    return json.dumps({k: v for k, v in table.items() if v is not None})


@pytest.mark.parametrize(
    ("description", "says"),
    [
        (changed(window=None), "does not go with its window"),
        (changed(window={"left": 1}), "window makes no sense"),
        (changed(window={"left": 5, "step": 2, "fade": 4, "right": 3}), "no windows can be laid"),
        (changed(window={"left": 5, "step": 4, "fade": 2, "right": 9}), "inputs mel"),
        (changed(window={"left": 4, "step": 5, "fade": 2, "right": 3}), "shape of mel_out"),
        (changed(window={"left": 9999, "step": 4, "fade": 2, "right": 3}), "1024 is the most"),
        (changed(window={"left": 5.5, "step": 4, "fade": 2, "right": 2.5}), "left is 5.5"),
        (changed(kind="stateful"), "does not go with its window"),
        (changed(kind="digit-decoder"), "does not go with its"),
        (changed(image={"frames": 3, "low": 0.0, "high": 1.0}), "does not go with its image"),
        (changed(states={"a": [1]}), "yet it has states"),
    ],
)
def test_a_wrong_description_is_refused_with_a_sentence(tmp_path, description, says):
    path = tiny_windowed.write(tmp_path / "odd.onnx", description)
    with pytest.raises(ModelError, match=says) as caught:
        load_model(path)
    assert "odd.onnx" in str(caught.value)


@pytest.fixture
def own_model(tmp_path, monkeypatch):
    """A windowed model and a voice for it where the user's own are kept."""
    monkeypatch.setattr(catalog, "user_folder", lambda: tmp_path)
    for folder in ("models", "voices"):
        (tmp_path / folder).mkdir()
    tiny_windowed.write(tmp_path / "models" / "tiny.onnx")
    write_voice(VOICE, tmp_path / "voices" / "a.voice.json")


def test_the_chain_runs_a_windowed_model_by_its_name(own_model):
    chain = build_chain(ChainSettings(target="a", model="tiny"), 48000, 48000)
    usual = build_chain(ChainSettings(mode="resynth"), 48000, 48000)
    held_ms = 1000.0 * tiny_windowed.WINDOW.hold * MelSpec().hop_seconds
    assert 1000.0 * (chain.latency_seconds - usual.latency_seconds) == pytest.approx(held_ms, abs=0.1)
    sound = noise(30000)
    whole = run(chain, sound)
    chain.reset()
    np.testing.assert_array_equal(run(chain, sound, block_sizes(len(sound))), whole)
    assert any(row["name"] == "tiny" and row["system"] == "autoencoder" for row in model_rows())


def test_partials_stay_where_they_are_in_a_longer_mouth(own_model):
    chain = build_chain(ChainSettings(target="a", model="tiny", formant_semitones=-3.0), 48000, 48000)
    names = [type(stage).__name__ for stage in chain.stages]
    assert names.index("FormantShift") < names.index("MelComb") < names.index("Vocoder")


def test_what_a_windowed_model_cannot_do_is_said(own_model):
    with pytest.raises(UsageError, match="can't shift the pitch"):
        build_chain(ChainSettings(target="a", model="tiny", pitch_semitones=3.0), 48000, 48000)
    with pytest.raises(ModelError, match="not made for the model tiny"):
        build_chain(ChainSettings(target="p230", model="tiny"), 48000, 48000)


def test_a_vector_made_for_other_weights_of_the_name_is_refused(model):
    """A model of one's own hides the shipped one; the voices that one knew have vectors too."""
    stage = WindowedConversion(model, VOICE)
    other = dataclasses.replace(VOICE, id="b")
    with pytest.raises(ModelError, match="tiny speaks as a only, not as b"):
        stage.speak_as(other)
    with pytest.raises(ModelError, match="not as b"):
        WindowedConversion(model, dataclasses.replace(VOICE, id="a:0.5,b:0.5"))
    stage.speak_as(dataclasses.replace(VOICE, id="A:1"))
