"""Pace: how much work the next hop may be, so that the loudspeaker gets its sound in time.

A machine may be too slow for all the work, or only now and then: other programs, a processor that idled. A
hop with a little less work is hardly heard; silence in the middle of a word is.
"""

_SAVES = 0.4  # of a hop's time, by doing none of the work that can be left out
_SLACK = 1.2  # hops take longer now and then than any did lately
_FORGETS_PER_HOP = 0.003
_MEAN_OVER_HOPS = 100


class Pace:
    """Worker thread alone; others may read `effort`, one float."""

    def __init__(self) -> None:
        self._longest_seconds = 0.0  # what a hop with all its work took, lately
        self.effort = 1.0  # of the last second's hops, on average; 1.0 is all their work

    def effort_for(self, left_seconds: float) -> float:
        """0 to 1, for a hop that may take no longer than the sound lasts that the speaker still has."""
        if self._longest_seconds == 0.0:
            return 1.0
        share = left_seconds / (_SLACK * self._longest_seconds)
        return min(1.0, max(0.0, 1.0 - (1.0 - share) / _SAVES))

    def add_hop(self, seconds: float, effort: float) -> None:
        full = seconds / (1.0 - _SAVES * (1.0 - effort))
        self._longest_seconds = max(full, self._longest_seconds * (1.0 - _FORGETS_PER_HOP))
        self.effort += (effort - self.effort) / _MEAN_OVER_HOPS
