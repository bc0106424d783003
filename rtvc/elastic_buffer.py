"""ElasticOutputBuffer, the output buffer where microphone and speaker have a clock each.

Sound is stretched a little on its way in, so that the delay stays where it is while the clocks part. What the
ring holds is therefore numbered anew: the numbers others use, plus all that stretching has added so far.
"""

import math
from collections import deque

from rtvc.drift import ClockFollower
from rtvc.output_buffer import OutputBuffer
from rtvc.resample import Resampler
from rtvc.stage import Audio
from rtvc.value_range import Range

_CALM_WATCHES = 3  # of 0.4 s


class ElasticOutputBuffer(OutputBuffer):
    """The delay does not depend on the phase in which the devices call, because that phase wanders.

    It is what the chain holds back, whole blocks of input for as long as the worker was seen to wait for
    them, and the headroom wanted.
    """

    def __init__(
        self, rate: int, block: int, margin_seconds: float, input_block: float, held_back: float
    ) -> None:
        """`input_block` and what the chain holds back are counted at the output's rate."""
        super().__init__(rate, block, margin_seconds)
        self._resampler = Resampler(rate, rate, elastic=True)
        self._held = round(self._resampler.latency_samples)
        self._input_block, self._held_back = input_block, held_back + self._held
        # Stored by the worker.
        self._given = self._produced = 0
        self.stretched_samples = 0  # one integer, which the callback reads
        # Stored by the output callback.
        self._follower = ClockFollower()
        self._blocks = 1  # of input that come at once, or nearly
        self._lately = deque[int](maxlen=_CALM_WATCHES)  # the same in the last watches
        self._lag = Range()  # how far what the worker promises is behind what was captured

    @property
    def drift_ppm(self) -> float:
        return self._follower.drift_ppm

    # ---- worker thread

    @property
    def written(self) -> int:
        """Worker thread. The number the next sample will have."""
        return self._given

    def _put(self, audio: Audio) -> None:
        """Worker thread."""
        self._resampler.ratio_trim = self._follower.trim
        stretched = self._resampler.process(audio)
        self._given += len(audio)
        self._produced += len(stretched)
        super()._put(stretched)
        self.stretched_samples = self._produced + self._held - self._given

    def _promise(self, floor: int) -> None:
        """Worker thread."""
        super()._promise(floor + self.stretched_samples - self._held)

    # ---- output callback

    def play(self, out: Audio, captured: float) -> None:
        """Output callback."""
        captured += self.stretched_samples
        self._lag.add(captured - self._floor, len(out))
        super().play(out, captured)

    def _first_shift(self) -> tuple[int, int]:
        """Output callback."""
        self._blocks = self._blocks_waited_for()
        return int(self._delay.mean - self._wanted_delay), 0

    @property
    def _wanted_delay(self) -> float:
        """Output callback."""
        waiting = self._blocks * self._input_block + self.target_samples
        return self._held_back + waiting + self._given_way

    def _blocks_waited_for(self) -> int:
        """Output callback. How many blocks of input the sound system gave at once, in this watch."""
        waits = (self._lag.most - self._held_back) / self._input_block
        return max(1, math.ceil(waits - 0.5))

    def _trim(self, out: Audio) -> bool:
        """Output callback. A large error is cut, a small one flows off; True if `out` is filled."""
        seconds = self._headroom.samples / self._rate
        self._wait_for_less()
        wanted = self._wanted_delay
        too_late, all_late = self._delay.mean - wanted, self._delay.least - wanted
        missing = wanted - self._delay.most  # the mean is lower where a watch saw sound come late
        spare, starved = int(self._headroom.least) - self.target_samples, self._starved
        if not self._outflow.left:  # else the mean is of some time ago
            self.delay_samples = self._delay.mean
        self._restart_watch()
        if all_late > self._much and self._ring.available >= too_late + len(out):
            self._cut(out, int(too_late))
            return True
        if starved and missing > self._tolerance:
            self._played -= int(missing)  # the device lost input, and the buffer runs dry at every hop
        elif too_late <= self._much:
            self._follower.follow(too_late / self._rate, seconds)
        self._ease(spare)
        return False

    def _wait_for_less(self) -> None:
        """Output callback. Devices may start unevenly and then be better; a block less may be their phase."""
        self._lately.append(self._blocks_waited_for())
        if len(self._lately) == self._lately.maxlen and max(self._lately) <= self._blocks - 2:
            self._blocks = max(self._lately)

    def _ease(self, spare: int) -> None:
        """Output callback. Where sound was given way to, but needlessly for a while, take that back."""
        eased = min(self._patience.needless(spare, self._given_way), self._given_way)
        if eased:
            self._take_back(eased)

    def _note_taken_out(self, count: int) -> None:
        """Output callback. The worker counts what it stretches; this is none of that."""

    def _restart_watch(self) -> None:
        super()._restart_watch()
        self._lag.clear()
