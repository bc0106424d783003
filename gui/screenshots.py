"""python -m gui.screenshots FOLDER: every page, light and dark, with an engine that pretends.

With --readme the few that the README shows; they are in docs/pictures.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

SIZES = {"1280x800": (1280, 800, 1), "1920x1080@2": (960, 540, 2)}  # name: width, height, pixels per point
THEMES = ("light", "dark")
_README_SIZE, _README_PAGES = "1280x800", ("speaker", "timbre", "digits")
_SETTLED_MS = 300
_COLUMNS, _STEP = 310, 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--readme", action="store_true", help="only those that the README shows")
    parser.add_argument("--size", choices=SIZES, help=argparse.SUPPRESS)  # one process per density
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    if options.size:
        for theme in THEMES:
            _picture(options.folder, options.size, theme, options.readme)
        return
    for name in [_README_SIZE] if options.readme else SIZES:
        density = str(SIZES[name][2])
        environment = {"QT_QPA_PLATFORM": "offscreen", **os.environ, "QT_SCALE_FACTOR": density}
        command = [sys.executable, "-m", "gui.screenshots", str(options.folder), "--size", name]
        subprocess.run(command + ["--readme"] * options.readme, env=environment, check=True)


def _file_name(page: str, theme: str, size: str, is_for_readme: bool) -> str:
    """Empty: not wanted."""
    if is_for_readme:
        return f"{page}-{theme}.png" if page in _README_PAGES else ""
    return f"{page}-{theme}-{size.replace('@', '-at-')}.png"


def _picture(folder: Path, size: str, theme: str, is_for_readme: bool) -> None:
    from PyQt6.QtTest import QTest
    from PyQt6.QtWidgets import QApplication, QWidget

    from gui.demo_link import DemoLink, voice
    from gui.demo_speech import speech_columns
    from gui.file_queue import File
    from gui.session import Session
    from gui.window_settings import SettingsFile, WindowSettings

    application = QApplication.instance() or QApplication(["rtvc"])
    assert isinstance(application, QApplication)
    width, height, _ = SIZES[size]
    place = Path(tempfile.mkdtemp())
    file = SettingsFile(place)
    recordings = "~/Music/RTVC"
    file.save(
        WindowSettings(theme=theme, width=width, height=height, is_welcomed=True, recordings=recordings)
    )
    link = DemoLink()
    link.voices.append(voice("Zoë", "", 214, own=True, source="own recording"))
    for one in link.voices:
        one["preview"] = "there is one"
    link.settings |= {"pitch_semitones": 1.5, "gate_db": -50.0, "target": "p230:0.70,p225:0.30"}
    session = Session(application, file, link, place)

    def save(name: str, widget: QWidget) -> None:
        file_name = _file_name(name, theme, size, is_for_readme)
        if file_name:
            QTest.qWait(_SETTLED_MS)
            widget.grab().save(str(folder / file_name))
            print(folder / file_name)

    def speak() -> None:
        for column in range(0, _COLUMNS, _STEP):
            f0_hz = 118.0 + 14 * ((column // 40) % 3)
            link.tell_stats(seconds=60.0 + column / 50, f0_hz=f0_hz if column % 60 < 42 else None)
            heard = speech_columns(column, _STEP, f0_hz)
            link.say("spectrum", input=heard, output=speech_columns(column - 4, _STEP, 1.6 * f0_hz))

    session.open()
    window = session.window
    save("speaker-stopped", window)
    session.controller.start()
    speak()
    save("speaker", window)
    window.live.mode_asked.emit("timbre")
    session.controller.change(
        timbre="violin", pitch_semitones=12.0, scale="G-major", added_vibrato_cents=20.0
    )
    save("timbre", window)
    window.live.mode_asked.emit("digits")
    assert window.live.digits is not None
    for heard_at in (
        (0.0, 0.0),
        (-0.3, 0.4),
        (-0.7, 0.6),
        (-1.2, 0.5),
        (-1.4, 0.0),
        (-1.2, -0.6),
        (-0.6, -0.9),
    ):
        window.live.digits.card.map.mark_heard(heard_at)
    window.live.digits.card.map.show_place((-0.2, -0.85))
    save("digits", window)
    window.live.mode_asked.emit("speaker")
    window.show_page(1)
    link.tell_stats(seconds=70.0)
    save("devices", window)
    window.show_page(2)
    save("files-empty", window)
    names = ["interview.wav", *(f"chapter {number:02}.flac" for number in range(1, 6)), "memo.ogg"]
    files = [File(Path(name)) for name in names]
    files[0].state = files[1].state = "done"
    files[2].state, files[2].share = "running", 0.62
    files[4].state, files[4].note = "failed", "chapter 04.flac ends before its header says"
    session.queue.show_files(files, running=2)
    save("files", window)
    window.show_page(3)
    save("settings", window)
    window.show_page(0)
    session.controller.stop()
    steps = session.welcome()
    save("first-steps", steps)
    steps.done(0)
    adding = session.own_voices.add()
    save("add-voice", adding)
    adding.done(0)
    link.devices = []
    session.controller.refresh_devices()
    link.refusals["start"] = ("This machine has no microphone; connect one, or switch it on.", 3)
    session.controller.start()
    save("no-microphone", window)
    window.live.mode_asked.emit("digits")
    window.live.digits.pad.say.click()
    save("digits-without-sound", window)
    session.close()
    window.deleteLater()
    QTest.qWait(1)


if __name__ == "__main__":
    main()
