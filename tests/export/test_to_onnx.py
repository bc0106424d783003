import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from safetensors.torch import save_file

from export import assets, to_onnx
from rtvc.errors import ModelError
from rtvc.mel import MelSpec
from rtvc.runtime import StepModel
from rtvc.voices import Voice, read_voice, write_voice
from training.networks.stream import AVERAGE, MADE_FROM, StreamConfig
from training.stream_losses import StreamSystem

ROOT = Path(__file__).resolve().parents[2]
CONFIG = """
system = "stream"
seed = 3
[network]
content_channels = 12
content_width = 6
decoder_channels = 12
lookahead = {lookahead}
[data]
reference_frames = 48
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return run_in(tmp_path_factory.mktemp("run"), lookahead=1)


@pytest.fixture(scope="module")
def exported(run, tmp_path_factory):
    """The file, and what was said of it. To export takes its time."""
    path = tmp_path_factory.mktemp("exported") / "out.onnx"
    return path, to_onnx.export_run(run, path)


def run_in(folder, lookahead):
    """A checkpoint folder as the trainer leaves it, of a tiny network with random weights."""
    torch.manual_seed(0)
    (folder / "config.toml").write_text(CONFIG.format(lookahead=lookahead))
    network = StreamConfig(content_channels=12, content_width=6, decoder_channels=12, lookahead=lookahead)
    system = StreamSystem(network, MelSpec(), speakers=4)
    save_file(system.state_dict(), folder / AVERAGE, metadata={"step": "17"})
    return folder


def test_exported_graph_answers_like_the_network(exported):
    path, line = exported
    assert "8-bit weights" in line
    model = StepModel(path)
    assert model.info.lookahead == 1
    assert model.info.lineage.endswith("seed 3, 17 steps")
    assert model.info.mel == MelSpec()
    matrices = [t for t in onnx.load(path).graph.initializer if len(t.dims) == 2]
    assert any(t.data_type == onnx.TensorProto.INT8 for t in matrices)


def test_a_network_without_lookahead_is_exported_too(tmp_path):
    to_onnx.export_run(run_in(tmp_path, lookahead=0), tmp_path / "out.onnx")
    assert StepModel(tmp_path / "out.onnx").info.lookahead == 0


def test_exported_encoder_answers_like_the_network(run, tmp_path):
    line = to_onnx.export_encoder(run, tmp_path / "out.onnx")
    assert "of the network" in line
    model = StepModel(tmp_path / "out.onnx")
    assert model.info.inputs == {"window": 48 * 80} and not model.info.states
    assert model.step(window=np.full(48 * 80, -5.0, np.float32)).shape == (128,)


def test_a_graph_that_differs_is_not_written(run, tmp_path, monkeypatch):
    def damaged(step, info):
        with torch.no_grad():
            step.stream.decoder.leave.bias += 0.01
            model = to_graph(step, info)
            step.stream.decoder.leave.bias -= 0.01
        return model

    to_graph = to_onnx.to_graph
    monkeypatch.setattr(to_onnx, "to_graph", damaged)
    with pytest.raises(ModelError, match="differs from the network"):
        to_onnx.export_run(run, tmp_path / "out.onnx")
    assert not list(tmp_path.iterdir())


def test_a_damaged_checkpoint_is_a_sentence(tmp_path, capsys, monkeypatch):
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "config.toml").write_text(CONFIG)
    (broken / AVERAGE).write_bytes(b"no weights")
    monkeypatch.setattr(
        sys, "argv", ["to_onnx.py", "--checkpoint", str(broken), "--out", str(tmp_path / "x.onnx")]
    )
    assert to_onnx.main() == ModelError.exit_code
    assert "holds no checkpoint" in capsys.readouterr().err


def test_voices_of_other_weights_are_refused(run, tmp_path):
    (run / "voices").mkdir()
    (run / "voices" / MADE_FROM).write_text("16")
    with pytest.raises(ModelError, match="voices .* belong to step 16"):
        to_onnx.export_run(run, tmp_path / "out.onnx")
    (run / "voices" / MADE_FROM).unlink()


def test_runs_from_any_directory(tmp_path):
    script = ROOT / "export" / "to_onnx.py"
    done = subprocess.run([sys.executable, script, "--list"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_files_that_are_there_can_be_verified(run, exported, tmp_path, monkeypatch, capsys):
    target, before = tmp_path / "out.onnx", exported[0].read_bytes()
    target.write_bytes(before)
    arguments = ["to_onnx.py", "--checkpoint", str(run), "--out", str(target), "--verify"]
    monkeypatch.setattr(sys, "argv", arguments)
    assert to_onnx.main() == 0
    assert "8-bit weights change the mels" in capsys.readouterr().out and target.read_bytes() == before
    target.unlink()
    assert to_onnx.main() == ModelError.exit_code


def test_a_shipped_voice_keeps_its_vectors_for_other_models(tmp_path, monkeypatch):
    monkeypatch.setattr(assets, "ASSETS", tmp_path / "assets")
    monkeypatch.setattr(assets, "MANIFEST", tmp_path / "assets" / "manifest.json")
    voice = Voice("a", "A", "F", 5.2, {"stream": [1.0]}, "MIT", "made up")
    for folder, embeddings in (("run/voices", {"stream": [2.0]}), ("assets/voices", {"autoencoder": [3.0]})):
        (tmp_path / folder).mkdir(parents=True)
        write_voice(replace(voice, embeddings=embeddings), tmp_path / folder / "a.voice.json")
    assets.install(tmp_path / "run")
    found = read_voice(tmp_path / "assets" / "voices" / "a.voice.json")
    assert found.embeddings == {"stream": [2.0], "autoencoder": [3.0]}
