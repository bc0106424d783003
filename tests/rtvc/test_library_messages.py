"""Libraries' messages: none on a terminal, all in a file."""

import os
import subprocess
import sys

import pytest

pty = pytest.importorskip("pty", reason="no pseudo terminals on this system")

PROGRAM = """
import os, sys
from rtvc.library_messages import kept_from_terminal
with kept_from_terminal():
    os.write(2, b"a library complains\\n")
    print("a sentence", file=sys.stderr)
os.write(2, b"afterwards\\n")
print("Python too", file=sys.stderr)
"""


def test_a_terminal_shows_our_sentences_alone() -> None:
    ours, theirs = pty.openpty()
    done = subprocess.run([sys.executable, "-c", PROGRAM], stderr=theirs, timeout=60)
    os.close(theirs)
    said = os.read(ours, 4096).decode().splitlines()
    os.close(ours)
    assert done.returncode == 0
    assert said == ["a sentence", "afterwards", "Python too"]


def test_a_file_gets_everything() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60)
    assert done.stderr.splitlines() == ["a library complains", "a sentence", "afterwards", "Python too"]
