"""How long to wait before doing again what should not be needed often."""

import math

_PAUSE_SECONDS, _FORGOTTEN_SECONDS = 1.0, 60.0


class GrowingPause:
    """None at first; each time in the last minute doubles it. Any clock, one thread."""

    def __init__(self) -> None:
        self._done_at: list[float] = []

    def is_over(self, now: float, longest_seconds: float = math.inf) -> bool:
        self._done_at = [at for at in self._done_at if now - at < _FORGOTTEN_SECONDS]
        pause = min(_PAUSE_SECONDS * 2.0 ** len(self._done_at), longest_seconds)
        return not self._done_at or now - self._done_at[-1] >= pause

    def begin(self, now: float) -> None:
        """It is being done."""
        self._done_at.append(now)
