"""SteadyPitch: from pitch candidates to one melody that starts when it is sure and never warbles.

It looks one frame ahead. What is not surely a pitch is bridged for a moment, then fades out; a leap is
believed when the next frame says the same, one by an octave when two more do. Knows nothing of instruments.

The candidates must come from frames reversed in time: their pitch then is that of half a hop after the
middle of the window, so that the mean of two of them belongs to the middle itself.
"""

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rtvc.frames import JUMP, Frames

_SURE_TO_BEGIN, _SURE_TO_GO_ON = 0.85, 0.7  # periodicity
_ALIKE = JUMP  # log Hz; two frames nearer than this are one pitch
_OCTAVE, _NEAR_OCTAVE = math.log(2.0), 0.06
_LEAP_FRAMES, _OCTAVE_FRAMES = 2, 3  # that have to say so
_BRIDGED_FRAMES = 3  # 35 ms: a consonant hummed through, a moment of breath
_FADE_FRAMES = 7
_QUIETEST_LOG_ENERGY = math.log(10.0 ** (-65.0 / 20.0))

Float = NDArray[np.float32]


@dataclass(frozen=True)
class Melody:
    """One frame: where the pitch is and how much of it is to be heard."""

    log_f0: float
    presence: float  # 0 to 1
    log_energy: float
    is_new: bool  # the pitch begins, or has leapt


@dataclass
class _State:
    frames: list[tuple[float, float, float]] = field(default_factory=list)  # log f0, periodicity, energy
    log_f0: float = math.log(220.0)  # last believed, of half a hop after the window's middle
    is_on: bool = False
    unsure: int = 0  # frames since it was last sure
    leap: int = 0  # frames that have said the pitch is elsewhere
    log_energy: float = -math.inf  # when it was last sure


class SteadyPitch:
    """Frames in, Melody out, a frame later."""

    LOOKAHEAD = 1

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._state = _State()

    def process(self, frames: Frames) -> list[Melody]:
        out = []
        for f0_hz, voiced, energy in zip(
            frames.f0_hz.tolist(), frames.voiced.tolist(), frames.log_energy.tolist(), strict=True
        ):
            window = self._state.frames
            window.append((math.log(f0_hz), voiced, energy))
            if len(window) == 2:  # the sound's first frame has none before it
                window.insert(0, (window[0][0], 0.0, -math.inf))
            if len(window) == 3:
                out.append(self._step())
                del window[0]
        return out

    def _step(self) -> Melody:
        state = self._state
        before, now, after = state.frames
        least = _SURE_TO_GO_ON if state.is_on else _SURE_TO_BEGIN
        is_sure = now[1] >= least and now[2] > _QUIETEST_LOG_ENERGY
        agrees = after[1] >= least and abs(after[0] - now[0]) < _ALIKE
        if not state.is_on:
            if is_sure and agrees:
                return self._begin(now)
            return Melody(state.log_f0, 0.0, now[2], False)
        if is_sure:
            is_new, log_f0 = self._follow(before, now, agrees)
            if is_new or not state.leap:
                state.unsure, state.log_energy = 0, now[2]
                return Melody(log_f0, 1.0, now[2], is_new)
        return self._bridge(now)

    def _begin(self, now: tuple[float, float, float]) -> Melody:
        state = self._state
        state.is_on, state.unsure, state.leap = True, 0, 0
        state.log_f0, state.log_energy = now[0], now[2]
        return Melody(now[0], 1.0, now[2], True)

    def _follow(
        self, before: tuple[float, float, float], now: tuple[float, float, float], agrees: bool
    ) -> tuple[bool, float]:
        """Whether the pitch has leapt, and where it is in the middle of the window."""
        state = self._state
        distance = abs(now[0] - state.log_f0)
        if distance < _ALIKE:
            state.leap = 0
            last, state.log_f0 = state.log_f0, now[0]
            return False, 0.5 * (last + now[0])
        state.leap += 1
        is_octave = abs(distance / _OCTAVE - round(distance / _OCTAVE)) < _NEAR_OCTAVE
        needed = _OCTAVE_FRAMES if is_octave else _LEAP_FRAMES
        # The frame ahead counts as one that says so.
        if agrees and state.leap + 1 >= needed and (state.leap == 1 or abs(now[0] - before[0]) < _ALIKE):
            state.leap, state.log_f0 = 0, now[0]
            return True, now[0]
        return False, state.log_f0

    def _bridge(self, now: tuple[float, float, float]) -> Melody:
        """The pitch held, no louder than it was, for a moment in full and then fading."""
        state = self._state
        state.unsure += 1
        presence = 1.0 - max(0, state.unsure - _BRIDGED_FRAMES) / _FADE_FRAMES
        if presence <= 0.0:
            state.is_on = False
        return Melody(state.log_f0, max(0.0, presence), min(now[2], state.log_energy), False)


def analysed(melody: list[Melody]) -> tuple[Float, Float, Float]:
    """log f0, presence and log energy of each frame as arrays, (n,)."""
    table = np.array([(m.log_f0, m.presence, m.log_energy) for m in melody], np.float32).reshape(-1, 3)
    return table[:, 0], table[:, 1], table[:, 2]
