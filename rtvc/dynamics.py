"""Gain, NoiseGate and SoftLimiter, the stages that only change how loud a sample is. No filter lives here."""

from collections import deque

import numpy as np
from numpy.typing import NDArray

from rtvc.stage import Audio

_GAIN_RAMP_MS = 10.0  # long enough not to click, short enough to follow a hand on a slider
_GATE_STEP_MS = 1.0  # the gate thinks once in this time
_GATE_WINDOW = 5  # steps over which it hears the level: one key click is not a word
_CEILING = float(10 ** (-0.3 / 20))  # converters between us and the ear may overshoot a full-scale sample
_KNEE = float(10 ** (-3.0 / 20))
_FAR_ABOVE = 10.0  # beyond this the limiter's curve is flat to the last bit


def _factor(gain_db: float) -> float:
    return float(10.0 ** (gain_db / 20.0))


class Gain:
    """Louder or quieter by `gain_db`, which may be set between any two blocks and then ramps there."""

    latency_samples = 0.0

    def __init__(self, sample_rate: int, gain_db: float = 0.0) -> None:
        self.output_rate = sample_rate
        self._ramp_samples = max(1, round(_GAIN_RAMP_MS / 1000 * sample_rate))
        self._gain_db = gain_db
        self.reset()

    @property
    def gain_db(self) -> float:
        return self._gain_db

    @gain_db.setter
    def gain_db(self, gain_db: float) -> None:
        self._from = self._factor_after(0)
        self._to = _factor(gain_db)
        self._gain_db = gain_db
        self._done = 0

    def reset(self) -> None:
        """Be at the gain that was asked for last; settings stay."""
        self._from = self._to = _factor(self._gain_db)
        self._done = self._ramp_samples  # how much of the ramp is behind us

    def process(self, block: Audio) -> Audio:
        ramping = min(len(block), self._ramp_samples - self._done)
        if not ramping:
            return block if self._to == 1.0 else block * np.float32(self._to)
        factors = np.full(len(block), self._to, np.float32)
        factors[:ramping] = self._factor_after(np.arange(1, ramping + 1))
        self._done += ramping
        return block * factors

    def _factor_after(self, samples: NDArray[np.int64] | int) -> NDArray[np.float64] | float:
        # Told from the start of the ramp, not from the last block: no rounding can depend on block sizes.
        return self._from + (self._to - self._from) * ((self._done + samples) / self._ramp_samples)


class Silence:
    """As much of nothing as there was sound."""

    latency_samples = 0.0

    def __init__(self, sample_rate: int) -> None:
        self.output_rate = sample_rate

    def process(self, block: Audio) -> Audio:
        return np.zeros_like(block)

    def reset(self) -> None:
        pass


