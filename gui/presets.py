"""Presets: the sound under a name, as small JSON files. Devices are no part of it."""

import json
from pathlib import Path
from typing import Any

from gui.window_settings import write_json

SOUND = (
    "mode",
    "target",
    "model",
    "preset",
    "input_gain_db",
    "output_gain_db",
    "gate_db",
    "noise_reduction",
    "pitch_semitones",
    "formant_semitones",
    "timbre",
    "scale",
    "scale_strength",
    "scale_glide_ms",
    "vibrato",
    "added_vibrato_cents",
    "breath",
)
_SUFFIX = ".json"
_FORBIDDEN = '/\\:*?"<>|'
_LONGEST_NAME = 60


class Presets:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def names(self) -> list[str]:
        found = (path.name.removesuffix(_SUFFIX) for path in self._folder.glob(f"*{_SUFFIX}"))
        return sorted(found, key=str.casefold)

    def save(self, name: str, settings: dict[str, Any]) -> str:
        """Empty, or why it could not be written."""
        return write_json(self._path(name), _sound(settings))

    def load(self, name: str) -> dict[str, Any]:
        """Raises ValueError, with a sentence, where the file is damaged."""
        return read_preset(self._path(name))

    def remove(self, name: str) -> None:
        self._path(name).unlink(missing_ok=True)

    def take_in(self, path: Path) -> str:
        """Copy a preset file; returns its name here."""
        settings = read_preset(path)
        name = clean_name(path.name.removesuffix(_SUFFIX))
        error = self.save(name, settings)
        if error:
            raise ValueError(error)
        return name

    def _path(self, name: str) -> Path:
        return self._folder / (clean_name(name) + _SUFFIX)


def read_preset(path: Path) -> dict[str, Any]:
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"{path.name}: {error}") from None
    if not isinstance(raw, dict) or not _sound(raw):
        raise ValueError(f"{path.name}: there is no sound setting in it")
    return _sound(raw)


def write_preset(path: Path, settings: dict[str, Any]) -> str:
    """Anywhere, to be given to others. Empty, or why it could not be written."""
    return write_json(path, _sound(settings))


def clean_name(name: str) -> str:
    """What can be the name of a file on any system."""
    kept = "".join(letter for letter in name if letter not in _FORBIDDEN and letter.isprintable())
    return kept.strip(" .")[:_LONGEST_NAME] or "preset"


def _sound(settings: dict[str, Any]) -> dict[str, Any]:
    return {name: settings[name] for name in SOUND if name in settings}
