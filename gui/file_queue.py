"""FileQueue: which files wait, are being converted or are through; feeds the one who converts them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PyQt6.QtCore import QAbstractListModel, QModelIndex, QObject, Qt, pyqtSignal

from gui.file_runner import FileRunner
from gui.modes import name_in_files

FILE = Qt.ItemDataRole.UserRole
_OVER = ("done", "failed", "cancelled")


@dataclass
class File:
    source: Path
    destination: Path | None = None  # None: found when its turn comes
    state: str = "waiting"  # waiting, running, done, failed or cancelled
    share: float = 0.0
    note: str = ""


class FileQueue(QAbstractListModel):
    changed = pyqtSignal()
    said = pyqtSignal(str, str)

    def __init__(self, runner: FileRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._runner = runner
        self._files: list[File] = []
        self._running: int | None = None
        self._first_waiting = 0
        self.settings: dict[str, Any] = {}  # of the engine, as they are when a file's turn comes
        self.folder: Path | None = None  # for results; None: beside each file
        runner.told.connect(self._take)
        runner.ended.connect(self._has_ended)

    # ---- the list

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        return len(self._files)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        file = self._files[index.row()]
        if role == FILE:
            return file
        if role == Qt.ItemDataRole.DisplayRole:
            return file.source.name
        if role == Qt.ItemDataRole.ToolTipRole:
            return file.note or str(file.source)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{file.source.name}, {self.word(file)}"
        return None

    def word(self, file: File) -> str:
        words = {
            "waiting": self.tr("waiting"),
            "running": f"{file.share:.0%}",
            "done": self.tr("done"),
            "cancelled": self.tr("cancelled"),
            "failed": file.note,
        }
        return words[file.state]

    @property
    def files(self) -> list[File]:
        return self._files

    @property
    def is_busy(self) -> bool:
        return self._running is not None

    def count(self, *states: str) -> int:
        return sum(file.state in states for file in self._files)

    @property
    def share(self) -> float:
        done = sum(1.0 if file.state in _OVER else file.share for file in self._files)
        return done / len(self._files) if self._files else 0.0

    # ---- commands

    def add(self, paths: list[Path]) -> None:
        """Files at once; folders when they have been looked through."""
        for folder in [path for path in paths if path.is_dir()]:
            self._runner.send(plan=str(folder), into=str(self._folder_for(folder)))
        self._append([File(path) for path in paths if not path.is_dir()])

    def cancel(self) -> None:
        """What waits and what is being converted; results that are there stay."""
        for file in self._files:
            if file.state == "waiting":
                file.state = "cancelled"
        if self._running is not None:
            self._runner.send(cancel=self._running)
        self._show_all()

    def clear(self) -> None:
        """All that is over."""
        kept = [file for file in self._files if file.state not in _OVER]
        running = self._files[self._running] if self._running is not None else None
        if running is not None:
            return  # the worker speaks of files by their place
        self.beginResetModel()
        self._files, self._first_waiting = kept, 0
        self.endResetModel()
        self.changed.emit()

    def close(self) -> None:
        self._runner.close()

    def show_files(self, files: list[File], running: int | None) -> None:
        """As they are, with nobody at work on them."""
        self.beginResetModel()
        self._files, self._running = files, running
        self.endResetModel()
        self.changed.emit()

    # ---- one after the other

    def _append(self, files: list[File]) -> None:
        if files:
            first = len(self._files)
            self.beginInsertRows(QModelIndex(), first, first + len(files) - 1)
            self._files.extend(files)
            self.endInsertRows()
            self._go_on()
        self.changed.emit()

    def _go_on(self) -> None:
        if self._running is not None:
            return
        for number in range(self._first_waiting, len(self._files)):
            file = self._files[number]
            if file.state == "waiting":
                self._convert(number, file)
                return
        self._first_waiting = len(self._files)

    def _convert(self, number: int, file: File) -> None:
        self._running = self._first_waiting = number
        file.state, file.destination = "running", file.destination or self._place_for(file.source)
        self._runner.send(
            convert=number,
            source=str(file.source),
            destination=str(file.destination),
            settings=self.settings,
        )
        self._show(number)

    def _take(self, told: dict[str, Any]) -> None:
        if "planned" in told:
            self._append([File(Path(source), Path(into)) for source, into in told["planned"]])
        elif "unplanned" in told:
            self.said.emit(told["error"], "error")
        elif "share" in told:
            self._files[told["id"]].share = told["share"]
            self._show(told["id"])
        else:
            self._finish(told["id"], told)

    def _finish(self, number: int, told: dict[str, Any]) -> None:
        file = self._files[number]
        if "done" in told:
            file.state, file.share = "done", 1.0
        else:
            file.state = "cancelled" if told.get("cancelled") else "failed"
            file.note = told["error"]
        self._running = None
        self._show(number)
        self._go_on()

    def _has_ended(self) -> None:
        if self._running is not None:
            error = self.tr("The conversion ended unexpectedly, perhaps for lack of memory.")
            self._finish(self._running, {"error": error})

    def _show(self, number: int) -> None:
        index = self.index(number, 0)
        self.dataChanged.emit(index, index)
        self.changed.emit()

    def _show_all(self) -> None:
        self.dataChanged.emit(self.index(0, 0), self.index(len(self._files) - 1, 0))
        self.changed.emit()

    # ---- names

    def _place_for(self, source: Path) -> Path:
        """Beside the source or in the folder for results, under a name that is not taken."""
        folder = self.folder or source.parent
        suffix = ".flac" if source.suffix.lower() == ".flac" else ".wav"
        return _free(folder / f"{source.stem} ({self._label()}){suffix}")

    def _folder_for(self, source: Path) -> Path:
        return _free((self.folder or source.parent) / f"{source.name} ({self._label()})")

    def _label(self) -> str:
        target = name_in_files(self.settings)
        return "".join(letter for letter in target if letter not in '/\\:*?"<>|').replace(",", " ")


def _free(path: Path) -> Path:
    number, candidate = 2, path
    while candidate.exists():
        candidate = path.with_name(f"{path.stem} {number}{path.suffix}")
        number += 1
    return candidate