class NoiseGate:
    """Silence while nobody speaks. Put into the chain only when wanted.

    It opens when the level passes `threshold_db` and shuts `hold_ms` after it last was above the threshold
    less the hysteresis. It looks `pre_roll_ms` ahead, at the price of as much delay, and is open by the time
    of the sound that opened it:

        gain              ______________________
                         /                      \\______
        sound  ..........####  ###  ##.........................
                     |--|            |--- hold ---|--- release
                     pre-roll, attack
    """

    def __init__(
        self,
        sample_rate: int,
        threshold_db: float,
        *,
        hysteresis_db: float = 6.0,
        hold_ms: float = 100.0,
        pre_roll_ms: float = 5.0,
        attack_ms: float = 4.0,
        release_ms: float = 50.0,
    ) -> None:
        assert hysteresis_db >= 0 and hold_ms >= 0 and pre_roll_ms >= 0
        self.output_rate = sample_rate
        self._step = max(1, round(_GATE_STEP_MS / 1000 * sample_rate))
        self._hysteresis_db = hysteresis_db
        self.threshold_db = threshold_db
        self._pre_roll_steps = round(pre_roll_ms / _GATE_STEP_MS)
        # Looking ahead sees the end of a sound early too; holding longer makes up for it.
        self._hold_steps = round(hold_ms / _GATE_STEP_MS) + self._pre_roll_steps
        self._rise = _GATE_STEP_MS / max(attack_ms, _GATE_STEP_MS)
        self._fall = _GATE_STEP_MS / max(release_ms, _GATE_STEP_MS)
        self._within_step = (np.arange(self._step) / self._step)[None, :]
        self.reset()

    @property
    def latency_samples(self) -> float:
        return float(self._pre_roll_steps * self._step)

    @property
    def threshold_db(self) -> float:
        return self._threshold_db

    @threshold_db.setter
    def threshold_db(self, threshold_db: float) -> None:
        self._threshold_db = threshold_db
        self._open_power = _factor(threshold_db) ** 2
        self._keep_power = _factor(threshold_db - self._hysteresis_db) ** 2

    def reset(self) -> None:
        self._held: Audio = np.empty(0, np.float32)  # heard, not let out yet
        self._unmeasured: Audio = np.empty(0, np.float32)  # heard, short of a step
        self._powers = deque([0.0] * _GATE_WINDOW, maxlen=_GATE_WINDOW)
        self._steps_to_shut = 0  # the gate is open while this is not zero
        # Gains at the edges of steps, from the step on in which output continues. What decides a step was
        # measured before its start plus the pre-roll; without pre-roll nothing decides the first.
        self._edges = [0.0] if self._pre_roll_steps else [0.0, 0.0]
        self._undecided = max(0, self._pre_roll_steps - 1)  # steps to measure before the first is decided
        self._offset = 0  # samples of the first step that are out already

    def process(self, block: Audio) -> Audio:
        for power in self._measure(block):
            self._decide(power)
        self._held = np.concatenate((self._held, block))
        gains = self._gains()[: len(self._held)]
        out = self._held[: len(gains)] * gains
        self._held = self._held[len(gains) :]
        steps, self._offset = divmod(self._offset + len(gains), self._step)
        del self._edges[:steps]
        return out

    def _measure(self, block: Audio) -> list[float]:
        """The power of each step that the block completes."""
        audio = np.concatenate((self._unmeasured, block))
        count = len(audio) // self._step
        steps = audio[: count * self._step].reshape(count, self._step)
        self._unmeasured = audio[count * self._step :]
        powers: list[float] = (np.einsum("ij,ij->i", steps, steps) / self._step).tolist()
        return powers

    def _decide(self, power: float) -> None:
        """Take one measured step in, and settle the gain of the step that waited for it."""
        self._powers.append(power)
        level = sum(self._powers) / _GATE_WINDOW
        is_open = self._steps_to_shut > 0
        if level >= (self._keep_power if is_open else self._open_power):
            self._steps_to_shut = self._hold_steps + 1
        elif is_open:
            self._steps_to_shut -= 1
        if self._undecided:
            self._undecided -= 1
            return
        change = self._rise if self._steps_to_shut else -self._fall
        self._edges.append(min(1.0, max(0.0, self._edges[-1] + change)))

    def _gains(self) -> NDArray[np.float32]:
        """A gain for each sample whose step is decided and which is not out yet."""
        edges = np.array(self._edges)[:, None]
        gains: NDArray[np.float64] = edges[:-1] + (edges[1:] - edges[:-1]) * self._within_step
        return gains.astype(np.float32).reshape(-1)[self._offset :]


class SoftLimiter:
    """Keeps samples within -0.3 dBFS, bends only those above -3 dBFS, makes silence of NaN and infinity."""

    latency_samples = 0.0

    def __init__(self, sample_rate: int) -> None:
        self.output_rate = sample_rate

    def reset(self) -> None:
        """Nothing is remembered."""

    def process(self, block: Audio) -> Audio:
        size = np.abs(block)
        if np.max(size, initial=0.0) <= _KNEE:  # false where a sample is NaN
            return block
        room = np.float32(_CEILING - _KNEE)
        above = np.clip(size, _KNEE, _FAR_ABOVE) - np.float32(_KNEE)
        bent = np.minimum(np.float32(_KNEE) + room * np.tanh(above / room), np.float32(_CEILING))
        limited = np.where(size <= _KNEE, block, np.copysign(bent, block))
        return np.where(np.isfinite(block), limited, np.float32(0.0))
