"""Notes, a small JSON file in the user's folder that the program keeps for itself; losing it costs little."""

import json
from pathlib import Path
from typing import Any

import platformdirs

from rtvc.errors import RtvcError


def notes_folder() -> Path:
    return Path(platformdirs.user_data_dir("rtvc", appauthor=False))


class Notes:
    """An object of rows by name, read anew each time."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def rows(self) -> dict[str, Any]:
        """A file that is damaged is as good as none: the next note makes a new one."""
        try:
            rows = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return rows if isinstance(rows, dict) else {}

    def write(self, rows: dict[str, Any]) -> None:
        """Beside, then renamed."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            new = self._path.with_suffix(".new")
            new.write_text(json.dumps(rows, indent=1, ensure_ascii=False), encoding="utf-8")
            new.replace(self._path)
        except OSError as error:
            raise RtvcError(f"'{self._path}' cannot be written ({error.strerror or error}).") from error
