import dataclasses
import sys

import numpy as np
import onnxruntime
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from export import systems, to_onnx
from export.block_graphs import blocks_of
from export.graph import OPSET
from export.half import halve
from rtvc import catalog
from rtvc.errors import ModelError
from rtvc.frames import Frames
from rtvc.latents import LatentMap
from rtvc.level import LevelTracker
from rtvc.mel import MelSpec
from rtvc.model_format import WINDOWED
from rtvc.runtime import BlockModel
from rtvc.voices import read_voice, write_voice
from rtvc.windowed import WindowedConversion
from tests.tiny_checkpoints import OWN_FACTS, PERSON, SHAPES, write_run
from training.networks.saved import load_network

ALL = tuple(SHAPES)


@pytest.mark.parametrize("system", ALL)
def test_exported_files_answer_like_the_network(system, tmp_path):
    run = write_run(tmp_path / "run", system)
    lines = systems.export_system(run, tmp_path / "out" / f"{system}.onnx")
    blocks = blocks_of(load_network(run / systems.BEST))
    assert all("of the network" in line for line in lines[: len(blocks)])
    info = BlockModel(tmp_path / "out" / f"{system}.onnx").info
    assert (info.name, info.system, info.voices) == (system, system, OWN_FACTS[system]["speakers"])
    assert info.lineage.endswith("seed 7, 41 steps")
    assert ("CC BY-SA" in info.licence) == system.startswith("digits")
    assert len(systems.verify_system(run, tmp_path / "out" / f"{system}.onnx")) == len(blocks)


def test_digit_encoder_and_decoder_fit_together(tmp_path):
    run = write_run(tmp_path / "run", "digits-cnn")
    systems.export_system(run, tmp_path / "digits.onnx")
    decoder = BlockModel(tmp_path / "digits.onnx")
    encoder = BlockModel(tmp_path / "encoders" / "digits.onnx")
    told = {"digit": np.eye(10, dtype=np.float32)[3], "speaker": np.float32([0, 1])}
    image = decoder.run(latent=np.zeros(4, np.float32), **told)
    assert decoder.info.latents == LatentMap([[[0.0] * 4] * 10] * 2, [np.eye(4).tolist()] * 10)
    assert image.shape == (64, 64) and 0.0 <= image.min() and image.max() <= 1.0
    posterior = encoder.run(image=image, **told)[0]
    network = load_network(run / systems.BEST).network
    with torch.no_grad():
        mean, log_variance = network.encode(*(torch.from_numpy(x)[None] for x in (image, *told.values())))
    np.testing.assert_allclose(posterior, torch.cat([mean, log_variance], dim=-1)[0], atol=1e-4)


@pytest.mark.parametrize("system", ["autoencoder", "gan"])
def test_streamed_through_the_engine_equals_torch_on_the_same_windows(system, tmp_path):
    run = write_run(tmp_path / "run", system)
    systems.export_system(run, tmp_path / f"{system}.onnx")
    model = BlockModel(tmp_path / f"{system}.onnx")
    saved = load_network(run / systems.BEST)
    (block,) = blocks_of(saved)
    assert block.kind == WINDOWED
    shipped, window, floor = systems.rounded(block), block.window, MelSpec().log_floor
    random = np.random.default_rng(0)
    mel = (-6.0 + 2.0 * random.standard_normal((200, 80))).astype(np.float32).clip(min=floor)
    energy = np.full(200, -3.4, np.float32)
    frames = Frames(mel, np.full(200, 100.0, np.float32), np.ones(200, np.float32), energy)
    speaker = saved.speakers[0]
    vector = saved.network.voices[0].tolist() if system == "autoencoder" else []
    voice = systems._fresh_voice(saved, speaker) if vector else read_voice(some_voice(tmp_path, speaker))
    voice = dataclasses.replace(voice, embeddings={system: vector})
    streamed = WindowedConversion(model, voice).process(frames).log_mel

    gain = LevelTracker(MelSpec().hop_seconds).process(energy)[:, None]
    heard = np.concatenate([np.full((window.left, 80), floor, np.float32), np.maximum(mel + gain, floor)])
    given = [torch.tensor([[vector]])] if vector else []
    weight = np.zeros((200 + window.body, 1))
    total = np.zeros((200 + window.body, 80))
    fade = np.ones((window.body, 1))
    fade[: window.fade, 0] = (np.arange(window.fade) + 0.5) / window.fade
    for start in range(0, len(heard) - window.frames + 1, window.step):
        with torch.no_grad():
            body = shipped(torch.from_numpy(heard[start : start + window.frames])[None], *given)[0]
        old = np.minimum(weight[start : start + window.body], 1.0 - fade)
        total[start : start + window.body] = total[start : start + window.body] * old + body.numpy() * (
            1 - old
        )
        weight[start : start + window.body] = 1.0
    want = np.maximum(total[: len(streamed)] - gain[: len(streamed)], floor)
    assert np.abs(streamed - want).max() < 1e-3


