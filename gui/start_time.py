"""python -m gui.start_time: seconds until the window can be used, beside those of an empty PyQt6 window."""

import argparse
import statistics
import subprocess
import sys
import time

_EMPTY = """
import sys
from PyQt6.QtCore import QTimer
from PyQt6.QtWidgets import QApplication, QMainWindow
application = QApplication(["empty"])
window = QMainWindow()
window.resize(1280, 800)
window.show()
QTimer.singleShot(0, lambda: (print("usable", flush=True), application.quit()))
application.exec()
"""
_OURS = """
import tempfile
from pathlib import Path
from PyQt6.QtCore import QTimer
from PyQt6.QtWidgets import QApplication
from gui.session import Session
from gui.engine_link import EngineLink
from gui.program import engine_command
from gui.window_settings import SettingsFile
application = QApplication(["rtvc"])
folder = Path(tempfile.mkdtemp())
session = Session(application, SettingsFile(folder), EngineLink(engine_command()), folder)
session.open()
QTimer.singleShot(0, lambda: print("usable", flush=True))
def ended(voices):
    print("voices", flush=True)
    application.quit()
session.controller.voices_changed.connect(ended)
application.exec()
session.close()
"""


def seconds_until(script: str, word: str) -> float:
    """From the start of the process to the line with the word."""
    started = time.perf_counter()
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        at = {line.strip(): time.perf_counter() - started for line in process.stdout}
    return at[word]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=5)
    times = parser.parse_args().times
    for name, script, word in (
        ("empty PyQt6 window", _EMPTY, "usable"),
        ("window of this program", _OURS, "usable"),
        ("with the engine's voices in it", _OURS, "voices"),
    ):
        seconds = [seconds_until(script, word) for _ in range(times)]
        print(f"{name:<32}{statistics.median(seconds):6.2f} s  (of {times}, slowest {max(seconds):.2f} s)")


if __name__ == "__main__":
    main()
