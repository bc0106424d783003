"""Decides whether a model that did not ship with the program may be run in it."""

import json
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

from rtvc.errors import ModelError
from rtvc.model_check import check_model

_PATIENCE_SECONDS = 60.0
_PACKAGE_ROOT = Path(__file__).resolve().parent.parent


def admit(path: Path) -> None:
    """Returns when the model may be loaded; raises a ModelError with the reason otherwise.

    Its bytes are looked through first, then it is tried in a process whose death is a refusal.
    """
    if not path.is_file():
        raise ModelError(f"There is no model file {path}.")
    stat = path.stat()
    complaint = _verdict(path.resolve(), stat.st_ino, stat.st_size, stat.st_mtime_ns)
    if complaint:
        raise ModelError(complaint)


@lru_cache(maxsize=64)
def _verdict(path: Path, inode: int, size: int, changed_ns: int) -> str:
    """Once for each state of each file: a trial takes about a second."""
    try:
        check_model(path)
    except ModelError as error:
        return str(error)
    return _tried(path)


def _tried(path: Path) -> str:
    command = [sys.executable, "-m", "rtvc.model_trial", str(path)]
    try:
        done = subprocess.run(
            command, cwd=_PACKAGE_ROOT, capture_output=True, text=True, timeout=_PATIENCE_SECONDS
        )
    except subprocess.TimeoutExpired:
        return f"{path.name} takes too long to load; it is not used."
    lines = done.stdout.splitlines()
    if len(lines) < 2:
        return f"{path.name} made the process that tried it end (code {done.returncode}); it is not used."
    return str(json.loads(lines[-1])["wrong"])
