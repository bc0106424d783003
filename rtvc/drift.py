"""ClockFollower, from how much too late sound is to how fast it should flow. Knows no sound."""

_GAIN = 0.2  # per second: an error is taken back with a time constant of five seconds
_INTEGRAL_GAIN = _GAIN**2 / 4  # as fast as it goes without swinging
_MOST_AT_ONCE_SECONDS = 0.001  # a larger error is a step, and says little about the clocks
_WIDEST = 0.003  # 5 cents, which nobody hears
_WIDEST_DRIFT = 0.001  # no two clocks that work are farther apart


class ClockFollower:
    """A controller with a memory: the drift it has learnt is made up for before it shows.

    Written by one thread. `trim` is one float, which another may read at any time: how many samples have to
    come out for one that goes in.
    """

    def __init__(self) -> None:
        self.trim = 1.0
        self._drift = 0.0

    @property
    def drift_ppm(self) -> float:
        """How much faster the reader's clock runs than the writer's."""
        return self._drift * 1e6

    def follow(self, too_late_seconds: float, elapsed_seconds: float) -> None:
        """Take the mean error over the last stretch in."""
        lesson = min(_MOST_AT_ONCE_SECONDS, max(-_MOST_AT_ONCE_SECONDS, too_late_seconds))
        drift = self._drift - _INTEGRAL_GAIN * lesson * elapsed_seconds
        self._drift = min(_WIDEST_DRIFT, max(-_WIDEST_DRIFT, drift))
        change = self._drift - _GAIN * too_late_seconds
        self.trim = 1.0 + min(_WIDEST, max(-_WIDEST, change))