def some_voice(folder, speaker):
    saved = dataclasses.replace(
        load_network(write_run(folder / "other", "autoencoder") / systems.BEST),
        facts={"people": {speaker: PERSON}},
    )
    path = folder / "some.voice.json"
    write_voice(systems._fresh_voice(saved, speaker), path)
    return path


def test_weights_are_stored_in_half_precision_without_a_loss_of_their_own():
    weight = np.random.default_rng(0).standard_normal((64, 64)).astype(np.float32)
    rounded, few = weight.astype(np.float16).astype(np.float32), np.ones(8, np.float32)
    tensors = {"rounded": rounded, "other": weight, "few": few}
    graph = helper.make_graph(
        [
            helper.make_node("Add", ["rounded", "other"], ["sum"]),
            helper.make_node("Identity", ["few"], ["same"]),
        ],
        "graph",
        [],
        [helper.make_tensor_value_info("sum", 1, [64, 64]), helper.make_tensor_value_info("same", 1, [8])],
        [numpy_helper.from_array(tensor, name) for name, tensor in tensors.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=10)
    halve(model)
    assert [tensor.data_type for tensor in model.graph.initializer] == [
        TensorProto.FLOAT16,
        TensorProto.FLOAT,
        TensorProto.FLOAT,
    ]
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    np.testing.assert_array_equal(session.run(["sum"], {})[0], rounded + weight)


def test_weights_that_half_precision_cannot_say_are_not_shipped(tmp_path, monkeypatch):
    run = write_run(tmp_path / "run", "digits-mlp")
    monkeypatch.setattr(
        systems, "round_weights", lambda module: [w.data.mul_(1.5) for w in module.parameters()]
    )
    with pytest.raises(ModelError, match="Half-precision weights change"):
        systems.export_system(run, tmp_path / "out" / "digits.onnx")
    assert not list((tmp_path / "out").iterdir())


@pytest.mark.parametrize("system", ["autoencoder", "digits-cnn"])
def test_installed_it_is_found_by_its_name(system, tmp_path, monkeypatch):
    run = write_run(tmp_path / "mine", system)
    monkeypatch.setattr(sys, "argv", ["to_onnx.py", "--checkpoint", str(run), "--install"])
    monkeypatch.setattr(catalog, "user_folder", lambda: tmp_path / "Zoë")
    monkeypatch.setattr(to_onnx, "user_folder", catalog.user_folder)
    assert to_onnx.main() == 0
    assert catalog.model_path("mine") == tmp_path / "Zoë" / "models" / "mine.onnx"
    if system == "autoencoder":
        assert "mine" in catalog.voice("p230").embeddings
    else:
        assert catalog.encoder_path("mine").parent == tmp_path / "Zoë" / "encoders"


def test_voices_learn_the_new_model_and_keep_the_old(tmp_path):
    run = write_run(tmp_path / "run", "autoencoder")
    systems.export_system(run, tmp_path / "out" / "first.onnx")
    systems.export_system(run, tmp_path / "out" / "second.onnx")
    voice = read_voice(tmp_path / "out" / "voices" / "p230.voice.json")
    assert set(voice.embeddings) == {"first", "second"}
    assert np.linalg.norm(voice.embedding("first")) == pytest.approx(1.0, abs=1e-3)
    assert voice.licence == "CC BY 4.0" and voice.gender == "F"


def test_a_graph_that_differs_is_not_written(tmp_path, monkeypatch):
    run = write_run(tmp_path / "run", "digits-mlp")

    def damaged(module, *arguments):
        with torch.no_grad():
            module.network.leave.bias += 0.01
            module.network.body.up[-1].bias += 0.1
        return to_graph(module, *arguments)

    to_graph = systems.to_graph
    monkeypatch.setattr(systems, "to_graph", damaged)
    with pytest.raises(ModelError, match="differs from the network"):
        systems.export_system(run, tmp_path / "out" / "digits.onnx")
    assert not list((tmp_path / "out").iterdir())


@pytest.mark.parametrize("damage", [b"", b"no weights", None])
def test_a_damaged_checkpoint_is_a_sentence(tmp_path, damage):
    run = write_run(tmp_path / "run", "digits-mlp")
    path = run / systems.BEST
    path.write_bytes(path.read_bytes()[:-100] if damage is None else damage)
    with pytest.raises(ModelError, match="no checkpoint that can be read"):
        systems.export_system(run, tmp_path / "out.onnx")
