"""What the README tells to type works, and what it points to is there."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
GUIDES = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").glob("*.md"))
DOCUMENTS = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "training/README.md", *GUIDES)
# Blocks that need the network, a device, recordings or an installation of their own.
ELSEWHERE = re.compile(
    r"\b(git clone|make|apt-get|pactl|pytest|training)\b|--headless|--list-devices|\.ci/run"
)


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


def runnable() -> list[str]:
    every = (block for document in ("README.md", *GUIDES) for block in blocks("sh", document))
    return [block for block in every if not ELSEWHERE.search(block)]


@pytest.mark.skipif(sys.platform == "win32", reason="the commands are for a POSIX shell")
@pytest.mark.parametrize("block", runnable())
def test_shell_block(checkout: Path, block: str) -> None:
    run(["sh", "-euc", block], checkout)


@pytest.mark.parametrize("block", blocks("python"))
def test_python_block(checkout: Path, block: str) -> None:
    run([sys.executable, "-c", block], checkout)


def test_there_are_blocks_to_run() -> None:
    assert len(runnable()) >= 9 and blocks("python")


def headings(document: Path) -> set[str]:
    """As anchors of links: small letters, hyphens for blanks, no other marks."""
    text = document.read_text(encoding="utf-8")
    titles = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_to_files_and_headings(document: str) -> None:
    path = ROOT / document
    for target, anchor in re.findall(r"\]\(([^)#]*)#?([^)]*)\)", path.read_text(encoding="utf-8")):
        if not target.startswith("https://"):
            aim = path.parent / target if target else path
            assert aim.exists(), target
            assert not anchor or anchor in headings(aim), f"{target}#{anchor}"


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


@pytest.mark.parametrize("folder", ["rtvc", "gui", "docs"])
def test_the_tree_has_a_line_for_every_file(folder: str) -> None:
    (tree,) = (block for block in blocks("") if block.startswith("main.py"))
    part = re.search(rf"^{folder}/.*\n((?:  .*\n)*)", tree, re.MULTILINE)
    assert part
    named = [line.split()[0] for line in part[1].splitlines()]
    files = [path.name for path in (ROOT / folder).glob("*.*") if path.name != "__init__.py"]
    assert sorted(set(named) - {"assets/", "pictures/"}) == sorted(set(files) - {"py.typed"})
    assert len(named) == len(set(named)), "a file has two lines"


def test_every_exit_code_is_in_the_help_and_the_readme() -> None:
    from rtvc import errors
    from rtvc.cli_options import _EPILOG

    kinds = (errors.RtvcError, *errors.RtvcError.__subclasses__())
    for code in (0, errors.EXIT_INTERRUPTED, *(kind.exit_code for kind in kinds)):
        assert f"\n| {code} | " in (ROOT / "README.md").read_text(encoding="utf-8")
        assert re.search(rf"^  {code} ", _EPILOG, re.MULTILINE)
