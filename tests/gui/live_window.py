"""The real window on the real engine, driven by lines on standard input; each is answered with a JSON line.

start, stop, voice NAME, mode NAME, instrument NAME, digits TEXT, turn_into NAME, drag, bypass, record,
drop COUNT, cancel, freeze SECONDS, kill, figures, columns
"""

import json
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PyQt6.QtCore import QMimeData, QObject, QPoint, QPointF, Qt, QTimer, QUrl, pyqtSignal
from PyQt6.QtGui import QDropEvent
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication

from gui.engine_link import EngineLink
from gui.program import engine_command
from gui.session import Session
from gui.voice_list import VOICE
from gui.window_settings import SettingsFile
from rtvc.catalog import ASSETS

LEFT = Qt.MouseButton.LeftButton
PATIENCE_SECONDS = 60.0


class Driver(QObject):
    asked = pyqtSignal(str)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.stats: dict[str, Any] = {}
        session.controller.stats_came.connect(self._keep)
        self.asked.connect(self._do)
        threading.Thread(target=self._read, daemon=True).start()

    def _keep(self, stats: dict[str, Any]) -> None:
        self.stats = stats

    def _read(self) -> None:
        for line in sys.stdin:
            self.asked.emit(line.strip())
        self.asked.emit("quit")

    def _do(self, line: str) -> None:
        step, _, word = line.partition(" ")
        started = time.monotonic()
        answer = getattr(self, step)(word) or {}
        took = time.monotonic() - started
        print(json.dumps({"step": step, "began": started, "seconds": took, **answer}), flush=True)

    def _until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not condition():
            if time.monotonic() > deadline:
                raise TimeoutError("what was waited for did not come")
            QTest.qWait(5)

    def _click(self, button: Any) -> None:
        QTest.mouseClick(button, LEFT)

    def voices(self, word: str) -> dict[str, Any]:
        self._until(lambda: bool(self.session.controller.voices))
        return {"count": len(self.session.controller.voices), "screen": QApplication.platformName()}

    def start(self, word: str) -> None:
        self._click(self.session.window.live.transport.power)
        self._until(lambda: self.session.controller.state == "running")

    def stop(self, word: str) -> None:
        self._click(self.session.window.live.transport.power)
        self._until(lambda: self.session.controller.state == "stopped")

    def voice(self, word: str) -> None:
        view = self.session.window.live.voices.list
        model = view.model()
        assert model is not None
        rows = [model.index(row, 0) for row in range(model.rowCount())]
        index = next(index for index in rows if index.data(VOICE)["id"] == word)
        view.scrollTo(index)
        QTest.mouseClick(view.viewport(), LEFT, pos=view.visualRect(index).center())
        self._until(lambda: self.session.controller.settings["target"] == word)

    def mode(self, word: str) -> None:
        """Until the engine has done it."""
        applied: list[str] = []
        self.session.controller.applied.connect(applied.append)
        self._click(self.session.window.live.mode.segment(word))
        self._until(lambda: bool(applied))
        self.session.controller.applied.disconnect(applied.append)

    def instrument(self, word: str) -> None:
        panel = self.session.window.live.instruments
        assert panel is not None
        self._until(lambda: word in panel.tiles.keys())
        self._click(panel.tiles.tile(word))
        self._until(lambda: self.session.controller.settings["timbre"] == word)

    def digits(self, word: str) -> dict[str, Any]:
        """Until all of it was said."""
        speech, ends = self.session.digits, list[dict[str, Any]]()
        assert speech is not None
        self.session.controller.spoken.connect(ends.append)
        speech.pad.text.setText(word)
        self._click(speech.pad.say)
        self._until(lambda: bool(ends))
        return {"said": ends[0], "note": speech.pad.note.text()}

    def turn_into(self, word: str) -> None:
        speech = self.session.digits
        assert speech is not None
        box = speech.sound.target
        self._until(lambda: box.findData(word) > 0)
        box.setCurrentIndex(box.findData(word))
        box.activated.emit(box.currentIndex())

    def drag(self, word: str) -> dict[str, Any]:
        """Across the map, until the place at the end was said."""
        speech, ends = self.session.digits, list[dict[str, Any]]()
        assert speech is not None
        self.session.controller.spoken.connect(ends.append)
        field = speech.card.map
        middle = field.rect().center()
        QTest.mousePress(field, LEFT, pos=middle)
        self._until(lambda: bool(ends))
        QTest.mouseMove(field, middle + QPoint(40, 20))
        QTest.mouseRelease(field, LEFT, pos=middle + QPoint(40, 20))
        self._until(lambda: len(ends) > 1)
        return {"said": ends, "place": field.place}

    def bypass(self, word: str) -> None:
        self._click(self.session.window.live.transport.bypass)

    def record(self, word: str) -> dict[str, Any]:
        self._click(self.session.window.live.transport.record)
        folder = Path(self.session.settings.recordings)
        return {"files": sorted(str(path) for path in folder.glob("*.wav"))}

    def drop(self, word: str) -> dict[str, Any]:
        """So many files on the page Files, until one of them is converted."""
        folder = Path(tempfile.mkdtemp(dir=self.session.settings.recordings.rpartition("/")[0]))
        paths = [folder / f"{number:04}.wav" for number in range(int(word))]
        for path in paths:
            path.symlink_to(ASSETS / "demo" / "hello.wav")
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
        page, queue = self.session.window.files, self.session.queue
        nothing = Qt.KeyboardModifier.NoModifier
        waiting, done = queue.count("waiting"), queue.count("done")
        page.dropEvent(QDropEvent(QPointF(50, 50), Qt.DropAction.CopyAction, data, LEFT, nothing))
        assert queue.count("waiting", "running") == waiting + len(paths)
        self._until(lambda: queue.count("done") > done)
        assert queue.count("failed") == 0
        return {"waiting": queue.count("waiting")}

    def cancel(self, word: str) -> dict[str, Any]:
        queue = self.session.queue
        queue.cancel()
        self._until(lambda: not queue.is_busy)
        return {"done": queue.count("done")}

    def freeze(self, word: str) -> None:
        time.sleep(float(word))  # the fault itself: a window that does nothing for so long

    def kill(self, word: str) -> dict[str, Any]:
        """Until sound flows again."""
        states: list[str] = []
        self.session.controller.state_changed.connect(lambda state, message: states.append(state))
        os.kill(self.session.controller.engine_process_id, signal.SIGKILL)
        self._until(lambda: states[-1:] == ["running"])
        return {"states": states}

    def figures(self, word: str) -> dict[str, Any]:
        old = self.stats
        self._until(lambda: self.stats is not old)
        return {"stats": self.stats}

    def columns(self, word: str) -> dict[str, Any]:
        signal_view = self.session.window.live.signal
        ends = signal_view.input.spectrogram, signal_view.output.spectrogram
        return {"loudest": [int(end.columns.max()) for end in ends]}

    def quit(self, word: str) -> None:
        QApplication.quit()


def main() -> None:
    folder = Path(sys.argv[1])
    application = QApplication(["rtvc"])
    file = SettingsFile(folder)
    settings, _ = file.load()
    settings.recordings = str(folder / "recordings")
    settings.is_welcomed = True
    file.save(settings)
    session = Session(application, file, EngineLink(engine_command()), folder)
    driver = Driver(session)
    QTimer.singleShot(0, session.open)
    application.exec()
    driver.session.close()


if __name__ == "__main__":
    main()
