import json
import re
import sys

import numpy as np
import pytest
import soundfile
from PIL import Image

from rtvc.errors import ModelError, UsageError
from tests.training import tiny_runs
from training.evaluate import main
from training.pictures import write_curves, write_mels
from training.train import train

PICTURES = {"autoencoder": 2, "gan": 1, "digits-cnn": 3, "digits-mlp": 3}


def trained(folder, system):
    cache = tiny_runs.write_cache(folder, system)
    config = tiny_runs.write_config(folder / "tiny.toml", system, cache, epochs=1)
    train(config, folder / "run", accelerator="cpu")
    return folder / "run"


def run_main(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["evaluate", *map(str, arguments)])
    return main()


@pytest.mark.parametrize("system", PICTURES)
def test_a_page_with_all_it_names(system, tmp_path, monkeypatch, capsys):
    run = trained(tmp_path, system)
    assert run_main(monkeypatch, run, "--clips", "2") == 0
    folder = run / "evaluation"
    page = (folder / "index.html").read_text()
    named = re.findall(r'src="([^"]+)"', page)
    assert all((folder / name).is_file() for name in named)
    assert sum(name.endswith(".png") for name in named) == PICTURES[system] + 1
    for name in named:
        if name.endswith(".wav"):
            sound, _ = soundfile.read(folder / name)
            assert len(sound) > 1000 and np.isfinite(sound).all()
    figures = json.loads((folder / "figures.json").read_text())
    assert figures and all(np.isfinite(v) for row in figures for v in row.values() if not isinstance(v, str))
    assert str(folder / "index.html").replace("\n", "") in capsys.readouterr().out.replace("\n", "")


def test_targets_can_be_named(tmp_path, monkeypatch, capsys):
    run = trained(tmp_path, "autoencoder")
    out = tmp_path / "page"
    assert (
        run_main(monkeypatch, run / "best.safetensors", "--target", "p226", "--clips", "1", "--out", out) == 0
    )
    assert [row["target"] for row in json.loads((out / "figures.json").read_text())] == ["p226"]
    assert run_main(monkeypatch, run, "--target", "nobody") == UsageError.exit_code
    assert "does not know the speaker 'nobody'" in capsys.readouterr().err


def test_what_cannot_be_evaluated_is_a_sentence(tmp_path, monkeypatch, capsys):
    assert run_main(monkeypatch, tmp_path / "missing") != 0
    run = trained(tmp_path / "gan", "gan")
    digits = tiny_runs.write_cache(tmp_path / "digits", "digits-cnn")
    assert run_main(monkeypatch, run, "--data", digits) == UsageError.exit_code
    assert "another front end" in capsys.readouterr().err
    (run / "best.safetensors").write_bytes(b"torn")
    assert run_main(monkeypatch, run) == ModelError.exit_code


def test_mels_are_drawn_low_notes_at_the_bottom(tmp_path):
    mel = np.full((10, 20), -10.0)
    mel[:, 0] = 2.0
    write_mels(tmp_path / "mel.png", [("one", mel), ("two", mel)])
    picture = np.asarray(Image.open(tmp_path / "mel.png")).sum(axis=-1)
    assert picture.shape == (2 * (60 + 24), 120)
    assert picture[16 + 59, 5] > 600 and picture[16 + 5, 5] < 30


def test_curves_are_drawn(tmp_path):
    rows = [{"step": float(i), "val": 1.0 / (i + 1)} for i in range(10)]
    write_curves(tmp_path / "curve.png", rows, ["val", "missing"])
    picture = np.asarray(Image.open(tmp_path / "curve.png"))
    assert (picture == [0x1F, 0x77, 0xB4]).all(axis=-1).sum() > 300


def test_a_figure_and_what_it_is_measured_against_share_a_scale(tmp_path):
    rows = [{"step": float(i), "val": 1.0 + i / 10, "val_identity": 1.5} for i in range(11)]
    write_curves(tmp_path / "curve.png", rows, ["val", "val_identity"])
    picture = np.asarray(Image.open(tmp_path / "curve.png"))
    red = np.flatnonzero((picture[60:-60, 300] == [0xD6, 0x27, 0x28]).all(axis=-1)) + 60
    middle = (50 + picture.shape[0] - 50) / 2
    assert np.abs(red - middle).max() < 4, "half-way between the smallest and the largest"
