"""NoiseReduction, the stage that turns down what hums and hisses all the time. Adds no delay.

It works on the mels the model hears, band by band. Noise is what even the quietest moments of the last
second and a half have; where a band is little louder than that it is turned down, by 18 dB at most.
"""

import numpy as np
from numpy.typing import NDArray

from rtvc.frames import Frames
from rtvc.mel import MelSpec

_MOST_DB = 18.0  # more makes what is left warble
_PART_SECONDS, _PARTS = 0.25, 6  # the quietest moment is looked for in as many stretches
_SMOOTHING = 0.5  # of power, before the quietest is looked for; more would not see short gaps
_BIAS = 3.0  # by which the quietest smoothed power is below the mean of noise
_MEMORY = 0.94  # of the last frame's verdict; less lets single bins of noise twinkle

Float = NDArray[np.float32]


class NoiseReduction:
    """Stage: Frames to Frames. `strength` is 0 (does nothing) to 1, and may be set between two blocks."""

    latency_samples = 0.0

    def __init__(self, spec: MelSpec, strength: float = 0.0) -> None:
        self._spec, self.strength = spec, strength
        self._part_frames = round(_PART_SECONDS / spec.hop_seconds)
        self.reset()

    @property
    def output_rate(self) -> int:
        return self._spec.sample_rate

    def reset(self) -> None:
        bands = self._spec.n_mels
        self._smooth: Float | None = None
        self._lowest: Float = np.full(bands, np.inf, np.float32)  # of the present part
        self._parts: Float = np.full((_PARTS, bands), np.inf, np.float32)
        self._noise: Float = np.zeros(bands, np.float32)  # power; nothing is known of it yet
        self._clean_ratio: Float = np.zeros(bands, np.float32)  # speech to noise, of the last frame
        self._frames = 0

    def process(self, frames: Frames) -> Frames:
        if not self.strength or not len(frames):
            return frames
        mels, energies = frames.log_mel.copy(), frames.log_energy.copy()
        for index in range(len(frames)):
            power: Float = np.exp(2.0 * mels[index])
            self._learn(power)
            change = self._change(power)
            mels[index] = np.maximum(mels[index] + change, self._spec.log_floor)
            kept = float(np.sum(power * np.exp(2.0 * change))) / max(float(np.sum(power)), 1e-20)
            energies[index] += np.float32(0.5 * np.log(max(kept, 1e-6)))
        return Frames(mels, frames.f0_hz, frames.voiced, energies)

    def _learn(self, power: Float) -> None:
        """Follow the lowest power; a voice has gaps in every band, noise has none."""
        before = power if self._smooth is None else self._smooth
        self._smooth = np.float32(_SMOOTHING) * before + np.float32(1 - _SMOOTHING) * power
        np.minimum(self._lowest, self._smooth, out=self._lowest)
        self._frames += 1
        if self._frames % self._part_frames == 0:
            self._parts[self._frames // self._part_frames % _PARTS] = self._lowest
            self._lowest = self._smooth.copy()
            lowest = self._parts.min(axis=0)
            if self._frames >= _PARTS * self._part_frames:
                self._noise = np.float32(_BIAS) * lowest

    def _change(self, power: Float) -> Float:
        """Natural log of each band's gain: Wiener's, from a ratio that remembers the frame before."""
        ratio = power / np.maximum(self._noise, 1e-12)
        guess = _MEMORY * self._clean_ratio + (1 - _MEMORY) * np.maximum(ratio - 1.0, 0.0)
        gain = guess / (1.0 + guess)
        self._clean_ratio = (gain * gain * ratio).astype(np.float32)
        floor = 10.0 ** (-_MOST_DB / 20.0)
        change: Float = np.float32(self.strength) * np.log(np.maximum(gain, floor)).astype(np.float32)
        return change
