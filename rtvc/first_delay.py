"""FirstDelay: how late sound is to be played, chosen from what was watched before the first of it, or a cut.

Blocks may arrive in bursts and two devices have any phase; the least headroom over a while tells all of that
at once, and the delay is set so that this least is the target. Devices that were open before are as late as
they were then, unless they have clearly changed.
"""

from rtvc.value_range import Range

# Two looks in a row at a machine that goes on standing still were seen to agree by chance, three never.
_LOOKS_ALIKE, _MOST_LOOKS = 3, 6  # after the last, silence has lasted long enough


class FirstDelay:
    """Output callback, but for `recall`. Lengths are samples."""

    def __init__(self, target: int, much: int, chance: int) -> None:
        """`target` is the headroom wanted; up to `chance` less says nothing, more than `much` more does."""
        self._target, self._much, self._chance = target, much, chance
        self._before = 0.0  # 0: not known
        self._seen: list[float] = []  # by looks that were not believed, a few at most

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
        """Much longer than before may be because the machine stood still just now: one that is late for good
        shows the same again and again."""
        if not self._before or delay - self._before <= self._much or len(self._seen) >= _MOST_LOOKS - 1:
            return True
        alike = [*self._seen[1 - _LOOKS_ALIKE :], delay]
        return len(alike) == _LOOKS_ALIKE and max(alike) - min(alike) <= self._chance

    def note_look(self, delay: float) -> None:
        self._seen.append(delay)
