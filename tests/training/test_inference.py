import pickle
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from rtvc.errors import ModelError, UsageError
from tests.tiny_checkpoints import SHAPES, write_run
from tests.training import tiny_runs
from tests.training.synthetic_corpus import RATE, utterance
from training.inference import convert_audio, load_trained_model, main
from training.networks.saved import load_network
from training.train import train

CONFIG = """
system = "autoencoder"
[network]
content_channels = 12
content_hidden = 6
content_width = 4
decoder_hidden = 16
[data]
cache = "nowhere"
"""


@pytest.fixture
def clip(tmp_path):
    path = tmp_path / "sample.wav"
    soundfile.write(path, utterance(150.0, 1), RATE)
    return path


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text(CONFIG)
    return path


def test_a_sample_is_converted_to_each_speaker(tmp_path, clip, config):
    run = write_run(tmp_path / "run", "autoencoder")
    model, speakers = load_trained_model(run / "best.safetensors", config, num_speakers=2)
    assert speakers == ["p225", "p230"]
    first, second = (convert_audio(model, str(clip), target_speaker_id=i, config=config) for i in (0, 1))
    assert first.shape == (int(1.2 * RATE) // 256, 80) and np.isfinite(first).all()
    assert np.abs(first - second).max() > 1e-4
    with pytest.raises(UsageError, match="no speaker 2; there are 0 to 1"):
        convert_audio((model, speakers), clip, target_speaker_id=2)
    with pytest.raises(UsageError, match="can't be read as sound"):
        convert_audio(model, tmp_path / "missing.wav", target_speaker_id=0)


def test_training_leaves_a_file_of_plain_tensors(tmp_path, clip):
    cache = tiny_runs.write_cache(tmp_path, "autoencoder")
    config = tiny_runs.write_config(tmp_path / "tiny.toml", "autoencoder", cache, epochs=1)
    train(config, tmp_path / "run", accelerator="cpu")
    plain, speakers = load_trained_model(tmp_path / "run" / "best_model.pth", config, num_speakers=2)
    safe, _ = load_trained_model(tmp_path / "run" / "best.safetensors", config)
    assert speakers == ["p225", "p226"]
    np.testing.assert_array_equal(convert_audio(plain, clip, 1), convert_audio(safe, clip, 1))
    assert not torch.equal(plain.voices, torch.zeros_like(plain.voices))


class Malicious:
    def __reduce__(self):
        return Path.touch, (Path("owned"),)


def test_pickled_code_is_refused_and_not_run(tmp_path, config, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save({"weights": Malicious()}, tmp_path / "evil.pth")
    (tmp_path / "bare.pth").write_bytes(pickle.dumps(Malicious()))
    for name in ("evil.pth", "bare.pth"):
        with pytest.raises(ModelError, match="perhaps code; it was not opened"):
            load_trained_model(tmp_path / name, config)
    assert not (tmp_path / "owned").exists()


def test_a_checkpoint_that_does_not_fit_is_a_sentence(tmp_path, config):
    run = write_run(tmp_path / "run", "autoencoder")
    with pytest.raises(ModelError, match="knows 2 speakers, not 109"):
        load_trained_model(run / "best.safetensors", config, num_speakers=109)
    config.write_text(CONFIG.replace("content_width = 4", "content_width = 5"))
    with pytest.raises(ModelError, match="another network"):
        load_trained_model(run / "best.safetensors", config)
    config.write_text('system = "gan"')
    with pytest.raises(UsageError, match="autoencoder is needed"):
        load_trained_model(run / "best.safetensors", config)
    config.write_text(CONFIG)
    (tmp_path / "torn.pth").write_bytes(b"PK\x03\x04")
    with pytest.raises(ModelError, match="no checkpoint that can be read"):
        load_trained_model(tmp_path / "torn.pth", config)


def command(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["inference", *map(str, arguments)])
    return main()


@pytest.mark.parametrize("system", ["digits-cnn", "digits-mlp"])
def test_digits_are_spoken_and_regenerated(system, tmp_path, monkeypatch, capsys):
    checkpoint = write_run(tmp_path / "run", system) / "best.safetensors"
    assert load_network(checkpoint).network.config == SHAPES[system]
    monkeypatch.chdir(tmp_path)
    assert command(monkeypatch, "20 24", "--checkpoint", checkpoint, "--speaker", "theo") == 0
    sound, rate = soundfile.read(tmp_path / "out" / "20_24.wav")
    assert rate == 8000 and len(sound) > 4000 and np.abs(sound).max() > 0.01
    recorded = tmp_path / "recorded.wav"
    soundfile.write(recorded, utterance(120.0, 3), RATE)
    options = ("--checkpoint", checkpoint, "--regenerate", recorded, "--out", tmp_path / "again.wav")
    assert command(monkeypatch, "7", *options) == 0
    assert soundfile.info(tmp_path / "again.wav").samplerate == 8000
    assert "again.wav" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["abc"], "not made of the digits"),
        (["1", "--speaker", "anna"], "no speaker 'anna'"),
        (["12", "--regenerate", "x.wav"], "one digit"),
        (["1", "--regenerate", "x.wav"], "x.wav can't be read"),
    ],
)
def test_what_cannot_be_said_is_a_sentence(arguments, says, tmp_path, monkeypatch, capsys):
    checkpoint = write_run(tmp_path / "run", "digits-mlp") / "best.safetensors"
    assert command(monkeypatch, *arguments, "--checkpoint", checkpoint) == UsageError.exit_code
    assert says in capsys.readouterr().err
    assert command(monkeypatch, "1", "--checkpoint", tmp_path / "none.safetensors") == ModelError.exit_code
