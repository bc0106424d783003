"""The real window on the real engine, driven by lines on standard input; each is answered with a JSON line.

start, stop, voice NAME, bypass, mute, record, freeze SECONDS, kill, stats, spectrum
"""

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PyQt6.QtCore import QObject, Qt, QTimer, pyqtSignal
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication

from gui.engine_link import EngineLink
from gui.program import engine_command
from gui.session import Session
from gui.voice_list import VOICE
from gui.window_settings import SettingsFile

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
        print(json.dumps({"step": step, "seconds": time.monotonic() - started, **answer}), flush=True)

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

    def bypass(self, word: str) -> None:
        self._click(self.session.window.live.transport.bypass)

    def record(self, word: str) -> dict[str, Any]:
        self._click(self.session.window.live.transport.record)
        folder = Path(self.session.settings.recordings)
        return {"files": sorted(str(path) for path in folder.glob("*.wav"))}

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
