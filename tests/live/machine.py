"""Whether the machine could have done what a test of live sound asked of it.

No test can be fair to a program whose processors are taken away while it runs. A virtual machine's host does
that, and neither the load average nor idle time shows it; the kernel's own account and the witness do.
"""

import os
import time
from dataclasses import dataclass
from pathlib import Path

from tests.live.witness import Witness, may_rank

_MOST_STILL_SECONDS = 0.1  # and more make other things than sound fail, too: answers that come too late
_MOST_STOLEN_SHARE = 0.05


@dataclass(frozen=True)
class Moment:
    """When something began."""

    at: float
    stolen_seconds: float


class Machine:
    """Watched until it is closed."""

    def __init__(self) -> None:
        self._witness = Witness()

    def close(self) -> None:
        self._witness.close()

    def now(self) -> Moment:
        return Moment(time.monotonic(), _stolen_seconds())

    def excuse_for_sound(self, since: Moment) -> str | None:
        """Why sound may have been lost since then through no fault of a program's."""
        if not may_rank():
            return "there is no real-time priority here"
        held_up = self._witness.held_up(since.at)
        if held_up:
            return f"the machine stood still {len(held_up)} times, for up to {1e3 * max(held_up):.0f} ms"
        if os.getloadavg()[0] >= _processors():
            return f"the machine is busy (load {os.getloadavg()[0]:.1f})"
        return self.excuse_for_all(since)

    def excuse_for_all(self, since: Moment) -> str | None:
        """Why anything may have failed since then."""
        still = sum(self._witness.held_up(since.at))
        if still > _MOST_STILL_SECONDS:
            return f"the machine stood still for {still:.2f} s"
        stolen, passed = _stolen_seconds() - since.stolen_seconds, time.monotonic() - since.at
        if stolen > _MOST_STOLEN_SHARE * passed:
            return f"the machine's host took {stolen / passed:.0%} of a processor away"
        return None


def _processors() -> int:
    return os.cpu_count() or 1


def _stolen_seconds() -> float:
    """Of all processors together, since the machine was started; 0 where the kernel does not tell."""
    try:
        processors = Path("/proc/stat").read_text().splitlines()[0].split()
    except FileNotFoundError:
        return 0.0
    return int(processors[8]) / os.sysconf("SC_CLK_TCK")
