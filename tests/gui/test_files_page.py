"""Files: dropped, converted by the program's own conversion, cancelled, named."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from PyQt6.QtCore import QMimeData, QPointF, Qt, QUrl
from PyQt6.QtGui import QDropEvent
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui.app import Session
from gui.file_queue import FileQueue
from gui.file_runner import FileRunner

LEFT = Qt.MouseButton.LeftButton
SETTINGS = {"mode": "bypass", "target": "p230"}


class SilentRunner(FileRunner):
    """Notes what it is sent; the test is the worker."""

    def __init__(self) -> None:
        super().__init__(["none"])
        self.sent: list[dict[str, Any]] = []

    def send(self, **order: Any) -> None:
        self.sent.append(order)

    def close(self) -> None:
        pass


@pytest.fixture
def runner(qapp: QApplication) -> SilentRunner:
    return SilentRunner()


@pytest.fixture
def queue(runner: SilentRunner) -> FileQueue:
    queue = FileQueue(runner)
    queue.settings = dict(SETTINGS)
    return queue


def states(queue: FileQueue) -> list[str]:
    return [file.state for file in queue.files]


def test_files_are_converted_one_after_the_other(
    queue: FileQueue, runner: SilentRunner, tmp_path: Path
) -> None:
    queue.add([tmp_path / "a.wav", tmp_path / "b.mp3", tmp_path / "c.flac"])
    assert states(queue) == ["running", "waiting", "waiting"]
    runner.told.emit({"id": 0, "share": 0.5})
    assert queue.word(queue.files[0]) == "50%" and queue.share == pytest.approx(1 / 6)
    runner.told.emit({"id": 0, "done": 2.0})
    runner.told.emit({"id": 1, "error": "b.mp3 is cut short."})
    runner.told.emit({"id": 2, "done": 1.0})
    assert states(queue) == ["done", "failed", "done"] and queue.word(queue.files[1]) == "b.mp3 is cut short."
    assert [Path(order["destination"]).name for order in runner.sent] == [
        "a (p230).wav",
        "b (p230).wav",
        "c (p230).flac",
    ]
    assert all(order["settings"] == SETTINGS for order in runner.sent)


def test_nothing_is_written_over(queue: FileQueue, runner: SilentRunner, tmp_path: Path) -> None:
    (tmp_path / "a (p230).wav").touch()
    (tmp_path / "a (p230) 2.wav").touch()
    queue.add([tmp_path / "a.wav"])
    assert Path(runner.sent[0]["destination"]) == tmp_path / "a (p230) 3.wav"


def test_a_folder_for_results(queue: FileQueue, runner: SilentRunner, tmp_path: Path) -> None:
    queue.folder = tmp_path / "results"
    queue.settings["target"] = "p230:0.50,p226:0.50"
    queue.add([tmp_path / "a.wav"])
    assert Path(runner.sent[0]["destination"]) == tmp_path / "results" / "a (p2300.50 p2260.50).wav"


def test_cancel_ends_what_waits_and_what_runs(queue: FileQueue, runner: SilentRunner, tmp_path: Path) -> None:
    queue.add([tmp_path / "a.wav", tmp_path / "b.wav"])
    queue.cancel()
    assert runner.sent[-1] == {"cancel": 0}
    runner.told.emit({"id": 0, "error": "", "cancelled": True})
    assert states(queue) == ["cancelled", "cancelled"] and not queue.is_busy
    queue.clear()
    assert queue.rowCount() == 0
    queue.add([tmp_path / "c.wav"])
    assert runner.sent[-1]["convert"] == 0


def test_a_worker_that_dies_costs_one_file(queue: FileQueue, runner: SilentRunner, tmp_path: Path) -> None:
    queue.add([tmp_path / "a.wav", tmp_path / "b.wav"])
    runner.ended.emit()
    assert states(queue) == ["failed", "running"] and "unexpectedly" in queue.files[0].note


def drop(session: Session, paths: list[Path]) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    page = session.window.files
    event = QDropEvent(QPointF(50, 50), Qt.DropAction.CopyAction, data, LEFT, Qt.KeyboardModifier.NoModifier)
    page.dropEvent(event)


def test_two_thousand_files_dropped_at_once(
    qtbot: QtBot, session: Session, runner: SilentRunner, tmp_path: Path
) -> None:
    queue = session.queue
    queue._runner = runner
    session.window.show_page(2)
    drop(session, [tmp_path / f"{number:04}.wav" for number in range(2000)])
    assert queue.rowCount() == 2000 and len(runner.sent) == 1
    for number in range(2000):
        queue._take({"id": number, "done": 1.0})
    page = session.window.files
    assert page.summary.text() == "2000 of 2000 converted" and not queue.is_busy
    qtbot.mouseClick(page.clear, LEFT)
    assert queue.rowCount() == 0


def tone(path: Path, seconds: float = 0.5) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    sound = 0.2 * np.sin(2 * np.pi * 220 * np.arange(round(seconds * 16000)) / 16000)
    soundfile.write(path, sound, 16000)
    return path


@pytest.fixture
def real_queue(qapp: QApplication) -> Any:
    queue = FileQueue(FileRunner())
    queue.settings = dict(SETTINGS)
    yield queue
    queue.close()


def test_the_real_conversion(qtbot: QtBot, real_queue: FileQueue, tmp_path: Path) -> None:
    good, bad = tone(tmp_path / "good.wav"), tmp_path / "bad.wav"
    bad.write_bytes(b"RIFF, not quite")
    tone(tmp_path / "tree" / "sub" / "deep.wav")
    real_queue.add([good, bad, tmp_path / "tree"])
    qtbot.waitUntil(lambda: real_queue.rowCount() == 3 and not real_queue.is_busy, timeout=60_000)
    assert sorted(states(real_queue)) == ["done", "done", "failed"]
    assert soundfile.info(tmp_path / "good (p230).wav").frames == 8000
    assert (tmp_path / "tree (p230)" / "sub" / "deep.wav").is_file()


def test_cancelling_the_real_conversion_leaves_no_half_file(
    qtbot: QtBot, real_queue: FileQueue, tmp_path: Path
) -> None:
    real_queue.settings["mode"] = "resynth"  # takes its time
    real_queue.add([tone(tmp_path / "long.wav", 600.0), tone(tmp_path / "next.wav")])
    qtbot.waitUntil(lambda: real_queue.files[0].share > 0, timeout=60_000)
    real_queue.cancel()
    qtbot.waitUntil(lambda: not real_queue.is_busy, timeout=20_000)
    assert states(real_queue) == ["cancelled", "cancelled"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["long.wav", "next.wav"]
    tone(tmp_path / "after.wav")
    real_queue.settings["mode"] = "bypass"
    real_queue.add([tmp_path / "after.wav"])
    qtbot.waitUntil(lambda: states(real_queue)[-1] == "done", timeout=60_000)


def test_a_folder_without_sound_is_said(qtbot: QtBot, real_queue: FileQueue, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with qtbot.waitSignal(real_queue.said, timeout=60_000) as said:
        real_queue.add([tmp_path / "empty"])
    assert "no audio file" in said.args[0]
