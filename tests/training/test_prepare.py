import json
import sys

import numpy as np
import pytest
import soundfile

from rtvc.errors import UsageError
from tests.training import corpus_layouts
from training import prepare as prepare_module
from training.front_ends import FRONT_ENDS
from training.prepare import Recipe, dequantise, main, prepare


def index_of(cache):
    return json.loads((cache / "index.json").read_text())


def test_every_layout_becomes_a_cache(tmp_path):
    writers = {
        "vctk": corpus_layouts.write_vctk_080,
        "fsdd": corpus_layouts.write_fsdd,
        "audiomnist": corpus_layouts.write_audiomnist,
        "folders": corpus_layouts.write_folders,
    }
    for name, write in writers.items():
        root = write(tmp_path / name)
        recipe = Recipe(FRONT_ENDS["digits8k" if name == "fsdd" else "voice"], trim=True)
        assert prepare(root, tmp_path / "cache" / name, 1, recipe) == []
        mel = np.load(tmp_path / "cache" / name / "mel.npy", mmap_mode="r")
        rows = index_of(tmp_path / "cache" / name)
        assert mel.shape[1] == recipe.mel.n_mels
        assert rows[-1]["start"] + rows[-1]["frames"] == len(mel)
        assert dequantise(mel[:]).max() > -2.0


def test_an_interrupted_run_goes_on_and_a_finished_one_rests(tmp_path, monkeypatch):
    root = corpus_layouts.write_folders(tmp_path / "corpus")
    cache = tmp_path / "cache"

    def killed(*args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(prepare_module, "_assemble", killed)
        with pytest.raises(KeyboardInterrupt):
            prepare(root, cache, 1)
    made = {path.name: path.stat().st_mtime_ns for path in (cache / "parts").iterdir()}
    assert len(made) == 10
    next((cache / "parts").iterdir()).unlink()

    with monkeypatch.context() as patch:
        patch.setattr(prepare_module.shutil, "rmtree", lambda path: None)
        prepare(root, cache, 1)
    again = {path.name: path.stat().st_mtime_ns for path in (cache / "parts").iterdir()}
    assert sum(again[name] != made[name] for name in made) == 1

    monkeypatch.setattr(prepare_module, "_make_parts", killed)
    assert prepare(root, cache, 1) == []
    (root / "flute" / "take0.flac").touch()
    with pytest.raises(KeyboardInterrupt):
        prepare(root, cache, 1)


def test_corrupt_silent_and_short_files_are_listed(tmp_path, monkeypatch, capsys):
    root = corpus_layouts.write_folders(tmp_path / "corpus", clips=2)
    (root / "flute" / "broken.wav").write_bytes(b"RIFF\0\0\0\0WAVE")
    soundfile.write(root / "flute" / "silent.wav", np.zeros(22050), 22050)
    soundfile.write(root / "flute" / "click.wav", np.ones(300) * 0.1, 22050)
    monkeypatch.setattr(sys, "argv", ["prepare", str(root), str(tmp_path / "cache"), "--jobs", "1"])
    assert main() == 0
    told = capsys.readouterr()
    for name, reason in (("broken", "Error"), ("silent", "holds no sound"), ("click", "too short")):
        assert [line for line in told.err.splitlines() if f"{name}.wav" in line and reason in line], told.err
    assert "4 clips" in told.out and "3 left out" in told.out


def test_silent_ends_are_cut(tmp_path):
    root = corpus_layouts.write_folders(tmp_path / "corpus", clips=1, names=("one",))
    audio, rate = soundfile.read(root / "one" / "take0.flac")
    soundfile.write(
        root / "one" / "take0.flac", np.concatenate([np.zeros(rate), audio, np.zeros(rate)]), rate
    )
    for trim in (True, False):
        prepare(root, tmp_path / str(trim), 1, Recipe(trim=trim))
    trimmed, whole = (index_of(tmp_path / str(trim))[0]["frames"] for trim in (True, False))
    assert whole == pytest.approx(2.9 * rate / 256, abs=2)
    assert trimmed == pytest.approx(1.15 * rate / 256, abs=8)


def test_nothing_to_prepare_is_a_sentence(tmp_path, monkeypatch, capsys):
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "broken.wav").write_bytes(b"no sound")
    for source, says in ((tmp_path, "None of the 1 clips"), (tmp_path / "missing", "neither a folder")):
        monkeypatch.setattr(sys, "argv", ["prepare", str(source), str(tmp_path / "cache")])
        assert main() != 0
        assert says in capsys.readouterr().err


def test_clips_are_said_again_on_demand_and_by_what_hears_them_only(tmp_path, monkeypatch, capsys):
    def prepared(*options):
        command = ["training.prepare", str(tmp_path / "corpus"), str(tmp_path / "cache"), "--jobs", "1"]
        monkeypatch.setattr(sys, "argv", [*command, *options])
        return main()

    corpus_layouts.write_vctk_080(tmp_path / "corpus")
    assert prepared("--said-again") == 0
    again, mel = (np.load(tmp_path / "cache" / f"{name}.npy") for name in ("again", "mel"))
    assert again.shape == mel.shape and (again != mel).mean() > 0.5
    assert prepared("--said-again", "--front-end", "digits8k") == UsageError.exit_code
    assert "which stream does not hear" in capsys.readouterr().err
