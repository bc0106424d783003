"""How to start the program again as a child: the engine, and whatever else the window asks of it."""

import os
import sys
from pathlib import Path

from rtvc.threads import one_each

_ROOT = Path(__file__).resolve().parents[1]


def program_command(*arguments: str) -> list[str]:
    """From a checkout by its main.py, as a person would; installed, by the module behind it."""
    main = _ROOT / "main.py"
    start = [str(main)] if main.is_file() else ["-m", "rtvc.cli"]
    return [sys.executable, *start, *arguments]


def module_command(module: str) -> list[str]:
    """For a module of ours; `surroundings` is what it needs to be found."""
    return [sys.executable, "-m", module]


def surroundings() -> dict[str, str]:
    """Variables for children other than the engine: they find our packages, and leave it the other cores."""
    paths = [str(_ROOT), os.environ.get("PYTHONPATH", "")]
    return {"PYTHONPATH": os.pathsep.join(filter(None, paths)), **one_each()}


def engine_command() -> list[str]:
    return program_command("--headless", "--control")
