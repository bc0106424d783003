"""Score, one instrument's part as a standard MIDI file: notes, bends, swells. Plays nothing."""

import struct
from pathlib import Path

TICKS_PER_SECOND = 480
_TEMPO_US = 1_000_000  # a quarter note a second, so that ticks are time
BEND_SEMITONES = 12  # either way; asked of the player before the first note
_VOLUME, _EXPRESSION = 7, 11
_BEND_CENTRE, _BEND_MOST = 8192, 8191


class Score:
    """Times are seconds from the beginning; events may be added in any order."""

    def __init__(self, program: int) -> None:
        self._events: list[tuple[int, int, bytes]] = []  # tick, order within it, message
        self.seconds = 0.0
        self._add(0.0, 0, bytes([0xC0, program]))
        # Registered parameter 0 is how far a bend goes.
        for controller, value in ((101, 0), (100, 0), (6, BEND_SEMITONES), (_VOLUME, 110)):
            self._control(0.0, controller, value)
        self.swell(0.0, 1.0)

    def note(self, start: float, seconds: float, pitch: int, strength: float) -> None:
        """Args: pitch: MIDI's number of the key. strength: 0 to 1."""
        velocity = max(1, min(127, round(127 * strength)))
        self._add(start, 2, bytes([0x90, pitch, velocity]))
        self._add(start + seconds, 1, bytes([0x80, pitch, 0]))
        self.seconds = max(self.seconds, start + seconds)

    def bend(self, at: float, semitones: float) -> None:
        value = _BEND_CENTRE + round(_BEND_MOST * max(-1.0, min(1.0, semitones / BEND_SEMITONES)))
        self._add(at, 0, bytes([0xE0, value & 0x7F, value >> 7]))

    def swell(self, at: float, strength: float) -> None:
        """How loud what sounds is from here on, 0 to 1."""
        self._control(at, _EXPRESSION, max(0, min(127, round(127 * strength))))

    def _control(self, at: float, controller: int, value: int) -> None:
        self._add(at, 0, bytes([0xB0, controller, value]))

    def _add(self, at: float, order: int, message: bytes) -> None:
        self._events.append((round(at * TICKS_PER_SECOND), order, message))

    def write(self, path: Path) -> None:
        track, now = b"\x00\xff\x51\x03" + _TEMPO_US.to_bytes(3, "big"), 0
        for tick, _, message in sorted(self._events, key=lambda event: event[:2]):
            track += _variable(tick - now) + message
            now = tick
        track += _variable(TICKS_PER_SECOND) + b"\xff\x2f\x00"  # a second for the last note to fade
        head = b"MThd" + struct.pack(">IHHH", 6, 0, 1, TICKS_PER_SECOND)
        path.write_bytes(head + b"MTrk" + struct.pack(">I", len(track)) + track)


def _variable(number: int) -> bytes:
    """Seven bits a byte, the most significant first."""
    parts = [number & 0x7F]
    while number := number >> 7:
        parts.append(0x80 | number & 0x7F)
    return bytes(reversed(parts))
