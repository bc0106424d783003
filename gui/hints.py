"""HintFinder, what is wrong with the sound just now, in plain words and with what to do about it."""

from collections import deque
from typing import Any

from PyQt6.QtCore import QObject

_WINDOW_SECONDS = 10.0
_SILENT_SECONDS = 6.0
_SILENT_LEVEL = 0.0005  # -66 dB: less than any room makes
_CLIPPED_LEVEL = 0.999
_FULL_LOAD = 0.85
_FAULTS = ("underruns", "drops", "overruns")


class HintFinder(QObject):
    """Fed with every stats event; `hint` is empty while all is well."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.forget()

    def forget(self) -> None:
        """A new start: old faults are of no more interest."""
        self._past: deque[tuple[float, int, int]] = deque()  # seconds, faults of ours, of the sound system
        self._heard_at = self._clipped_at = 0.0
        self._has_clipped = False
        self._load = 0.0

    def add(self, stats: dict[str, Any]) -> None:
        now = float(stats["seconds"])
        if self._past and now < self._past[-1][0]:
            self.forget()
        if not self._past:
            self._heard_at = now
        faults = sum(int(stats[name]) for name in _FAULTS)
        self._past.append((now, faults, int(stats["device_xruns"])))
        while self._past[0][0] < now - _WINDOW_SECONDS:
            self._past.popleft()
        if stats["input_peak"] > _SILENT_LEVEL:
            self._heard_at = now
        if stats["input_peak"] >= _CLIPPED_LEVEL:
            self._has_clipped, self._clipped_at = True, now
        self._load = float(stats["load"])

    @property
    def hint(self) -> str:
        if not self._past:
            return ""
        now, faults, xruns = self._past[-1]
        if self._load > _FULL_LOAD:
            return self.tr("The computer is too busy for this. Close other programs.")
        if faults - self._past[0][1] >= 2:
            return self.tr("The sound was interrupted just now. A preset with more delay is steadier.")
        if self._has_clipped and now - self._clipped_at < _WINDOW_SECONDS / 2:
            return self.tr("Your microphone is too loud. Turn it down in the system's sound settings.")
        if now - self._heard_at > _SILENT_SECONDS:
            return self.tr("Nothing comes from the microphone. Is it switched off, or another one chosen?")
        if xruns - self._past[0][2] >= 3:
            return self.tr("The sound system is late now and then. A preset with more delay is steadier.")
        return ""
