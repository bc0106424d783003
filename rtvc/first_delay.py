"""FirstDelay: how late sound is to be played, chosen from what was watched before the first of it, or a cut.

Blocks may arrive in bursts and two devices have any phase; the least headroom over a while tells all of that
at once, and the delay is set so that this least is the target. Devices that were open before are as late as
they were then, unless they have clearly changed.
"""

from rtvc.value_range import Range


class FirstDelay:
    """Output callback, but for `recall`. Lengths are samples."""

    def __init__(self, target: int, much: int, chance: int) -> None:
        """`target` is the headroom wanted; up to `chance` less says nothing, more than `much` more does."""
        self._target, self._much, self._chance = target, much, chance
        self._before = 0.0  # 0: not known
        self._has_looked = False

    def recall(self, delay: float) -> None:
        """Before the first block. The same devices were open before, and this late."""
        self._before = delay

    def shift(self, headroom: Range, delay: Range) -> tuple[int, int]:
        """By how much to play earlier than now, or below 0, later; and what of that is given way to."""
        shift = int(headroom.least) - self._target
        if not self._before:
            return shift, 0
        as_before = int(delay.most - self._before)
        if 0 <= as_before - shift <= self._chance:
            return as_before, 0
        # What is more by now may be the machine's state, which passes.
        given_way = max(0, as_before - shift)
        # A stream that was opened again may look a block better at first than it will be.
        return (shift if shift - as_before > self._much else min(shift, as_before)), given_way

    def is_believable(self, delay: float) -> bool:
        """Much longer than before may be because the machine stood still just now: then look once more."""
        return self._has_looked or not self._before or delay - self._before <= self._much

    def note_look(self) -> None:
        self._has_looked = True
