import json
import subprocess
import sys
import time
from pathlib import Path

import onnx
import pytest

from rtvc import catalog, foreign
from rtvc.errors import ModelError
from rtvc.foreign import admit
from rtvc.model_check import check_model
from rtvc.model_trial import READY, try_model
from tests import hostile_models, tiny_models, tiny_windowed

ROOT = Path(__file__).parents[2]
WRITERS = {"stateful": tiny_models.write, "windowed": tiny_windowed.write}
MUTANTS = 1000  # of each kind


@pytest.mark.parametrize("kind", WRITERS)
def test_a_good_model_is_admitted(kind, tmp_path):
    path = WRITERS[kind](tmp_path / "good.onnx")
    assert check_model(path).kind == kind
    admit(path)


def test_the_shipped_models_keep_the_rules():
    for path in sorted(catalog.ASSETS.glob("*/*.onnx")):
        assert check_model(path).mel.sample_rate > 0


def hostile(folder):
    return hostile_models.hostile(onnx.load(tiny_models.write(folder / "good.onnx")))


def test_what_is_against_the_rules_is_named(tmp_path):
    cases = hostile(tmp_path)
    assert len(cases) >= 12
    for name, (model, says) in cases.items():
        path = tmp_path / f"{name}.onnx"
        path.write_bytes(model.SerializeToString())
        with pytest.raises(ModelError, match=says) as caught:
            admit(path)
        assert f"{name}.onnx" in str(caught.value)


def test_a_model_that_wants_all_memory_dies_alone(tmp_path):
    path = tmp_path / "hungry.onnx"
    path.write_bytes(
        hostile_models.hungry(onnx.load(tiny_windowed.write(tmp_path / "good.onnx"))).SerializeToString()
    )
    check_model(path)
    with pytest.raises(ModelError, match="hungry.onnx"):
        admit(path)


def test_a_model_that_does_not_end_is_ended(tmp_path, monkeypatch):
    path = tiny_models.write(tmp_path / "slow.onnx")
    monkeypatch.setattr(foreign, "_PATIENCE_SECONDS", 0.05)
    with pytest.raises(ModelError, match="takes too long"):
        admit(path)


def test_a_death_is_a_refusal_and_the_verdict_is_remembered(tmp_path, monkeypatch):
    path = tiny_models.write(tmp_path / "deadly.onnx")
    calls = []

    def died(command, **options):
        calls.append(command)
        return subprocess.CompletedProcess(command, -11, stdout=f"{READY}\n", stderr="")

    monkeypatch.setattr(foreign.subprocess, "run", died)
    for _ in range(2):
        with pytest.raises(ModelError, match="code -11"):
            admit(path)
    assert len(calls) == 1
    path.write_bytes(path.read_bytes() + b"")
    time.sleep(0.01)
    path.touch()
    with pytest.raises(ModelError):
        admit(path)
    assert len(calls) == 2


def test_a_model_that_answers_with_no_numbers_is_refused(tmp_path):
    path = tiny_windowed.write(tmp_path / "odd.onnx", share=float("nan"))
    assert "no numbers" in try_model(path)


def test_the_catalogue_admits_before_it_hands_on(tmp_path, monkeypatch):
    monkeypatch.setattr(catalog, "user_folder", lambda: tmp_path)
    (tmp_path / "models").mkdir()
    model, says = hostile(tmp_path)["external"]
    (tmp_path / "models" / "evil.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(ModelError, match=says):
        catalog.model_path("evil")


@pytest.mark.parametrize("kind", WRITERS)
def test_mutated_files_hurt_nobody(kind, tmp_path):
    """Whatever passes the inspection is tried in processes of its own, as many as it takes."""
    original = WRITERS[kind](tmp_path / "good.onnx").read_bytes()
    passed = []
    for index, data in enumerate(hostile_models.mutants(original, MUTANTS)):
        path = tmp_path / f"{index}.onnx"
        path.write_bytes(data)
        try:
            check_model(path)
        except ModelError as error:
            assert str(error).startswith(f"{index}.onnx")
        else:
            passed.append(path)
    assert 0 < len(passed) < MUTANTS
    verdicts = trials(passed)
    assert set(verdicts) == {str(path) for path in passed}


def trials(paths: list[Path]) -> dict[str, str]:
    """What the trial says of each; a process that dies is followed by another for the rest."""
    verdicts: dict[str, str] = {}
    while left := [str(path) for path in paths if str(path) not in verdicts]:
        command = [sys.executable, "-m", "rtvc.model_trial", *left]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
        lines = done.stdout.splitlines()
        assert lines[0] == READY, done.stderr
        for line in lines[1:]:
            verdict = json.loads(line)
            verdicts[verdict["file"]] = verdict["wrong"]
        if len(lines) - 1 < len(left):
            verdicts[left[len(lines) - 1]] = f"died with code {done.returncode}"
    return verdicts
