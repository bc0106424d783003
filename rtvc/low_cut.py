"""Low cut: takes rumble and breath pops below speech out of the sound, a whole hop at a time.

Desks, fans and street put more power below 50 Hz than speech has above; a vocoder that has to make such
a tone up from mels smears it over everything, and a level meter believes it. Fourth-order Butterworth.
"""

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from rtvc.stage import Audio

CUT_OFF_HZ = 60.0
_Q = (0.54119610, 1.30656296)  # of the two sections of a Butterworth filter of order four
_ORDER = 2 * len(_Q)

Matrix = NDArray[np.float64]
Section = tuple[float, float, float, float, float]


class LowCut:
    """Filters consecutive hops as one signal.

    A hop is two matrix products: what comes of its own samples, and what the state (the filter's memory)
    still rings. Recursion sample by sample would be the same sums in a slow loop.
    """

    def __init__(self, sample_rate: int, hop: int, cut_off_hz: float = CUT_OFF_HZ) -> None:
        self._matrices = _hop_matrices(sample_rate, hop, cut_off_hz)
        self.reset()

    def reset(self) -> None:
        self._state = np.zeros(_ORDER)

    def process(self, samples: Audio) -> Audio:
        """Exactly one hop in, one out; keeps the filter's memory for the next."""
        ring, own, forget, remember = self._matrices
        out = ring @ self._state + own @ samples
        self._state = forget @ self._state + remember @ samples
        return out.astype(np.float32)


def _sections(sample_rate: int, cut_off_hz: float) -> list[Section]:
    """Second-order sections (b0, b1, b2, a1, a2) by the bilinear transform."""
    w = 2.0 * math.pi * cut_off_hz / sample_rate
    sections: list[Section] = []
    for q in _Q:
        alpha, cosine = math.sin(w) / (2.0 * q), math.cos(w)
        a0 = 1.0 + alpha
        b = (1.0 + cosine) / 2.0 / a0
        sections.append((b, -2.0 * b, b, -2.0 * cosine / a0, (1.0 - alpha) / a0))
    return sections


def _run(sections: list[Section], samples: Matrix, state: Matrix) -> tuple[Matrix, Matrix]:
    """The plain recursion, transposed direct form two; state is two numbers a section."""
    out, state = np.empty(len(samples)), state.copy()
    for n, x in enumerate(samples):
        for k, (b0, b1, b2, a1, a2) in enumerate(sections):
            y = b0 * x + state[2 * k]
            state[2 * k] = b1 * x - a1 * y + state[2 * k + 1]
            state[2 * k + 1] = b2 * x - a2 * y
            x = y
        out[n] = x
    return out, state


@lru_cache(maxsize=4)
def _hop_matrices(sample_rate: int, hop: int, cut_off_hz: float) -> tuple[Matrix, Audio, Matrix, Matrix]:
    """What the recursion does to a hop, found by asking it: it is linear."""
    sections = _sections(sample_rate, cut_off_hz)
    silence, rest = np.zeros(hop), np.zeros(_ORDER)
    from_state = [_run(sections, silence, unit) for unit in np.eye(_ORDER)]
    ring = np.stack([out for out, _ in from_state], axis=1)
    forget = np.stack([state for _, state in from_state], axis=1)
    impulse = np.eye(1, hop)[0]
    response, _ = _run(sections, impulse, rest)
    own, remember = np.zeros((hop, hop)), np.zeros((_ORDER, hop))
    _, left = _run(sections, impulse[:1], rest)  # what a hop's last sample leaves in the state
    one_step = np.stack([_run(sections, silence[:1], unit)[1] for unit in np.eye(_ORDER)], axis=1)
    for n in reversed(range(hop)):
        own[n:, n] = response[: hop - n]
        remember[:, n] = left
        left = one_step @ left
    # The state is kept in full precision; for the samples of a hop single is enough and half the memory.
    return ring, own.astype(np.float32), forget, remember
