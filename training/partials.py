"""What a recording of an instrument is made of: its harmonics and the noise between them, frame by frame.

The sound is unwound by its own pitch, so that a glide or a vibrato stands still: whole multiples of the pitch
are the harmonics, and between two of them, far enough from both, lies nothing but noise. Draws no batches,
writes no files.
"""

from dataclasses import dataclass

import numpy as np

from rtvc.analysis import Analysis
from rtvc.framer import Framer
from rtvc.level import HANN_RMS
from rtvc.mel import MelSpec, hann
from rtvc.partials import band_centres, band_shares
from rtvc.pitch import MUSIC
from rtvc.steady_pitch import SteadyPitch, analysed

HARMONICS, BANDS = 100, 32
HIGHEST_HZ = 10_300.0  # above, recordings have been filtered away
LOG_FLOOR = -11.5  # 100 dB below the frame; natural log
_PERIODS = 8  # in a window: halfway between two harmonics both have a zero of its spectrum
_PERIODS_APART = 8  # in a window, of noise that is looked at: so far from a harmonic nothing of it is left
_LONGEST = 4  # windows of the front end
_NO_PITCH_HZ = 200.0  # a raster for what has none


@dataclass(frozen=True)
class Played:
    """One clip, one row per hop."""

    log_mel: np.ndarray  # (frames, n_mels)
    side: np.ndarray  # (frames, 3) log f0, presence, log energy: what the live chain makes of it
    partials: np.ndarray  # (frames, HARMONICS + BANDS) natural log of shares of the frame's RMS


def played(audio: np.ndarray, spec: MelSpec) -> Played:
    """Whole hops of sound; the last frame, which the melody waits for, is left out."""
    frames = Analysis(spec, MUSIC, newest_first=True).process(Framer(spec).process(audio))
    side = np.stack(analysed(SteadyPitch().process(frames)), axis=1)
    pitch = np.where(side[:, 1] > 0.0, np.exp(side[:, 0]), _NO_PITCH_HZ)
    rows = _Unwound(audio, pitch, spec)
    partials = np.stack([rows.frame(j, side[j, 1] > 0.0) for j in range(len(side))])
    return Played(frames.log_mel[: len(side)], side, partials.astype(np.float32))


def log_rms(log_energy: np.ndarray) -> np.ndarray:
    """Of the sound itself, from that of the windowed frame."""
    return log_energy - np.float32(np.log(HANN_RMS))


class _Unwound:
    """A recording and the phase its fundamental has at each sample."""

    def __init__(self, audio: np.ndarray, pitch_hz: np.ndarray, spec: MelSpec) -> None:
        self.spec, self.pitch_hz = spec, pitch_hz
        self.margin = _LONGEST * spec.n_fft // 2 + spec.hop
        self.audio = np.pad(audio.astype(np.float64), self.margin)
        at = (np.arange(len(pitch_hz)) - 1) * spec.hop  # the middle of each window
        every = np.arange(-self.margin, len(audio) + self.margin)
        self.phase = np.cumsum(np.exp(np.interp(every, at, np.log(pitch_hz)))) / spec.sample_rate
        self.centres = band_centres(BANDS, spec.sample_rate)
        self.bins = spec.hop + 1  # of the synthesiser's spectrum
        self.widths = 1.0 / band_shares(BANDS, self.bins, spec.sample_rate).max(axis=1)

    def frame(self, index: int, has_pitch: bool) -> np.ndarray:
        """(HARMONICS + BANDS,)"""
        f0 = float(self.pitch_hz[index])
        length = self.spec.n_fft
        while length < _PERIODS * self.spec.sample_rate / f0 and length < _LONGEST * self.spec.n_fft:
            length *= 2
        count = min(HARMONICS, int(HIGHEST_HZ / f0))
        middle = (index - 1) * self.spec.hop + self.margin
        window, stretch = hann(length), slice(middle - length // 2, middle + length // 2)
        turn = self.phase[stretch] - self.phase[middle]
        # A high note leaves room for more than one look between its harmonics and below the first.
        parts = max(2, int(length * f0 / self.spec.sample_rate) // _PERIODS_APART)
        order = np.arange(1, parts * count + (parts + 1) // 2 + 1)
        seen = np.abs(_turned_back(self.audio[stretch] * window, turn, len(order), parts))
        density = seen**2 / np.square(window).sum() / (self.bins - 1)  # of noise, per bin
        tones = np.zeros(HARMONICS)
        is_noise = np.ones(len(order), bool)
        if has_pitch:
            is_noise = order % parts != 0
            tones[:count] = np.sqrt(2.0) * seen[~is_noise] / window.sum()  # RMS
        places, density = order[is_noise] * f0 / parts, density[is_noise]
        shares = np.concatenate([tones, np.sqrt(self._in_bands(places, density) * self.widths)])
        whole = np.sqrt(np.square(shares).sum())
        row: np.ndarray = np.maximum(np.log(np.maximum(shares, 1e-12) / max(whole, 1e-9)), LOG_FLOOR)
        return row

    def _in_bands(self, places: np.ndarray, density: np.ndarray) -> np.ndarray:
        """Mean of what lies in a band; where nothing does, between its neighbours."""
        place = np.interp(places, self.centres, np.arange(BANDS))
        weights = np.maximum(0.0, 1.0 - np.abs(place[None, :] - np.arange(BANDS)[:, None]))
        total = weights.sum(axis=1)
        between = np.exp(np.interp(self.centres, places, np.log(np.maximum(density, 1e-24))))
        found: np.ndarray = np.where(total > 0.3, weights @ density / np.maximum(total, 0.3), between)
        return found


def _turned_back(sound: np.ndarray, turn: np.ndarray, count: int, parts: int) -> np.ndarray:
    """The sums of the sound at 1 to `count` parts of its pitch, (count,); a product each, no exponential."""
    part = np.exp(-2j * np.pi / parts * turn)
    turned, sums = sound.astype(np.complex128), np.empty(count, np.complex128)
    for index in range(count):
        turned *= part
        sums[index] = turned.sum()
    return sums
