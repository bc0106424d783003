import shutil
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
from rtvc.two_part import TwoPartModel
from rtvc.voice_memory import cosines
from rtvc.voices import Voice, read_voice, write_voice
from training.networks.recall import RecallConfig
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
    """The folder of its two files, and what was said of them. To export takes its time."""
    folder = tmp_path_factory.mktemp("exported")
    return folder, to_onnx.export_run(run, folder / "out.onnx")


def run_in(folder, lookahead):
    """A checkpoint folder as the trainer leaves it, of a tiny network with random weights."""
    torch.manual_seed(0)
    (folder / "config.toml").write_text(CONFIG.format(lookahead=lookahead))
    network = StreamConfig(content_channels=12, content_width=6, decoder_channels=12, lookahead=lookahead)
    system = StreamSystem(network, MelSpec(), speakers=4)
    save_file(system.state_dict(), folder / AVERAGE, metadata={"step": "17"})
    return folder


def two_parts(folder):
    return TwoPartModel(StepModel(folder / "out.hear.onnx"), StepModel(folder / "out.say.onnx"))


def test_exported_graphs_answer_like_the_network(exported):
    folder, lines = exported
    assert len(lines) == 2 and all("8-bit weights" in line for line in lines)
    for name in ("out.hear.onnx", "out.say.onnx"):
        matrices = [t for t in onnx.load(folder / name).graph.initializer if len(t.dims) == 2]
        assert any(t.data_type == onnx.TensorProto.INT8 for t in matrices)
    model = two_parts(folder)
    assert model.info.lookahead == 1
    assert model.info.lineage.endswith("seed 3, 17 steps")
    assert model.info.mel == MelSpec()
    assert model.memory.content == 6


@torch.no_grad()
def test_both_parts_together_are_the_network_where_nothing_is_remembered(run, exported):
    network, model = to_onnx.load_run(run).stream, two_parts(exported[0])
    state, random, differences = network.initial_state(), np.random.default_rng(0), []
    for _ in range(40):
        mel, energy = random.standard_normal(80) * 2.0 - 5.0, random.standard_normal(1)
        side = random.standard_normal(3) * [0.3, 0.5, 1.0] + [5.0, 0.5, -1.0]
        given = [x.astype(np.float32) for x in (mel, energy, side, random.standard_normal(128))]
        tensors = [torch.from_numpy(x)[None, None] for x in given]
        expected, state = network(*tensors[:3], tensors[3][:, 0], state)
        said = model.step(*given)
        differences.append(np.abs(said - expected[0, 0].numpy()).mean())
    assert np.mean(differences) < 0.1, "all that 8-bit weights may change"


def test_what_is_remembered_is_moved_to(exported):
    model, random = two_parts(exported[0]), np.random.default_rng(1)
    side, voice = np.float32([5.0, 1.0, 0.0]), np.zeros(128, np.float32)

    def shape_said(remembered):
        """How the spectrum falls, in the end, after a steady sound."""
        model.reset()
        model.remember(remembered)
        for _ in range(20):
            mel = model.step(np.full(80, -4.0, np.float32), np.zeros(1, np.float32), side, voice).copy()
        return mel @ cosines(80, 1)[0]

    rows = random.standard_normal((model.memory.rows, model.memory.width)).astype(np.float32)
    steep, flat = rows.copy(), rows.copy()
    steep[:, 0], flat[:, 0] = 20.0, -20.0
    apart = shape_said(steep) - shape_said(flat)
    assert apart == pytest.approx(RecallConfig().shape_share * 40.0, rel=0.05)
    assert shape_said(flat) < shape_said(None) < shape_said(steep)


def test_a_network_without_lookahead_is_exported_too(tmp_path):
    low = tmp_path / "out.low"
    low.mkdir()
    lines = to_onnx.export_run(run_in(low, lookahead=0), tmp_path / "out.low.onnx")
    assert len(lines) == 1, "it only hears: what was heard is said as ever"
    assert StepModel(tmp_path / "out.low.hear.onnx").info.lookahead == 0


def test_exported_encoder_answers_like_the_network(run, tmp_path):
    line = to_onnx.export_encoder(run, tmp_path / "out.onnx")
    assert "of the network" in line
    model = StepModel(tmp_path / "out.onnx")
    assert model.info.inputs == {"window": 48 * 80} and not model.info.states
    assert model.step(window=np.full(48 * 80, -5.0, np.float32)).shape == (128,)


def test_a_graph_that_differs_is_not_written(run, tmp_path, monkeypatch):
    def damaged(part, *more):
        with torch.no_grad():
            part.content.enter.bias += 0.1
        return to_graph(part, *more)

    to_graph = to_onnx.graph.to_graph
    monkeypatch.setattr(to_onnx.graph, "to_graph", damaged)
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
    target, parts = tmp_path / "out.onnx", sorted(exported[0].glob("*.onnx"))
    for part in parts:
        shutil.copy(part, tmp_path)
    arguments = ["to_onnx.py", "--checkpoint", str(run), "--out", str(target), "--verify"]
    monkeypatch.setattr(sys, "argv", arguments)
    assert to_onnx.main() == 0
    assert capsys.readouterr().out.count("8-bit weights change what it puts out") == 2
    assert all((tmp_path / part.name).read_bytes() == part.read_bytes() for part in parts)
    (tmp_path / parts[0].name).unlink()
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
