import tomllib

import pytest
import torch
from safetensors.torch import load_file

from tests.training.synthetic_corpus import stream_config, write_corpus
from training.prepare import main as prepare_main
from training.train_stream import Trainer
from training.train_stream_low import LowTrainer, prepare_folder
from training.voice_table import write_voices


@pytest.fixture
def config(tmp_path, monkeypatch):
    """Of a student whose teacher has had a few steps."""
    manifest = write_corpus(tmp_path / "corpus")
    monkeypatch.setattr("sys.argv", ["prepare", str(manifest), str(tmp_path / "cache"), "--jobs", "1"])
    assert prepare_main() == 0
    run = tmp_path / "stream"
    run.mkdir()
    text = stream_config(tmp_path, lookahead=2)
    (run / "config.toml").write_text(text)
    teacher = Trainer(tomllib.loads(text), run)
    for _ in range(20):
        teacher.step()
    teacher.save()
    write_voices(run)
    return {
        "seed": 3,
        "teacher": str(run),
        "data": {"batch": 4, "frames": 48},
        "optimiser": {
            "learning_rate": 3e-3,
            "warmup_steps": 5,
            "clip": 1.0,
            "minutes": 1.0,
            "average": 0.9,
        },
    }


def student(config, tmp_path):
    folder = tmp_path / "stream.low"
    prepare_folder(config, folder)
    return LowTrainer(config, folder)


def test_student_comes_nearer_and_goes_on_where_it_was(config, tmp_path):
    trainer = student(config, tmp_path)
    before = trainer.dev_distance()
    for _ in range(60):
        trainer.step()
    assert trainer.dev_distance() < 0.7 * before
    trainer.save()
    expected = trainer.step()
    again = student(config, tmp_path)
    assert again.resume() and again.steps == 60
    assert again.step() == pytest.approx(expected, rel=1e-4)


def test_only_the_content_encoder_differs_from_the_teacher(config, tmp_path):
    trainer = student(config, tmp_path)
    for _ in range(3):
        trainer.step()
    trainer.save()
    low = load_file(tmp_path / "stream.low" / "average.safetensors")
    full = load_file(tmp_path / "stream" / "average.safetensors")
    changed = {name for name in full if not torch.equal(low[name], full[name])}
    assert changed and all(name.startswith("stream.content.") for name in changed)
    assert "lookahead = 0" in (tmp_path / "stream.low" / "config.toml").read_text()
    assert (tmp_path / "stream.low" / "voices" / "low.voice.json").is_file()
