"""From raw analysis frames to Frames: log-mel, pitch, voicing, energy. Training uses the same functions."""

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from rtvc.frames import Frames, joined
from rtvc.mel import MelSpec, hann, log_mel
from rtvc.pitch import SPEECH, PitchRange, yin

_ENERGY_FLOOR = 1e-6  # RMS; keeps the logarithm of silence finite


def analyse(
    raw: NDArray[np.float32], spec: MelSpec, pitch_range: PitchRange = SPEECH, newest_first: bool = False
) -> Frames:
    """Unwindowed frames (n, n_fft) to Frames.

    Args:
        newest_first: YIN compares the end of the window with what came before, not its beginning with
            what comes after. The pitch is that of an eighth of the window later, and an onset has one
            up to 17 ms earlier.
    """
    windowed = raw * hann(spec.n_fft)
    magnitude = np.abs(fft.rfft(windowed, axis=1))
    f0_hz, voiced = yin(raw[:, ::-1] if newest_first else raw, spec.sample_rate, pitch_range)
    rms = np.sqrt(np.einsum("nt,nt->n", windowed, windowed) / np.float32(spec.n_fft))
    return Frames(
        log_mel=log_mel(magnitude, spec),
        f0_hz=f0_hz,
        voiced=voiced,
        log_energy=np.log(np.maximum(rms, _ENERGY_FLOOR)),
    )


class Analysis:
    """Stage: raw frames in, Frames out, one for one. Keeps nothing between calls."""

    latency_samples = 0.0

    def __init__(self, spec: MelSpec, pitch_range: PitchRange = SPEECH, newest_first: bool = False) -> None:
        self.spec = spec
        self.pitch_range = pitch_range
        self.newest_first = newest_first

    @property
    def output_rate(self) -> int:
        return self.spec.sample_rate

    def process(self, raw: NDArray[np.float32]) -> Frames:
        # One frame at a time: a matrix product rounds differently for other numbers of rows, and the
        # vocoder makes another waveform of any difference. So block sizes could be heard.
        parts = [self._analyse(raw[i : i + 1]) for i in range(len(raw))]
        return joined(parts) if parts else self._analyse(raw)

    def _analyse(self, raw: NDArray[np.float32]) -> Frames:
        return analyse(raw, self.spec, self.pitch_range, self.newest_first)

    def reset(self) -> None:
        pass
