"""WindowSettings, what the window remembers until the next time. A damaged file costs the memory only."""

import json
import types
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, get_origin, get_type_hints

import platformdirs

_FILE = "window.json"


@dataclass
class WindowSettings:
    engine: dict[str, Any] = field(default_factory=dict)  # settings as the engine names them
    modes: dict[str, Any] = field(default_factory=dict)  # what each mode keeps for itself
    digits: dict[str, Any] = field(default_factory=dict)  # what was typed last, and how it was said
    theme: str = "system"  # system, light or dark
    recordings: str = ""  # a folder; empty: the platform's music folder
    converted: str = ""  # a folder for converted files; empty: beside each file
    hotkeys: dict[str, str] = field(default_factory=dict)  # those that are not as they came
    closes_to_tray: bool = False
    is_welcomed: bool = False
    width: int = 1280
    height: int = 800


def config_folder() -> Path:
    return Path(platformdirs.user_config_dir("rtvc", appauthor=False))


class SettingsFile:
    """Reads once, writes beside and renames."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or config_folder()
        self._path = self.folder / _FILE

    def load(self) -> tuple[WindowSettings, str]:
        """The settings, and a sentence where they could not be read and are what they were at first."""
        try:
            raw = json.loads(self._path.read_text(encoding="utf-8"))
            return _settings(raw), ""
        except FileNotFoundError:
            return WindowSettings(), ""
        except (OSError, ValueError, TypeError) as error:
            return WindowSettings(), f"{self._path}: {error}"

    def save(self, settings: WindowSettings) -> str:
        """Empty, or why it could not be written."""
        return write_json(self._path, asdict(settings))


def write_json(path: Path, content: Any) -> str:
    """The file as a whole or not at all; returns what went wrong, or nothing."""
    fresh = path.with_name(path.name + ".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        fresh.replace(path)
    except OSError as error:
        return f"{path}: {error.strerror or error}"
    return ""


def _settings(raw: Any) -> WindowSettings:
    """Names that a newer version knew are passed over; a value of another kind is damage."""
    if not isinstance(raw, dict):
        raise ValueError("no table of settings")
    hints = get_type_hints(WindowSettings)
    known = {}
    for one in fields(WindowSettings):
        if one.name in raw:
            known[one.name] = _checked(one.name, raw[one.name], hints[one.name])
    return WindowSettings(**known)


def _checked(name: str, value: Any, hint: Any) -> Any:
    kind: Callable[..., Any] | types.GenericAlias = get_origin(hint) or hint
    if type(value) is not kind:
        raise ValueError(f"'{name}' holds {value!r:.40}")
    if hint == dict[str, str] and not all(isinstance(one, str) for one in value.values()):
        raise ValueError(f"'{name}' holds {value!r:.40}")
    return value
