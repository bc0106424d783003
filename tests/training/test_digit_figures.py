"""The measures on clouds whose answers are known, and the command on a tiny corpus and a tiny model."""

import json
import sys

import numpy as np
import pytest

from tests.tiny_digits import write_decoder
from tests.training import corpus_layouts
from training import digit_figures, digit_judge
from training.digit_figures import main
from training.digit_measures import accuracy, frechet, inception_score, nearest, spread
from training.front_ends import FRONT_ENDS
from training.prepare import Recipe, prepare

DIGITS = np.repeat(np.arange(10), 50)


def cloud(seed, width=1.0, middle=0.0):
    return middle + width * np.random.default_rng(seed).standard_normal((500, 4))


def test_mush_scores_one_and_clear_digits_ten():
    assert inception_score(np.full((500, 10), 0.1)) == pytest.approx(1.0)
    assert inception_score(np.eye(10)[DIGITS]) == pytest.approx(10.0)
    assert inception_score(np.eye(10)[[3] * 500]) == pytest.approx(1.0), "one digit only"
    assert accuracy(np.eye(10)[DIGITS], DIGITS) == 1.0
    assert accuracy(np.eye(10)[(DIGITS + (DIGITS > 7)) % 10], DIGITS) == pytest.approx(0.8)


def test_half_as_wide_is_half_the_spread():
    apart = 100.0 * DIGITS[:, None]  # how far digits are from each other does not count
    assert spread(cloud(1, 0.5) + apart, DIGITS) == pytest.approx(0.5 * spread(cloud(1), DIGITS))


def test_copies_are_near_and_only_the_same_digit_counts():
    here, others = cloud(1), cloud(2)
    assert nearest(here, DIGITS, here.copy(), DIGITS).max() == 0.0
    assert (nearest(here, DIGITS, here.copy(), (DIGITS + 1) % 10) > 0.0).all()
    assert nearest(here, DIGITS, others, DIGITS).min() > 0.0


def test_frechet_of_normal_clouds_is_what_the_formula_says():
    wide, moved = cloud(1, 2.0), cloud(2, 1.0, middle=3.0)
    assert frechet(wide, wide) == pytest.approx(0.0, abs=1e-6)
    assert frechet(wide, moved) == pytest.approx(4 * 3.0**2 + 4 * (2.0 - 1.0) ** 2, rel=0.1)


@pytest.fixture
def corpus(tmp_path):
    root = corpus_layouts.write_fsdd(tmp_path / "corpus", takes=(0, 5, 6, 7, 8))
    assert prepare(root, tmp_path / "cache", 1, Recipe(FRONT_ENDS["digits8k"], trim=True)) == []
    return tmp_path / "cache"


def run(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["digit_figures", *map(str, arguments)])
    return main()


def test_the_table_and_a_judge_that_is_kept(corpus, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(digit_judge, "_EPOCHS", 1)
    monkeypatch.setattr(digit_judge, "_BATCH", 6)
    monkeypatch.setattr(digit_judge, "LEAST_ACCURACY", 0.0)
    model = write_decoder(tmp_path / "tiny.onnx", "tiny")
    given = [model, "--data", corpus, "--judge", tmp_path / "judge", "--clips", 2]
    assert run(monkeypatch, *given, "--json") == 0
    printed = capsys.readouterr()
    assert "The judge is trained on" in printed.err
    real, copies, made = json.loads(printed.out)
    assert real["spread_share"] == real["inception_share"] == 1.0 and made["clips"] == 20
    assert made["name"] == "tiny" and copies["clips"] == real["clips"]
    assert run(monkeypatch, *given) == 0
    printed = capsys.readouterr()
    assert printed.err == "" and "tiny" in printed.out


def test_what_cannot_be_measured_is_a_sentence(corpus, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(digit_figures, "model_paths", dict)
    monkeypatch.setattr(digit_judge, "_EPOCHS", 1)
    assert run(monkeypatch, "--data", corpus) == 4
    assert "There is no digit model to measure" in capsys.readouterr().err
    model = write_decoder(tmp_path / "tiny.onnx", "tiny")
    assert run(monkeypatch, model, "--data", tmp_path / "none") == 2
    assert "is no prepared corpus" in capsys.readouterr().err
    assert run(monkeypatch, model, "--data", corpus, "--corpus", "sc09") == 1
    assert "holds no train clips of digits of sc09" in capsys.readouterr().err
    monkeypatch.setattr(digit_judge, "LEAST_ACCURACY", 1.1)
    assert run(monkeypatch, model, "--data", corpus, "--judge", tmp_path / "judge") == 1
    assert "below 110% it says nothing about others" in capsys.readouterr().err
