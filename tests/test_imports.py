"""Who may import whom, so that the engine runs without torch, a window or a sound card."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OURS = ("rtvc", "gui", "training", "export", "tests", "main")
MAY_IMPORT = {
    "rtvc": ("rtvc",),
    "gui": ("gui", "rtvc"),
    "training": ("training", "rtvc"),
    "export": ("export", "rtvc", "training.networks"),
    "main.py": ("rtvc", "gui"),
}
KNOWN_TO_ONE_FILE = {"sounddevice": "rtvc/audio_io.py", "onnxruntime": "rtvc/runtime.py"}
NEVER_IN_RTVC = ("torch", "PyQt6", "lightning")
NETWORK = ("socket", "ssl", "http", "urllib", "ftplib", "smtplib", "asyncio", "requests", "PyQt6.QtNetwork")
JUDGES = ("librosa", "pesq", "pystoi")  # for measuring quality, never to run


def files_of(package: str) -> list[Path]:
    place = ROOT / package
    return [place] if place.is_file() else sorted(place.rglob("*.py"))


def imports_of(path: Path) -> Iterator[str]:
    """Full names, of late imports too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path} has a relative import; this test can't follow those"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def is_within(name: str, packages: tuple[str, ...]) -> bool:
    return any(name == package or name.startswith(package + ".") for package in packages)


def printed_by(script: str) -> str:
    """In a process of its own, where nothing has been imported yet."""
    command = [sys.executable, "-c", script]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_imports_point_one_way(package: str) -> None:
    for path in files_of(package):
        for name in imports_of(path):
            assert not is_within(name, OURS) or is_within(name, MAY_IMPORT[package]), f"{path} imports {name}"


@pytest.mark.parametrize("library, home", KNOWN_TO_ONE_FILE.items())
def test_some_libraries_are_known_to_one_file(library: str, home: str) -> None:
    users = [path for path in files_of("rtvc") if any(is_within(n, (library,)) for n in imports_of(path))]
    assert users == [ROOT / home]


def test_the_engine_names_no_training_or_window_library() -> None:
    for path in files_of("rtvc"):
        assert not [name for name in imports_of(path) if is_within(name, NEVER_IN_RTVC)], path


@pytest.mark.parametrize("package", ["rtvc", "gui", "main.py"])
def test_what_a_user_runs_has_no_code_for_the_network(package: str) -> None:
    for path in files_of(package):
        assert not [name for name in imports_of(path) if is_within(name, NETWORK)], path


def test_a_fresh_process_with_all_of_the_engine_has_none_of_them() -> None:
    modules = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in files_of("rtvc")
        if path.name != "__init__.py"
    ]
    unwanted = (*NEVER_IN_RTVC, *JUDGES, "sounddevice")
    script = (
        f"import importlib, sys\nfor name in {modules}: importlib.import_module(name)\n"
        f"print([name for name in {unwanted} if name in sys.modules])"
    )
    assert printed_by(script) == "[]"


def test_the_program_asks_for_a_display_before_it_loads_qt() -> None:
    script = "import sys, gui.start, gui.display; print('PyQt6' in sys.modules, 'numpy' in sys.modules)"
    assert printed_by(script) == "False False"


def test_the_command_line_answers_before_anything_heavy_is_loaded() -> None:
    script = "import sys, rtvc.cli; print('numpy' in sys.modules)"
    assert printed_by(script) == "False"
