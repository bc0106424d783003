import csv
import tomllib
from pathlib import Path

import numpy as np
import pytest

from tests.training.synthetic_corpus import stream_config, write_corpus
from training.manifest import Clip, read_manifest
from training.parallel import align, main, sentence
from training.prepare import prepare
from training.speech_batches import read_parallel
from training.train_stream import Trainer


def clip(corpus, stem, transcript=""):
    return Clip(Path(f"{stem}.flac"), corpus, "a", "F", transcript, "train")


def test_sentences_are_told_by_words_or_by_number():
    assert sentence(clip("vctk", "p225_001", "Please call Stella!")) == "please call stella"
    assert sentence(clip("vcc2016", "SF1_100088")) == sentence(clip("vcc2016", "TM1_100088"))
    assert sentence(clip("vcc2016", "SF1_100088")) != sentence(clip("vcc2018", "VCC2SF1_100088"))
    assert sentence(clip("cmu", "a_0001")) == ""


def test_alignment_finds_what_was_said_slower():
    random = np.random.default_rng(3)
    said = np.cumsum(random.standard_normal((60, 8)), axis=0).astype(np.float32)
    slower = np.repeat(said, 2, axis=0)
    place, cost = align(said, slower)
    assert np.abs(place - (2 * np.arange(60) + 0.5)).max() < 2.0
    assert cost < 1e-3
    assert np.all(np.diff(align(slower, said)[0]) >= 0.0), "time never runs backwards"


def test_another_sentence_costs_more():
    random = np.random.default_rng(4)
    first, second = (random.standard_normal((50, 8)).astype(np.float32) for _ in range(2))
    assert align(first, second)[1] > 2.0 * align(first, first + 0.1)[1]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """Clips of one number hold one sentence, said by two who are trained on and one who is not."""
    folder = tmp_path_factory.mktemp("data")
    manifest = write_corpus(folder / "corpus")
    rows = list(csv.reader(manifest.read_text().splitlines()))
    names = "one two three".split()
    for row in rows[1:]:
        row[rows[0].index("transcript")] = names[int(Path(row[0]).stem[-1])]
    with manifest.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    assert prepare(manifest, folder / "cache", jobs=1) == []
    return folder


def run_of(folder, text):
    (folder / "run").mkdir()
    (folder / "run" / "config.toml").write_text(text)
    trainer = Trainer(tomllib.loads(text), folder / "run")
    trainer.step()
    trainer.save()
    return folder / "run"


def test_pairs_are_found_and_trained_on(corpus, tmp_path, monkeypatch, capsys):
    text = stream_config(corpus)
    run = run_of(tmp_path, text)
    paths = [str(corpus / "corpus/MANIFEST.csv"), str(corpus / "cache")]
    sets = str(corpus / "corpus/sets.toml")
    monkeypatch.setattr("sys.argv", ["parallel", *paths, "--run", str(run), "--sets", sets])
    assert main() == 0
    assert "6 clips" in capsys.readouterr().out
    pairs = read_parallel(corpus / "cache")
    assert len(pairs) == 6 and all(len(found) == 1 for found in pairs.values())
    frames = {e.start: e.frames for e in Trainer(tomllib.loads(text), run).batches.of_speaker["low"]}
    assert all(len(pairs[start][0]) == count for start, count in frames.items())

    config = tomllib.loads(text)
    config["data"]["parallel_share"] = 1.0
    config["loss"] = {"lent": 1.0}
    config["optimiser"]["trained"] = ["stream", "known"]
    trainer = Trainer(config, run)
    batch = trainer.batches.sample(4, 48, 48)
    assert not batch.heard.is_own.any()
    assert (batch.heard.speaker == 1 - batch.speaker).all(), "of two speakers it is the other one"
    assert batch.heard.mel.shape == batch.mel.shape
    assert {"consistency", "adversary"} <= trainer.step().keys()


def test_clips_are_lent_another_voice(corpus, tmp_path):
    config = tomllib.loads(stream_config(corpus))
    config["loss"] = {"lent": 1.0}
    config["optimiser"]["trained"] = ["stream", "known"]
    trainer = Trainer(config, tmp_path)
    loss, batch, sources = trainer.loss, trainer.batches.sample(4, 48, 48), trainer.batches.sample(4, 48, 48)
    own = loss._content(batch.mel, batch.side[..., 2:]).detach()
    median = trainer.batches.log_f0_median
    heard = loss._heard(batch, batch.mel, batch.side, own, sources, median)
    assert heard.mel.shape == batch.mel.shape and not np.allclose(heard.mel.detach(), batch.mel)
    assert (heard.speaker == sources.speaker).all()


def test_nothing_said_twice_is_said(tmp_path, monkeypatch, capsys):
    manifest = write_corpus(tmp_path / "corpus")
    assert prepare(manifest, tmp_path / "cache", jobs=1) == []
    run = run_of(tmp_path, stream_config(tmp_path))
    sets = str(tmp_path / "corpus/sets.toml")
    arguments = ["parallel", str(manifest), str(tmp_path / "cache"), "--run", str(run), "--sets", sets]
    monkeypatch.setattr("sys.argv", arguments)
    assert main() == 1
    assert "No sentence" in capsys.readouterr().out
    assert not (tmp_path / "cache" / "parallel.npz").exists()
    assert read_manifest(manifest)
