"""What a build needs is there and fits the program. `make app` builds it and tries the result."""

import ast
import configparser
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGING = ROOT / "packaging"
SPEC = (PACKAGING / "rtvc.spec").read_text(encoding="utf-8")


def value_in(path: Path, name: str) -> tuple[str, ...]:
    """Of a plain assignment."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == name:
            return tuple(ast.literal_eval(node.value))
    raise AssertionError(f"{path.name} has no {name}")


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, str(PACKAGING / "start.py"), *arguments]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)


def test_the_recipe_names_files_that_are_there() -> None:
    compile(SPEC, "rtvc.spec", "exec")
    named = re.findall(r'ROOT / "([^"]+)"', SPEC)
    assert len(named) >= 3
    for name in named:
        assert (ROOT / name).exists() or name == "build/rtvc.png", f"{name}, which the build draws"


def test_what_lies_beside_the_program_is_there() -> None:
    for name in value_in(PACKAGING / "build.py", "_BESIDE"):
        assert (ROOT / name).is_file(), name


def test_every_child_the_program_starts_is_a_part_of_the_build() -> None:
    parts = set(value_in(PACKAGING / "start.py", "PARTS"))
    child = re.compile(r'"-m", "([\w.]+)"|module_command\("([\w.]+)"\)')
    sources = [path for folder in ("gui", "rtvc") for path in (ROOT / folder).glob("*.py")]
    measuring = {"gui.screenshots", "gui.start_time"}  # from a checkout only
    wanted = {
        name for path in sources for pair in child.findall(path.read_text(encoding="utf-8")) for name in pair
    } - {"", *measuring}
    assert wanted == parts


def test_a_child_is_told_which_part_to_be() -> None:
    assert run("-m", "rtvc.cli", "--version").stdout.startswith("rtvc ")
    assert run("--version").stdout.startswith("rtvc ")
    assert run("-m", "rtvc.model_trial").stdout == "ready\n"
    refused = run("-m", "os")
    assert refused.returncode == 2 and "-m" in refused.stderr


def test_the_notice_names_every_dependency() -> None:
    with open(ROOT / "pyproject.toml", "rb") as file:
        project = tomllib.load(file)["project"]
    notice = (PACKAGING / "NOTICE.md").read_text(encoding="utf-8").lower()
    for requirement in project["dependencies"]:
        name = re.match(r"[\w-]+", requirement)
        assert name and name[0].removesuffix("-gpu") in notice, requirement
    for path in sorted((ROOT / "rtvc/assets/models").glob("*.onnx")):
        assert f"`{path.stem}`" in notice, path.name


def test_the_desktop_file_starts_the_program() -> None:
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(PACKAGING / "rtvc.desktop", encoding="utf-8")
    entry = parser["Desktop Entry"]
    assert entry["Type"] == "Application" and entry["Exec"] == entry["Icon"] == "rtvc"
    assert all(entry[name].endswith(";") for name in ("Categories", "Keywords"))
    assert f'setDesktopFileName("{entry["StartupWMClass"]}")' in (ROOT / "gui/app.py").read_text()


def test_the_icon_can_be_drawn() -> None:
    pytest.importorskip("PyQt6")
    from PyQt6.QtSvg import QSvgRenderer

    renderer = QSvgRenderer(str(ROOT / "gui/rtvc.svg"))
    assert renderer.isValid() and renderer.defaultSize().width() == 64
