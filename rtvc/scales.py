"""Scales by name, `C-major` or `F#-dorian`, and the note of one that is nearest. Hears and plays nothing."""

import math
from dataclasses import dataclass

from rtvc.errors import UsageError

_A4_HZ, _A4 = 440.0, 69
_KEYS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_SIGNS = {"": 0, "#": 1, "b": -1}
_STEPS = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "harmonic-minor": (0, 2, 3, 5, 7, 8, 11),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "pentatonic": (0, 2, 4, 7, 9),
    "minor-pentatonic": (0, 3, 5, 7, 10),
    "blues": (0, 3, 5, 6, 7, 10),
    "chromatic": tuple(range(12)),
}
NOTES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")  # a scale may begin with; flats too
KINDS = tuple(_STEPS)


@dataclass(frozen=True)
class Scale:
    notes: tuple[int, ...]  # of an octave, 0 is C

    def nearest(self, semitones: float) -> int:
        """The nearest note, both as MIDI counts them (69 is A4)."""
        around = range(math.floor(semitones) - 11, math.floor(semitones) + 13)
        return min((n for n in around if n % 12 in self.notes), key=lambda n: (abs(n - semitones), n))


def scale_named(name: str) -> Scale:
    """`KEY-KIND`; upper and lower case are the same, but for the b of a flat."""
    key, _, kind = name.partition("-")
    letter, sign = key[:1].upper(), key[1:]
    if letter not in _KEYS or sign not in _SIGNS or kind.lower() not in _STEPS:
        raise UsageError(
            f"There is no scale '{name:.40}'; give a key and a kind such as C-major or F#-minor, "
            f"of the kinds {', '.join(KINDS)}."
        )
    root = _KEYS[letter] + _SIGNS[sign]
    return Scale(tuple(sorted((root + step) % 12 for step in _STEPS[kind.lower()])))


def semitones_of(log_hz: float) -> float:
    return _A4 + 12.0 * (log_hz - math.log(_A4_HZ)) / math.log(2.0)
