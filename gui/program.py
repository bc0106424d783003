"""How to start the program again as a child: the engine, and whatever else the window asks of it."""

import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]


def program_command(*arguments: str) -> list[str]:
    """From a checkout by its main.py, as a person would; installed, by the module behind it."""
    main = _ROOT / "main.py"
    start = [str(main)] if main.is_file() else ["-m", "rtvc.cli"]
    return [sys.executable, *start, *arguments]


def engine_command() -> list[str]:
    return program_command("--headless", "--control")
