"""Patience: which delay is too much, and for how long that must prove true before it is taken back.

Knows no sound: it is told once a watch how much more than wanted was there, and says what to take back. It is
told as well when sound came late, and says whether that is worth more delay.
"""

# A gap is hardly heard, more delay is felt all the time: what happens less often than this is left to happen.
_SOON_SECONDS = 10.0
_FEWEST, _TIMES_MORE = 4, 4  # watches; times as many, where that proved wrong
_HASTE_SECONDS = 30.0  # for once in so long
_FINE_SECONDS = 0.0005
_SETTLING_SECONDS = 10.0  # how long the delay chosen at the start may prove wrong
_LONG_AGO = 1 << 60


class Patience:
    """Output callback alone. Lengths are samples."""

    def __init__(self, rate: int, chance: int, spare: int, watch_seconds: float) -> None:
        """An excess of up to `chance` may be chance; with up to `spare` less than wanted nothing is late."""
        self._rate, self._chance, self._spare = rate, chance, spare
        self._fine = round(_FINE_SECONDS * rate)
        self._most_watches = round(_SOON_SECONDS / watch_seconds)
        self._watches = _FEWEST  # in a row that must show too much
        self._shown: list[int] = []  # what those so far have shown
        self._since_start = 0  # samples played
        self._since_less = self._since_late = self._since_haste = _LONG_AGO  # the same
        self.is_late_again = False  # whether sound that is late now was so shortly before

    def learn_from(self, previous: "Patience") -> None:
        """What proved wrong on the same devices need not again; what was late on them still counts."""
        self._watches, self._since_late = previous._watches, previous._since_late

    def go_on_from(self, previous: "Patience") -> None:
        """The delay is to be as before: where it was settled it is."""
        self._since_start = previous._since_start

    @property
    def is_settling(self) -> bool:
        """Whether sound began so lately that the delay chosen for it may still be corrected."""
        return self._since_start < _SETTLING_SECONDS * self._rate

    def pass_time(self, samples: int) -> None:
        self._since_start += samples
        self._since_less += samples
        self._since_late += samples
        self._since_haste += samples

    def needless(self, excess: int, given_way: int) -> int:
        """Told once a watch. What of a small excess has been needless for long enough.

        All that was given way to is, where nothing would have been late without; else, because that would
        have been, what is beyond the headroom wanted. Of the delay chosen first no single block is, because
        whether the work for a hop is done before one more is played depends on little; and once that delay is
        settled nothing is, because a machine is faster at times.
        """
        if self.is_settling and excess - given_way > self._chance:
            needless = excess
        elif excess + self._spare >= given_way:
            needless = given_way
        else:
            self._since_late = 0  # as good as late: given way to, it was not heard
            needless = excess
        if needless <= self._fine:
            self._shown.clear()
            return 0
        self._shown.append(needless)
        if len(self._shown) < self._watches:
            return 0
        least = min(self._shown)
        self._shown.clear()
        return least

    def may_hasten(self) -> bool:
        """Asked where what made sound late is known to be over: whether nothing need be waited for."""
        return self._since_haste >= _HASTE_SECONDS * self._rate

    def note_haste(self) -> None:
        self._since_haste = 0

    def note_less(self) -> None:
        """There is less delay from now on."""
        self._since_less = 0

    def note_cut(self) -> None:
        self.note_less()
        self._shown.clear()

    def note_late(self) -> None:
        """Sound came late: where it did so soon after there was less delay, that was wrong."""
        soon = _SOON_SECONDS * self._rate
        self.is_late_again = self._since_late < soon
        self._since_late = 0
        if self._since_less < soon:
            self._watches = min(self._most_watches, _TIMES_MORE * self._watches)
