"""SpeakerMemory: who spoke last into which microphone, so that the next start need not find out again."""

from pathlib import Path
from typing import Any

from rtvc.errors import RtvcError
from rtvc.log import LOGGER
from rtvc.notes import Notes, notes_folder
from rtvc.speaker import Speaker

_FILE = "speakers.json"
CERTAINTY = 0.2  # somebody else may speak this time: a few seconds must be enough to tell


class SpeakerMemory:
    """Speakers by the name of the microphone."""

    def __init__(self, path: Path | None = None) -> None:
        self._notes = Notes(path or notes_folder() / _FILE)

    def recall(self, microphone: str) -> Speaker | None:
        row: Any = self._notes.rows().get(microphone)
        try:
            speaker = Speaker(float(row["pitch_hz"]), float(row["rms"]))
        except (TypeError, KeyError, ValueError):
            return None
        return speaker if _is_sane(speaker) else None

    def remember(self, microphone: str, speaker: Speaker) -> None:
        """What cannot be kept is found out again next time: that is no reason to stop."""
        row = {"pitch_hz": round(speaker.pitch_hz, 1), "rms": round(speaker.rms, 6)}
        try:
            self._notes.write(self._notes.rows() | {microphone: row})
        except RtvcError as error:
            LOGGER.warning("speaker not remembered: %s", error)


def _is_sane(speaker: Speaker) -> bool:
    return 30.0 < speaker.pitch_hz < 2000.0 and 0.0 < speaker.rms < 2.0  # false for what is no number, too
