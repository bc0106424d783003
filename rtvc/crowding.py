"""Crowding: whether other programs keep the worker from running, as told by its own hops.

A hop takes the time that a processor works for it, and the time in which it would like to and may not. That
is a tenth of it or so where the machine is left to us, and half beside a busy program on each processor,
without real-time priority. So the end of their work is known at once, long before sound has proved to be in
time.
"""

import time

_LOOK_SECONDS = max(0.1, 64 * time.get_clock_info("thread_time").resolution)  # of sound
_CROWDED, _ALONE = 0.35, 0.25  # shares of the hops' time in which the worker did not run
_NOTICEABLE = 0.02  # of the sound's time; hops that take next to none say nothing


class Crowding:
    """Worker thread alone."""

    def __init__(self) -> None:
        self._is_crowded = False
        self._hop_seconds = self._own_seconds = self._sound_seconds = 0.0

    def has_ended_with(self, hop_seconds: float, own_seconds: float, sound_seconds: float) -> bool:
        """Take a hop in, and a processor's time for it; True once, when others have let go."""
        self._hop_seconds += hop_seconds
        self._own_seconds += own_seconds
        self._sound_seconds += sound_seconds
        return self._sound_seconds >= _LOOK_SECONDS and self._look()

    def _look(self) -> bool:
        was_crowded = self._is_crowded
        waited = self._hop_seconds - self._own_seconds
        bound = (_ALONE if was_crowded else _CROWDED) * self._hop_seconds
        self._is_crowded = waited > max(bound, _NOTICEABLE * self._sound_seconds)
        self._hop_seconds = self._own_seconds = self._sound_seconds = 0.0
        return was_crowded and not self._is_crowded
