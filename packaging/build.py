"""python packaging/build.py: the program as a folder in dist/ that runs without Python, tried at once."""

import shutil
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).parents[1]
APP = ROOT / "dist" / "rtvc"
_BESIDE = ("packaging/NOTICE.md", "LICENSE", "packaging/rtvc.desktop", "gui/rtvc.svg")
_BUNDLED = (
    *("numpy", "scipy", "soundfile", "sounddevice", "soxr", "platformdirs", "rich", "pyqt6", "pyqt6-qt6"),
    *("pyqt6-sip", "pyqtgraph", "onnxruntime-gpu", "onnxruntime", "cffi", "pygments", "markdown-it-py"),
    *("mdurl", "protobuf", "flatbuffers", "colorama", "packaging", "pyinstaller"),
)
_LICENCE_NAMES = ("licen", "copying", "notice")


def draw_icon(path: Path, pixels: int = 512) -> None:
    """For Windows and macOS, which take no SVG."""
    from PyQt6.QtGui import QGuiApplication, QImage, QPainter
    from PyQt6.QtSvg import QSvgRenderer

    application = QGuiApplication(["draw", "-platform", "offscreen"])
    image = QImage(pixels, pixels, QImage.Format.Format_ARGB32)
    image.fill(0)
    painter = QPainter(image)
    QSvgRenderer(str(ROOT / "gui/rtvc.svg")).render(painter)
    painter.end()
    path.parent.mkdir(exist_ok=True)
    image.save(str(path))
    application.quit()


def collect_licences(folder: Path) -> None:
    """Texts of all that is bundled, by package; those of this Python's own too."""
    for name in _BUNDLED:
        try:
            files = metadata.files(name) or []
        except metadata.PackageNotFoundError:
            continue
        for file in files:
            if any(mark in file.name.lower() for mark in _LICENCE_NAMES) and file.suffix != ".py":
                place = folder / name / "-".join(file.parts[-2:])
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(Path(str(file.locate())), place)
    for text in (Path(sys.base_prefix) / "LICENSE.txt", Path(sys.prefix) / "LICENSE.txt"):
        if text.is_file():
            shutil.copy(text, folder / "python.txt")


def megabytes(folder: Path) -> float:
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return sum(path.stat().st_size for path in files) / 1e6


def main() -> int:
    began = time.monotonic()
    draw_icon(ROOT / "build" / "rtvc.png")
    recipe = str(ROOT / "packaging/rtvc.spec")
    places = ["--distpath", str(APP.parent), "--workpath", str(ROOT / "build")]
    command = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN", *places, recipe]
    subprocess.run(command, cwd=ROOT, check=True)
    for name in _BESIDE:
        shutil.copy(ROOT / name, APP)
    collect_licences(APP / "licences")
    print(f"{APP}: {megabytes(APP):.0f} MB, built in {time.monotonic() - began:.0f} s", flush=True)
    return subprocess.run([sys.executable, str(ROOT / "packaging/smoke.py"), str(APP)]).returncode


if __name__ == "__main__":
    sys.exit(main())
