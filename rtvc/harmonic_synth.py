"""HarmonicSynth, the stage from Partials to audio: a bank of harmonics and filtered noise. Knows no model.

The harmonics of one frame are one period of sound in a table, read at the pitch; between two frames the
table of the one is faded into that of the other. All harmonics share one phase that only ever runs on,
which is what a bank of oscillators with their amplitudes faded linearly would do, at a tenth of its price.

    frame j   j + 1                    a hop of sound lies between the middles of two windows,
    |--hop--|                          so that with the second of them it is complete
"""

import math

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from rtvc.frames import JUMP
from rtvc.mel import MelSpec
from rtvc.partials import Partials, band_shares
from rtvc.stage import Audio

_TABLE = 4096  # samples a period; read linearly the 100th harmonic is true to -50 dB of itself
_SEED = 5  # of the noise and of the harmonics' phases; two runs are the same
_MIDDLE_HOPS = 2  # from the middle of a window to its end

Real = NDArray[np.float64]


class HarmonicSynth:
    """A Stage: frames in, a hop of audio for each from the third on."""

    def __init__(self, spec: MelSpec, harmonics: int, bands: int) -> None:
        assert spec.n_fft == 2 * _MIDDLE_HOPS * spec.hop, "the middle of a window must fall on a hop"
        self._spec = spec
        self._window = 2 * spec.hop
        self._shares = band_shares(bands, spec.hop + 1, spec.sample_rate)
        # Quiet bins of the noise spectrum, so that its inverse has the RMS that is asked for.
        self._scale = self._window / math.sqrt(2.0)
        self._fade = np.sin(np.pi * (np.arange(self._window) + 0.5) / self._window)  # power adds up to 1
        self._rise = (np.arange(spec.hop) + 0.5) / spec.hop
        self._steps = np.arange(1, spec.hop + 1, dtype=np.float64)
        # Harmonics that all start together make a spiky wave; these phases are as good as any.
        phases = np.random.default_rng(_SEED).uniform(0.0, 2.0 * np.pi, harmonics)
        self._phases = np.exp(1j * phases) * (_TABLE / 2.0)
        self.reset()

    @property
    def output_rate(self) -> int:
        return self._spec.sample_rate

    @property
    def latency_samples(self) -> float:
        return float(_MIDDLE_HOPS * self._spec.hop)

    def reset(self) -> None:
        self._random = np.random.default_rng(_SEED)
        self._phase = 0.0  # in periods
        self._f0_hz = 0.0  # of the frame before; 0: it had no tones
        self._table: Real = np.zeros(_TABLE + 1)
        self._noise: Real = np.zeros(self._spec.hop)  # the second half of the window before
        self._count = 0

    def process(self, partials: Partials) -> Audio:
        out = [np.zeros(0, np.float32)]
        for f0_hz, tones, noise in zip(partials.f0_hz.tolist(), partials.tones, partials.noise, strict=True):
            sound = self._hop(f0_hz, tones, noise)
            self._count += 1
            if self._count > _MIDDLE_HOPS:  # what comes before lies before the sound's beginning
                out.append(sound)
        return np.concatenate(out)

    def _hop(self, f0_hz: float, tones: NDArray[np.float32], noise: NDArray[np.float32]) -> Audio:
        """The sound from the middle of the last window to that of this one."""
        return (self._tones(f0_hz, tones) + self._filtered(noise)).astype(np.float32)

    def _tones(self, f0_hz: float, tones: NDArray[np.float32]) -> Real:
        is_silent = not tones.any()
        if is_silent and not self._f0_hz:
            return np.zeros(self._spec.hop)
        f0_hz = self._f0_hz if is_silent else f0_hz  # what fades out keeps its pitch
        before = self._f0_hz
        # A tone that begins, or leaps, is at its pitch at once: sliding there would be a chirp.
        if not before or abs(math.log(f0_hz / before)) > JUMP:
            before = f0_hz
        slope = (f0_hz - before) / (2.0 * self._spec.hop)
        phase = self._phase + (before + slope * self._steps) * self._steps / self._spec.sample_rate
        self._phase = float(phase[-1]) % 1.0
        table = self._table_of(tones)
        place = (phase % 1.0) * _TABLE
        at = place.astype(np.intp)
        between = place - at
        old = _read(self._table, at, between)
        sound: Real = old + self._rise * (_read(table, at, between) - old)
        self._table, self._f0_hz = table, 0.0 if is_silent else f0_hz
        return sound

    def _table_of(self, tones: NDArray[np.float32]) -> Real:
        """One period, its first sample again at the end."""
        spectrum = np.zeros(_TABLE // 2 + 1, np.complex128)
        spectrum[1 : len(tones) + 1] = self._phases * tones
        table = np.empty(_TABLE + 1)
        table[:-1] = fft.irfft(spectrum, _TABLE)
        table[-1] = table[0]
        return table

    def _filtered(self, noise: NDArray[np.float32]) -> Real:
        """Noise of these bands in windows that overlap by half, their phases by chance."""
        turn = self._random.uniform(0.0, 2.0 * np.pi, self._spec.hop + 1)
        power = (noise * noise) @ self._shares
        spectrum = self._scale * np.sqrt(power) * np.exp(1j * turn)
        spectrum[0] = spectrum[-1] = 0.0
        windowed = fft.irfft(spectrum, self._window) * self._fade
        sound: Real = self._noise + windowed[: self._spec.hop]
        self._noise = windowed[self._spec.hop :]
        return sound


def _read(table: Real, at: NDArray[np.intp], between: Real) -> Real:
    left = table[at]
    value: Real = left + between * (table[at + 1] - left)
    return value
