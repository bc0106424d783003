"""How far ahead of the loudspeaker a callback is: less than usual by as much as it comes late."""

_WATCH_SECONDS = 0.5  # in which at least one callback comes in time


class OutputLead:
    """Fed and asked by the output callback. The lead itself says little: a server's delay is part of it."""

    def __init__(self, rate: int) -> None:
        self._watch_samples = round(_WATCH_SECONDS * rate)
        self._samples = 0
        self._most = self._usual = 0.0
        self.lost_seconds = 0.0  # what the device has played of what it had in store

    def add(self, lead: float, samples: int) -> None:
        """`lead`, from the callback to the moment when what it gives away is heard."""
        self._most = max(self._most, lead)
        self._usual = max(self._usual, lead)
        self.lost_seconds = self._usual - lead
        self._samples += samples
        if self._samples >= self._watch_samples:
            self._usual, self._most, self._samples = self._most, 0.0, 0
