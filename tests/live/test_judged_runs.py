"""How tests with the machine to themselves are run: on tests that go wrong in every way there is."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

CONFTEST = """
import os, pytest
from tests.live import tries
from tests.live.judged_runs import JudgedRuns

EXCUSE = os.environ["EXCUSE"] or None

class FakeMachine:
    def now(self): return None
    def excuse_for_sound(self, since): return EXCUSE
    def excuse_for_all(self, since): return EXCUSE
    def close(self): print("closed")

tries.plain_loses_sound = lambda: False

def pytest_configure(config):
    config.pluginmanager.register(JudgedRuns(FakeMachine))
"""
TESTS = """
import pytest
from tests.live.virtual_card import Spoilt

pytestmark = pytest.mark.alone
tries = []

@pytest.fixture
def fresh():
    things = []
    yield things
    assert things == ["once"]

def test_spoilt_once(fresh):
    tries.append(1)
    fresh.append("once")
    if len(tries) < 2:
        raise Spoilt("sound was lost")

def test_spoilt_always():
    raise Spoilt("sound was lost")

def test_wrong():
    assert False, "wrong"

@pytest.fixture
def broken():
    assert False, "no card"

def test_without_its_fixture(broken):
    pass
"""


def run(folder: Path, excuse: str) -> str:
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "test_some.py").write_text(TESTS)
    (folder / "pytest.ini").write_text("[pytest]\nmarkers = alone\n")
    command = [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", "."]
    environment = os.environ | {"EXCUSE": excuse, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    return done.stdout


def test_where_the_machine_is_steady_what_fails_has_failed(tmp_path: Path) -> None:
    said = run(tmp_path, "")
    assert "2 failed, 1 passed, 1 error" in said
    assert "test_spoilt_once: sound was lost" in said, "what was tried again is told"
    assert said.count("test_spoilt_always: sound was lost") == 4, "and it was tried five times"
    assert "test_wrong: " not in said, "what is not spoilt is not tried again"
    assert "closed" in said


def test_where_the_machine_is_to_blame_it_is_skipped_with_the_reason(tmp_path: Path) -> None:
    said = run(tmp_path, "it stood still")
    assert "1 passed, 3 skipped" in said
    for reason in ("sound was lost", "wrong", "no card"):
        assert any(f"it stood still: {reason}" in line for line in said.splitlines()), reason
