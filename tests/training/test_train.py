import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from rtvc.errors import ModelError, UsageError
from tests.training import tiny_runs
from training import checkpoint
from training.config import parse_config
from training.loop import Loop
from training.said_again import write
from training.systems.base import NETWORK
from training.systems.registry import make_system
from training.train import main, make_fabric, train

ROOT = Path(__file__).parents[2]
ALL = tuple(tiny_runs.CONFIGS)


@pytest.fixture(scope="module")
def caches(tmp_path_factory):
    """One prepared corpus for each system, made when it is first asked for."""
    made = {}

    def cache(system):
        key = "digits" if system.startswith("digits") else system
        if key not in made:
            made[key] = tiny_runs.write_cache(tmp_path_factory.mktemp(key), system)
        return made[key]

    return cache


def loop_of(system, cache, folder, epochs=2):
    folder.mkdir(parents=True, exist_ok=True)
    config = parse_config(tiny_runs.config_text(system, cache, epochs))
    fabric = make_fabric(folder, "cpu")
    fabric.launch()
    return Loop(make_system(config), fabric, folder)


def curve(folder):
    return [json.loads(line) for line in (folder / "curve.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("system", ALL)
def test_a_run_leaves_what_is_needed_later(system, caches, tmp_path):
    config = tiny_runs.write_config(tmp_path / "tiny.toml", system, caches(system))
    folder = tmp_path / "run"
    assert "all epochs are done" in train(config, folder, accelerator="cpu")
    assert (folder / "config.toml").read_text() == config.read_text()
    assert [line["epoch"] for line in curve(folder)] == [1, 2]
    assert list((folder / "tensorboard").glob("events.*"))
    parts, facts = checkpoint.read(folder / "best.safetensors")
    assert facts["system"] == system and facts["speakers"] and facts["mel"]["n_mels"] in (64, 80)
    assert set(parts) == {NETWORK}
    best = min(line["val"] for line in curve(folder))
    assert facts["progress"]["best"] == pytest.approx(best, rel=1e-5)


@pytest.mark.parametrize("system", ALL)
def test_loss_falls_on_one_batch(system, caches, tmp_path):
    loop = loop_of(system, caches(system), tmp_path)
    batch = loop.system.batch(0, 0)
    main_term = "l1" if system == "gan" else "reconstruction"
    first = loop.system.step(batch, 1)[main_term]
    for _ in range(60):
        last = loop.system.step(batch, 1)[main_term]
    assert last < 0.6 * first


@pytest.mark.parametrize("system", ALL)
def test_resumed_training_is_the_same_training(system, caches, tmp_path):
    whole = loop_of(system, caches(system), tmp_path / "whole")
    expected = [whole.advance() for _ in range(4)]
    halted = loop_of(system, caches(system), tmp_path / "halted")
    for _ in range(2):
        halted.advance()
    halted.save()
    resumed = loop_of(system, caches(system), tmp_path / "halted")
    assert resumed.resume() and resumed.progress.step == 2
    for terms in expected[2:]:
        assert resumed.advance() == pytest.approx(terms, rel=1e-4)


def test_minutes_patience_and_plateau(caches, tmp_path):
    loop = loop_of("digits-mlp", caches("digits-mlp"), tmp_path, epochs=1000)
    assert loop.run(max_minutes=0.0) == "the minutes are over"
    loop.system.judge = lambda: {"val": 1.0}
    assert loop.run() == "no better val figure for 20 epochs"
    rates = [line["learning_rate"] for line in curve(tmp_path)]
    assert rates[0] == 3e-3 and rates[-1] == pytest.approx(3e-3 / 8)
    assert loop.progress.epoch == 21


def test_a_run_that_ends_within_an_epoch_is_judged_too(caches, tmp_path, monkeypatch):
    loop = loop_of("digits-mlp", caches("digits-mlp"), tmp_path)
    reasons = iter(["", "", "enough"])
    monkeypatch.setattr(loop, "_reason_to_end", lambda *given: next(reasons))
    assert loop.system.steps_per_epoch > 2 and loop.run() == "enough"
    _, facts = checkpoint.read(tmp_path / "best.safetensors")
    assert facts["progress"]["step"] == 2 and curve(tmp_path)[0]["val"] == pytest.approx(loop.progress.best)


def test_a_better_checkpoint_than_the_last_saved_stays(caches, tmp_path):
    loop = loop_of("digits-mlp", caches("digits-mlp"), tmp_path)
    loop.system.judge = lambda: {"val": 1.0}
    loop.save()
    loop.advance()
    loop._judge({})
    again = loop_of("digits-mlp", caches("digits-mlp"), tmp_path)
    assert again.resume() and again.progress.step == 0 and again.progress.best == 1.0
    assert curve(tmp_path) == []
    before = (tmp_path / "best.safetensors").read_bytes()
    again.system.judge = lambda: {"val": 2.0}
    again._judge({})
    assert (tmp_path / "best.safetensors").read_bytes() == before


def command(config, folder, *options):
    arguments = ["-m", "training.train", str(config), "--out", str(folder), "--accelerator", "cpu", *options]
    return [sys.executable, *arguments]


def test_a_killed_run_goes_on(caches, tmp_path):
    config = tiny_runs.write_config(tmp_path / "tiny.toml", "digits-mlp", caches("digits-mlp"), epochs=100000)
    config.write_text(config.read_text() + "stop_patience = 100000\nsave_seconds = 0.2\n")
    folder = tmp_path / "run"
    process = subprocess.Popen(command(config, folder), cwd=ROOT, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 180.0
    while not (folder / "last.safetensors").exists() or len(curve_lines(folder)) < 3:
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    _, facts = checkpoint.read(folder / "last.safetensors")
    step, epoch = facts["progress"]["step"], facts["progress"]["epoch"]
    config.write_text(config.read_text().replace("epochs = 100000", f"epochs = {epoch + 3}"))
    done = subprocess.run(command(config, folder), cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert f"goes on at step {step}," in done.stdout
    steps = [line["step"] for line in curve(folder)]
    assert steps == sorted(set(steps)), "an epoch stands twice in the curve"
    after = [line for line in curve(folder) if line["step"] > step]
    assert after and after[0]["reconstruction"] < curve(folder)[0]["reconstruction"]


def curve_lines(folder):
    path = folder / "curve.jsonl"  # comes with the first epoch, which may be after the first checkpoint
    return path.read_text().splitlines() if path.exists() else []


def test_two_processes_have_the_same_weights(caches, tmp_path):
    """Each works on other batches; what they learn is averaged, so both end with equal weights."""
    config = tiny_runs.write_config(tmp_path / "tiny.toml", "gan", caches("gan"), epochs=2)
    config.write_text(config.read_text() + "save_seconds = 0.02\n")  # at other steps in each process
    script = tmp_path / "two.py"
    script.write_text(
        f"""
import sys; sys.path.insert(0, {str(ROOT)!r})
import torch
from pathlib import Path
from safetensors.torch import save_file
from training.config import read_config
from training.loop import Loop
from training.systems.registry import make_system
from training.train import make_fabric

fabric = make_fabric(Path({str(tmp_path)!r}), "cpu")
fabric.launch()
assert fabric.world_size == 2
loop = Loop(make_system(read_config(Path({str(config)!r}))), fabric, Path({str(tmp_path)!r}))
loop.run()
parts = torch.nn.ModuleDict(loop.system.parts)
weights = {{name: x.detach().clone() for name, x in parts.state_dict().items()}}
save_file(weights, Path({str(tmp_path)!r}) / f"rank{{fabric.global_rank}}.safetensors")
"""
    )
    run = [
        sys.executable,
        "-m",
        "torch.distributed.run",
        "--standalone",
        "--nproc-per-node",
        "2",
        str(script),
    ]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(run, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    first, second = (load_file(tmp_path / f"rank{rank}.safetensors") for rank in (0, 1))
    assert first.keys() == second.keys()
    for name, weight in first.items():
        torch.testing.assert_close(weight, second[name], rtol=0, atol=0, msg=name)
    alone = loop_of("gan", caches("gan"), tmp_path / "alone")
    alone.run()
    weight = alone.system.parts[NETWORK].state_dict()["generator.leave.weight"]
    assert not torch.equal(weight, first["network.generator.leave.weight"])


def autoencoder_hearing(cache, folder, data):
    """The system with more in its [data], ready to train."""
    text = tiny_runs.config_text("autoencoder", cache)
    config = parse_config(text.replace("reference_frames", f"{data}\nreference_frames"))
    fabric = make_fabric(folder, "cpu")
    fabric.launch()
    loop = Loop(make_system(config), fabric, folder)
    return loop.system


def test_the_autoencoder_hears_stretched_frequencies(caches, tmp_path):
    plain = loop_of("autoencoder", caches("autoencoder"), tmp_path / "plain").system.batch(3, 0)
    torch.testing.assert_close(plain["heard"], plain["mel"], rtol=0, atol=0.02)  # quantised floors
    warped = autoencoder_hearing(caches("autoencoder"), tmp_path, "warp = [0.7, 1.45]").batch(3, 0)
    torch.testing.assert_close(warped["mel"], plain["mel"], rtol=0, atol=0)
    assert (warped["heard"] - warped["mel"]).abs().mean() > 0.1


def test_the_autoencoder_hears_others_say_it(caches, tmp_path):
    cache = tmp_path / "cache"
    shutil.copytree(caches("autoencoder"), cache)
    system = autoencoder_hearing(cache, tmp_path, "said_again = 1.0")
    with pytest.raises(UsageError, match=r"no again\.npy of these clips; run .*said_again .*cache first"):
        system.batch(3, 0)
    assert write(cache, jobs=1) == len(system.cache.entries)
    batch = autoencoder_hearing(cache, tmp_path, "said_again = 1.0").batch(3, 0)
    apart = (batch["heard"] - batch["mel"]).abs().mean()
    rows = batch["mel"].exp().sum(dim=-1), batch["heard"].exp().sum(dim=-1)
    together = np.corrcoef(*(x.flatten().numpy() for x in rows))[0, 1]
    assert apart > 0.1 and together > 0.7  # another voice, at the same moments


def test_a_corrupt_checkpoint_is_a_sentence(caches, tmp_path, monkeypatch, capsys):
    config = tiny_runs.write_config(tmp_path / "tiny.toml", "digits-cnn", caches("digits-cnn"), epochs=1)
    folder = tmp_path / "run"
    train(config, folder, accelerator="cpu")
    whole = (folder / "last.safetensors").read_bytes()
    for damaged in (b"", whole[: len(whole) // 2], b"\xff" * 100):
        (folder / "last.safetensors").write_bytes(damaged)
        monkeypatch.setattr(sys, "argv", command(config, folder)[2:])
        assert main() == ModelError.exit_code
        assert "last.safetensors can't be read" in capsys.readouterr().err


def test_another_network_in_the_same_folder_is_refused(caches, tmp_path):
    config = tiny_runs.write_config(tmp_path / "tiny.toml", "digits-cnn", caches("digits-cnn"), epochs=1)
    train(config, tmp_path / "run", accelerator="cpu")
    config.write_text(config.read_text().replace("latent = 4", "latent = 5"))
    with pytest.raises(UsageError, match="holds a run with another"):
        train(config, tmp_path / "run", accelerator="cpu")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("digits-cnn", "pictures"), "no system 'pictures'"),
        (('cache = "', 'cache = "/missing'), "no prepared corpus"),
        (("latent = 4", "latent = 4\nn_mels = 40"), "network.n_mels is 40, the cache has 64"),
    ],
)
def test_what_cannot_be_trained_is_a_sentence(change, says, caches, tmp_path):
    config = tiny_runs.write_config(tmp_path / "tiny.toml", "digits-cnn", caches("digits-cnn"))
    config.write_text(config.read_text().replace(*change))
    with pytest.raises(UsageError, match=says):
        train(config, tmp_path / "run", accelerator="cpu")
