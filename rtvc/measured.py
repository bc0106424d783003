"""Measured, what was found out about pairs of devices: a small file of the user's, read anew each time."""

from pathlib import Path
from typing import Any

from rtvc.audio_link import AudioLink
from rtvc.notes import Notes, notes_folder

_FILE = "latency.json"


class Measured:
    """How late pairs of devices really are, in seconds, beside what their sound system says."""

    def __init__(self, path: Path | None = None) -> None:
        self._notes = Notes(path or notes_folder() / _FILE)

    def loop_seconds(self, link: AudioLink) -> float | None:
        """None where the pair was never measured.

        With other blocks or rates than those measured, the sound system is taken to be wrong by as much.
        """
        rows = self._rows().get(_pair(link), {})
        row = rows.get(_way(link))
        if row is not None:
            return float(row["loop_ms"]) / 1e3
        like = [row for way, row in rows.items() if way.startswith(_streams(link))]
        if not like:
            return None
        correction_ms = float(like[-1]["loop_ms"]) - float(like[-1]["reported_ms"])
        return max(0.0, reported_seconds(link) + correction_ms / 1e3)

    def remember(self, link: AudioLink, loop_seconds: float) -> None:
        rows = self._rows()
        row = {"loop_ms": round(loop_seconds * 1e3, 2), "reported_ms": round(reported_seconds(link) * 1e3, 2)}
        rows.setdefault(_pair(link), {})[_way(link)] = row
        self._notes.write(rows)

    def _rows(self) -> dict[str, Any]:
        """A file that is damaged is as good as none: to measure again makes a new one."""
        rows = self._notes.rows()
        try:
            well = all(
                isinstance(row["loop_ms"], int | float) and isinstance(row["reported_ms"], int | float)
                for ways in rows.values()
                for row in ways.values()
            )
        except (AttributeError, TypeError, KeyError):
            return {}
        return rows if well else {}


def reported_seconds(link: AudioLink) -> float:
    """What the sound system says of both devices together."""
    return link.input_latency_seconds + link.output_latency_seconds


def _pair(link: AudioLink) -> str:
    return f"{link.input} -> {link.output}"


def _way(link: AudioLink) -> str:
    ends = f"{link.input_rate}/{link.input_block}, {link.output_rate}/{link.output_block}"
    return f"{_streams(link)}, {ends}"


def _streams(link: AudioLink) -> str:
    return "one stream" if link.is_duplex else "two streams"
