"""What the README tells to type works, and what it points to is there."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENTS = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")
# Blocks that need the network, a device or an installation of their own.
ELSEWHERE = re.compile(r"\b(git clone|make|apt-get)\b|--headless|--list-devices|\.ci/run")


def blocks(language: str, document: str = "README.md") -> list[str]:
    text = (ROOT / document).read_text(encoding="utf-8")
    every = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [content for name, content in every if name == language]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The repository by links, so that results land elsewhere, and an environment to activate."""
    for name in ("main.py", "rtvc"):
        (tmp_path / name).symlink_to(ROOT / name)
    binaries = tmp_path / ".venv" / "bin"
    binaries.mkdir(parents=True)
    (binaries / "activate").write_text("")
    (binaries / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    (binaries / "python").chmod(0o755)
    return tmp_path


def run(command: list[str], folder: Path) -> None:
    path = os.pathsep.join((str(folder / ".venv" / "bin"), os.environ["PATH"]))
    own = {"PATH": path, "PYTHONPATH": str(folder), "XDG_DATA_HOME": str(folder / "data")}
    environment = os.environ | own
    result = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="the commands are for a POSIX shell")
@pytest.mark.parametrize("block", [block for block in blocks("sh") if not ELSEWHERE.search(block)])
def test_shell_block(checkout: Path, block: str) -> None:
    run(["sh", "-euc", block], checkout)


@pytest.mark.parametrize("block", blocks("python"))
def test_python_block(checkout: Path, block: str) -> None:
    run([sys.executable, "-c", block], checkout)


def test_there_are_blocks_to_run() -> None:
    assert len([block for block in blocks("sh") if not ELSEWHERE.search(block)]) >= 2 and blocks("python")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_to_files(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", text):
        assert target.startswith("https://") or (ROOT / target).exists(), target


def test_the_tree_names_what_is_there() -> None:
    (tree,) = (block for block in blocks("") if block.startswith("main.py"))
    folder = ROOT
    for line in tree.splitlines():
        name = line.split()[0]
        if not line.startswith(" "):
            folder = ROOT / name if name.endswith("/") else ROOT
            assert (ROOT / name).exists(), name
        else:
            assert (folder / name).exists(), name


def test_every_exit_code_is_in_the_help_and_the_readme() -> None:
    from rtvc import errors
    from rtvc.cli_options import _EPILOG

    kinds = (errors.RtvcError, *errors.RtvcError.__subclasses__())
    for code in (0, errors.EXIT_INTERRUPTED, *(kind.exit_code for kind in kinds)):
        assert f"\n| {code} | " in (ROOT / "README.md").read_text(encoding="utf-8")
        assert re.search(rf"^  {code} ", _EPILOG, re.MULTILINE)
