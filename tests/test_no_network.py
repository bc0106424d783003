"""The program needs no network and asks for none, nor does anything it starts."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.network_guard import KILLED, LOG_VARIABLE, SITECUSTOMIZE, guards_native_code

ROOT = Path(__file__).parents[1]
HELLO = str(ROOT / "rtvc/assets/demo/hello.wav")
PROGRAM = "import sys; from rtvc import cli; sys.exit(cli.main({}))"
WINDOW = """
from pathlib import Path
from PyQt6.QtWidgets import QApplication
from gui.engine_link import EngineLink
from gui.program import engine_command
from gui.session import Session
from gui.window_settings import SettingsFile
application = QApplication(["rtvc"])
session = Session(application, SettingsFile(Path("config")), EngineLink(engine_command()), Path("."))
lost = []
def look(state, message):
    if state == "lost":
        lost.append(message)
        application.quit()
session.controller.state_changed.connect(look)
session.controller.voices_changed.connect(lambda voices: application.quit())
session.open()
application.exec()
session.close()
assert session.controller.voices and not lost, lost
"""
PAGES = """
from gui.demo_link import DemoLink
from pathlib import Path
from PyQt6.QtWidgets import QApplication
from gui.session import Session
from gui.window_settings import SettingsFile
application = QApplication(["rtvc"])
session = Session(application, SettingsFile(Path("config")), DemoLink(), Path("."))
session.open()
for page in range(4):
    session.window.show_page(page)
    application.processEvents()
session.controller.start()
session.close()
"""
DOINGS = {
    "converts a file": PROGRAM.format([HELLO, "out.wav", "--target", "p230"]),
    "converts a folder": PROGRAM.format(["speech", "converted", "--mode", "bypass", "--jobs", "2"]),
    "lists voices": PROGRAM.format(["--list-voices"]),
    "makes a voice": PROGRAM.format(["--enroll", "Zoë", HELLO]),
    "says digits": PROGRAM.format(["--mode", "digits", "--digits", "7", "seven.wav", "--seed", "1"]),
    "describes the machine": PROGRAM.format(["--diagnostics"]),
    "opens every page": PAGES,
    "opens the window with its engine": WINDOW,
}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "guard").mkdir()
    (tmp_path / "guard" / "sitecustomize.py").write_text(SITECUSTOMIZE)
    (tmp_path / "speech").mkdir()
    for name in ("one.wav", "zwei ü.wav"):
        (tmp_path / "speech" / name).write_bytes(Path(HELLO).read_bytes())
    return tmp_path


def run(place: Path, code: str) -> tuple["subprocess.CompletedProcess[str]", str]:
    """In a process that is kept from the network, as are all it starts; and what was tried."""
    log = place / "tried"
    own = {
        "PYTHONPATH": os.pathsep.join((str(place / "guard"), str(ROOT))),
        "QT_QPA_PLATFORM": "offscreen",
        LOG_VARIABLE: str(log),
    }
    homes = {f"XDG_{kind}_HOME": str(place / kind) for kind in ("DATA", "CONFIG", "STATE")}
    command = [sys.executable, "-c", code]
    environment = os.environ | own | homes
    done = subprocess.run(
        command,
        cwd=place,
        env=environment,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=300,
    )
    return done, log.read_text(encoding="utf-8") if log.exists() else ""


@pytest.mark.parametrize("doing", DOINGS)
def test_asks_for_no_network(place: Path, doing: str) -> None:
    done, tried = run(place, DOINGS[doing])
    assert tried == ""
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("import socket; socket.create_connection(('127.0.0.1', 9))", "socket.getaddrinfo"),
        ("import socket; socket.socket()", "socket.__new__"),
        ("import socket; socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)", "socket.__new__"),
        ("import urllib.request as u; u.urlopen('http://127.0.0.1:9/')", "urllib.Request"),
    ],
)
def test_the_guard_notes_who_tries_here_or_in_a_child(place: Path, code: str, says: str) -> None:
    in_a_child = f"import subprocess, sys; sys.exit(subprocess.call([sys.executable, '-c', {code!r}]))"
    for attempt in (code, in_a_child):
        done, tried = run(place, attempt)
        assert says in tried and "no network in this test" in done.stderr and done.returncode
        (place / "tried").unlink()


@pytest.mark.skipif(not guards_native_code(), reason="the kernel is asked on Linux only")
def test_native_code_is_ended_when_it_tries() -> None:
    code = "import os; from tests.network_guard import guard; guard(os.devnull)\nimport ctypes\n{}"
    libc = "ctypes.CDLL(None).socket({}, 1, 0)"
    for family, ending in ((1, 0), (2, KILLED), (10, KILLED)):
        command = [sys.executable, "-c", code.format(libc.format(family))]
        assert subprocess.run(command, cwd=ROOT).returncode == ending
