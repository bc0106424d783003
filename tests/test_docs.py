"""What the guides quote is what the program says, and what they name is there."""

import ast
import re
import sys
from functools import lru_cache
from pathlib import Path

import pytest

from tests.test_readme import DOCUMENTS, ROOT

QUOTING = ("docs/troubleshooting.md", "docs/model-format.md", "docs/safety.md")
SHORTEST_QUOTE = 10  # letters; less is in every program
PROGRAMS = r"main\.py|export/to_onnx\.py|(?:rtvc|gui|training|tests)\.[\w.]+"
OURS = rf"(?:python(?: -m)?|torchrun .* -m) ({PROGRAMS})(.*)"
COMMANDS = {"main.py": "rtvc/cli", "rtvc": "rtvc/cli", "export/to_onnx.py": "export/to_onnx.py"}


def shape(node: ast.AST) -> str:
    """A text in the source, with dots for what is filled in."""
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return re.sub(r"\{[^{}]*\}", "…", node.value)
    return ""


@lru_cache(maxsize=1)
def sentences() -> str:
    """All texts of the program, one a line."""
    paths = [path for folder in ("rtvc", "gui") for path in (ROOT / folder).glob("*.py")]
    texts = (shape(node) for path in paths for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    return "\n".join(filter(None, texts))


def quotes(document: str) -> list[str]:
    text = (ROOT / document).read_text(encoding="utf-8")
    return [
        " ".join(line[2:].strip() for line in quote.splitlines())
        for quote in re.findall(r"(?:^> .*\n)+", text, re.MULTILINE)
    ]


@pytest.mark.parametrize("quote", [quote for document in QUOTING for quote in quotes(document)])
def test_the_program_says_what_is_quoted(quote: str) -> None:
    """Dots of a quote stand for anything; what is between them occurs in one text of the source."""
    parts = [part.strip() for part in quote.split("…") if len(part.strip()) >= SHORTEST_QUOTE]
    assert parts, quote
    for part in parts:
        assert part in sentences(), part


def test_there_are_quotes_and_nothing_passes_for_one() -> None:
    assert all(quotes(document) for document in QUOTING)
    assert "The program has eaten your homework." not in sentences()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_tests_that_are_named_exist(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    for path, _, name in re.findall(r"`(tests/[\w/]+\.py)(::(\w+))?`", text):
        source = (ROOT / path).read_text(encoding="utf-8")
        assert not name or f"def {name}(" in source, f"{path}::{name}"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_files_that_are_named_exist(document: str) -> None:
    if document == "CHANGELOG.md":
        return  # tells of the past
    text = (ROOT / document).read_text(encoding="utf-8")
    for path in re.findall(r"`((?:rtvc|gui|training|export|tests|packaging)/[\w./-]+\.\w+)`", text):
        assert (ROOT / path).exists(), path


def lines_of_commands(document: str) -> list[str]:
    text = (ROOT / document).read_text(encoding="utf-8").replace("\\\n", " ")
    shell = "".join(re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL))
    return [re.split(r"#| -- ", line)[0] for line in shell.splitlines()]  # what follows is for another


def source_of(program: str) -> str:
    """Of a module or script that can be run, with what its options may stand in."""
    place = COMMANDS.get(program, program.replace(".", "/"))
    paths = sorted(ROOT.glob(f"{place}*.py")) or sorted(ROOT.glob(place))
    assert paths, f"{program} is not there"
    return "".join(path.read_text(encoding="utf-8") for path in paths)


@pytest.mark.skipif(sys.platform == "win32", reason="the commands are for a POSIX shell")
@pytest.mark.parametrize("document", DOCUMENTS)
def test_options_in_commands_are_those_of_the_program(document: str) -> None:
    for line in lines_of_commands(document):
        found = re.search(OURS, line)
        source = source_of(found[1]) if found else ""
        for option in re.findall(r"(?<=\s)--[a-z][\w-]*", found[2] if found else ""):
            positive = option.replace("--no-", "--", 1)  # of a switch that is on or off
            assert f'"{option}"' in source or f'"{positive}"' in source, f"{option}: {line}"


def test_the_commands_are_looked_at() -> None:
    assert sum(len(lines_of_commands(document)) for document in DOCUMENTS) > 50
    assert Path(ROOT / "docs/control.md").exists() and '"--target"' in source_of("main.py")
