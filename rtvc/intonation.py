"""Intonation: what becomes of a melody before an instrument plays it. Transposed, in tune, with more vibrato.

Works frame by frame and holds nothing back.
"""

import math
from dataclasses import dataclass

from rtvc.frames import JUMP
from rtvc.scales import Scale, scale_named, semitones_of

SEMITONE = math.log(2.0) / 12.0  # in log Hz
VIBRATO_HZ = 5.5  # of what is added: between a flute's and a violin's
_VIBRATO_RISES_SECONDS = 0.3  # a note begins without
_MIDDLE_SECONDS = 0.15  # over which a melody's own vibrato is averaged away
_STICKS_SEMITONES = 0.2  # further than halfway to the next note before it is taken


@dataclass(frozen=True)
class Tuning:
    """What is wanted; may change between any two frames."""

    transpose_semitones: float = 0.0
    scale: str | None = None
    strength: float = 1.0  # 0 leaves the pitch as it is, 1 plays the note of the scale
    glide_seconds: float = 0.06  # from one note of the scale to the next
    vibrato: float = 1.0  # share of the melody's own that is kept
    added_vibrato_cents: float = 0.0


class Intonation:
    def __init__(self, hop_seconds: float, tuning: Tuning) -> None:
        self._hop_seconds = hop_seconds
        self._toward_middle = 1.0 - math.exp(-hop_seconds / _MIDDLE_SECONDS)
        self.tuning = tuning
        self.reset()

    @property
    def tuning(self) -> Tuning:
        return self._tuning

    @tuning.setter
    def tuning(self, tuning: Tuning) -> None:
        self._tuning = tuning
        self._scale: Scale | None = scale_named(tuning.scale) if tuning.scale else None

    def reset(self) -> None:
        self._middle = 0.0  # log f0 without vibrato
        self._note: int | None = None  # of the scale
        self._correction = 0.0  # log Hz
        self._seconds = 0.0  # since the note began
        self._turns = 0.0  # of the added vibrato

    def step(self, log_f0: float, is_new: bool) -> float:
        """The log f0 to play. `is_new`: the pitch begins here or has leapt."""
        if is_new:
            self._middle, self._seconds, self._turns = log_f0, 0.0, 0.0
        # A slide would leave its own mean behind; further away than a vibrato goes, the mean comes along.
        away = log_f0 - self._middle
        self._middle += self._toward_middle * away
        self._middle = min(max(self._middle, log_f0 - JUMP), log_f0 + JUMP)
        own = log_f0 - self._middle
        played = self._middle + self._tuning.vibrato * own
        played += self._tuning.transpose_semitones * SEMITONE
        played += self._corrected(self._middle + self._tuning.transpose_semitones * SEMITONE, is_new)
        return played + self._added()

    def _corrected(self, log_f0: float, is_new: bool) -> float:
        """What takes the pitch to its note, reached gradually."""
        wanted = 0.0
        if self._scale:
            semitones = semitones_of(log_f0)
            nearest = self._scale.nearest(semitones)
            if is_new or self._note is None or self._is_left(semitones, nearest):
                self._note = nearest
            wanted = self._tuning.strength * (self._note - semitones) * SEMITONE
        else:
            self._note = None
        if is_new or self._tuning.glide_seconds <= 0.0:
            self._correction = wanted
        else:
            share = 1.0 - math.exp(-self._hop_seconds / self._tuning.glide_seconds)
            self._correction += share * (wanted - self._correction)
        return self._correction

    def _is_left(self, semitones: float, nearest: int) -> bool:
        """A pitch between two notes must not flutter between them."""
        assert self._note is not None
        return abs(semitones - self._note) > abs(semitones - nearest) + _STICKS_SEMITONES

    def _added(self) -> float:
        self._seconds += self._hop_seconds
        self._turns = (self._turns + VIBRATO_HZ * self._hop_seconds) % 1.0
        grown = min(1.0, self._seconds / _VIBRATO_RISES_SECONDS)
        depth = grown * self._tuning.added_vibrato_cents / 100.0 * SEMITONE
        return depth * math.sin(2.0 * math.pi * self._turns)
