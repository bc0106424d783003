"""Training of `timbre` from a corpus of two made-up instruments to a model file that plays them."""

import json

import numpy as np
import pytest
import soundfile

from export.systems import export_system
from rtvc.errors import UsageError
from rtvc.harmonic_synth import HarmonicSynth
from rtvc.mel import MelSpec
from rtvc.partials import Partials
from training.cache import FeatureCache
from training.config import parse_config
from training.evaluate import evaluate
from training.loop import CURVE
from training.partials import BANDS, HARMONICS
from training.prepare import Recipe, prepare
from training.systems.registry import make_system
from training.train import train

SPEC = MelSpec()
CONFIG = """
system = "timbre"
seed = 3
[network]
head = "{head}"
channels = 16
dilations = [1]
[data]
cache = "{cache}"
renders = "{renders}"
instruments = ["dull", "bright"]
frames = 48
[training]
epochs = {epochs}
batch = 4
learning_rate = 1e-2
"""


def note(random, slope):
    """Two seconds of harmonics that fall off like this, and a little noise."""
    frames = 170
    f0_hz = random.uniform(200.0, 600.0) * 2 ** (0.01 * np.sin(np.arange(frames) / 3.0))
    tones = np.zeros((frames, HARMONICS), np.float32)
    tones[10:-10] = 0.2 * np.arange(1, HARMONICS + 1) ** -slope * (np.arange(HARMONICS) < 12)
    noise = np.full((frames, BANDS), 5e-4, np.float32)
    return HarmonicSynth(SPEC, HARMONICS, BANDS).process(Partials(f0_hz.astype(np.float32), tones, noise))


def write_corpus(root, names=("dull", "bright"), clips=6):
    random = np.random.default_rng(0)
    for name in names:
        (root / name).mkdir(parents=True)
        for take in range(clips):
            sound = note(random, {"dull": 3.0, "bright": 1.0}[name])
            soundfile.write(root / name / f"{take}.flac", sound, SPEC.sample_rate)
    return root


@pytest.fixture(scope="module")
def caches(tmp_path_factory):
    folder = tmp_path_factory.mktemp("timbre")
    recipe = Recipe(partials=True)
    assert prepare(write_corpus(folder / "takes"), folder / "cache", 1, recipe) == []
    assert prepare(write_corpus(folder / "renders", ("dull",)), folder / "more", 1, recipe) == []
    return folder / "cache", folder / "more"


def config_text(caches, head="harmonics", epochs=30):
    cache, renders = (path.as_posix() for path in caches)
    return CONFIG.format(head=head, cache=cache, renders=renders, epochs=epochs)


def test_the_cache_has_melody_harmonics_and_noise(caches):
    cache = FeatureCache(caches[0])
    entry = cache.entries[0]
    partials, side = cache.partials(entry), cache.side(entry)
    assert partials.shape == (entry.frames, HARMONICS + BANDS) and side.dtype == np.float32
    heard = side[:, 1] == 1.0
    assert heard.mean() > 0.8
    np.testing.assert_allclose(np.square(np.exp(partials[heard])).sum(axis=1), 1.0, rtol=0.02)


@pytest.mark.parametrize("head", ["harmonics", "mels"])
def test_it_learns_is_judged_and_becomes_a_model(head, caches, tmp_path):
    config = tmp_path / "timbre.toml"
    config.write_text(config_text(caches, head))
    run = tmp_path / "run"
    train(config, run, accelerator="cpu")
    curve = [json.loads(line) for line in (run / CURVE).read_text().splitlines()]
    # The clips are few: what is learned of them is asked for, and that it is of use for others at all.
    terms = ("mel",) if head == "mels" else ("tone_log", "tone_linear", "noise")
    first, last = (sum(row[name] for name in terms) for row in (curve[0], curve[-1]))
    assert last < 0.5 * first and min(row["val"] for row in curve) < 0.9 * curve[0]["val"]
    report = evaluate(run, None, None, 1, ["bright"])
    assert report.figures[-1]["clip"] == "mean" and (report.folder / "index.html").exists()
    (line,) = export_system(run, tmp_path / "timbre.onnx")
    assert "of the network" in line


def test_noise_is_learned_as_it_mostly_is_whatever_a_few_frames_have(caches):
    system = make_system(parse_config(config_text(caches)))
    batch = system.batch(0, 0)
    batch["side"][..., 1] = 1.0
    usual, wild = np.log(0.001), np.log(0.5)
    batch["partials"][..., HARMONICS:] = usual
    batch["partials"][:, ::10, HARMONICS:] = wild
    made = batch["partials"].exp()
    loss = {}
    for level in (usual, np.log(0.05)):  # what most frames have, and about the mean of all
        made[..., HARMONICS:] = np.exp(level)
        loss[level] = float(system._terms(batch, made)["noise"])
    assert loss[usual] < 0.5 * loss[np.log(0.05)]


def test_renders_of_what_was_recorded_are_instruments_of_their_own(caches):
    system = make_system(parse_config(config_text(caches)))
    assert system.speakers == ["bright", "dull", "dull (rendered)"]
    assert system.facts()["offered"] == ["bright", "dull"]
    assert system.facts()["corpora"] == ["renders", "takes"]
    assert 190.0 < float(system.network.lowest[0].exp()) < float(system.network.highest[0].exp()) < 610.0


def test_what_does_not_fit_is_told(caches, tmp_path):
    with pytest.raises(UsageError, match="no head 'loud'"):
        make_system(parse_config(config_text(caches, "loud")))
    nobody = config_text(caches).replace('"dull", "bright"', '"tuba"')
    with pytest.raises(UsageError, match="no training clips of the instruments"):
        make_system(parse_config(nobody))
    prepare(write_corpus(tmp_path / "plain", ("dull",), 5), tmp_path / "cache", 1)
    with pytest.raises(UsageError, match="without --partials"):
        FeatureCache(tmp_path / "cache").partials(FeatureCache(tmp_path / "cache").entries[0])
