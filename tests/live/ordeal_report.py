"""What an ordeal came to, as a table, and what of it was wrong."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import median

from tests.live.tries import MOST_LOAD

BACK_WITHIN_SECONDS = 2.0  # after the fault, on a quiet machine
WITHIN_MS = 2.0
MOST_GROWTH_MB = 10.0
WARM_SECONDS = 300.0  # of calm, some ten minutes of all: until then there is always a model that is new
MOST_LOST_PER_MINUTE = MOST_HELD_UP_PER_MINUTE = 1.0


@dataclass(frozen=True)
class Survived:
    """One fault, and how it went on."""

    kind: str
    back_seconds: float | None  # None: sound did not come back
    before_ms: float  # the delay the program shows
    after_ms: float


@dataclass
class Report:
    is_quiet: bool  # whether nothing else runs
    held_up: list[float] = field(default_factory=list)  # seconds for which the machine itself stood still
    load: float = 0.0  # share of real time that the chain takes before anything is done to it
    faults: list[Survived] = field(default_factory=list)
    commands: int = 0
    refused: list[str] = field(default_factory=list)
    exceptions: list[str] = field(default_factory=list)
    resident_mb: list[float] = field(default_factory=list)  # one a round
    lost_outside: int = 0  # underruns, overruns, drops and repairs while nothing was done to it
    calm_seconds: float = 0.0  # how long that was, all together
    measured_ms: list[tuple[float, float]] = field(default_factory=list)  # from outside, and as shown
    recorded_seconds: float = 0.0
    ended_well: bool = False

    @property
    def is_fit(self) -> bool:
        """Whether what goes wrong is the program's doing; on a busy or slow machine figures are only told."""
        is_still = len(self.held_up) > MOST_HELD_UP_PER_MINUTE * self.calm_seconds / 60.0
        return self.is_quiet and self.load < MOST_LOAD and not is_still

    def lines(self) -> Iterator[str]:
        yield "| fault | times | sound is back, median | longest | delay before | after |"
        yield "|---|---|---|---|---|---|"
        for kind in dict.fromkeys(fault.kind for fault in self.faults):
            yield self._row([fault for fault in self.faults if fault.kind == kind])
        yield ""
        growth = " to ".join(f"{mb:.0f}" for mb in (*self.resident_mb[:1], *self._second_half_mb()))
        yield f"{self.commands} commands, {len(self.refused)} refused; {len(self.exceptions)} exceptions"
        yield f"memory at first, from half on and last {growth} MB; {self.recorded_seconds:.0f} s recorded"
        yield f"{self.lost_outside} interruptions in {self.calm_seconds:.0f} s outside the faults"
        for when, (measured, shown) in zip(("first", "last"), self.measured_ms, strict=False):
            yield f"delay {when}: {measured:.1f} ms measured from outside, {shown:.1f} ms shown"
        if not self.is_fit:
            beside = "nothing else" if self.is_quiet else "other programs"
            yield f"The chain alone took {self.load:.0%} of real time here, beside {beside}, and the machine"
            longest_ms = 1e3 * max(self.held_up, default=0.0)
            yield f"stood still {len(self.held_up)} times, for up to {longest_ms:.0f} ms:"
            yield "times, delays and interruptions are not judged."

    def _second_half_mb(self) -> list[float]:
        half = self.resident_mb[len(self.resident_mb) // 2 :]
        return [half[0], half[-1]] if half else []

    def _row(self, faults: list[Survived]) -> str:
        times = [fault.back_seconds for fault in faults if fault.back_seconds is not None]
        back = f"{median(times):.2f} s | {max(times):.2f} s" if times else "never | never"
        before, after = median(f.before_ms for f in faults), median(f.after_ms for f in faults)
        return f"| {faults[0].kind} | {len(faults)} | {back} | {before:.1f} ms | {after:.1f} ms |"

    def wrong(self) -> list[str]:
        """As sentences; none: all is well."""
        found = [f"After '{f.kind}' no sound came back." for f in self.faults if f.back_seconds is None]
        found += [f"In the program: {line}" for line in self.exceptions]
        if not self.ended_well:
            found.append("The program did not end in good order.")
        if self.calm_seconds > WARM_SECONDS:
            half, last = self._second_half_mb()
            if last - half > MOST_GROWTH_MB:
                found.append(f"Memory grew by {last - half:.0f} MB in the second half.")
        return found + (list(self._wrong_when_fit()) if self.is_fit else [])

    def _wrong_when_fit(self) -> Iterator[str]:
        yield from (f"Refused: {sentence}" for sentence in self.refused)  # a device slow to sound, perhaps
        for fault in self.faults:
            if (fault.back_seconds or 0.0) > BACK_WITHIN_SECONDS:
                yield f"After '{fault.kind}' sound took {fault.back_seconds:.2f} s to come back."
            if abs(fault.after_ms - fault.before_ms) > WITHIN_MS:
                yield f"After '{fault.kind}' the delay is {fault.after_ms:.1f}, not {fault.before_ms:.1f} ms."
        if self.lost_outside > MOST_LOST_PER_MINUTE * max(1.0, self.calm_seconds / 60.0):
            yield f"{self.lost_outside} interruptions outside the faults."
        for measured, shown in self.measured_ms:
            if abs(measured - shown) > 2 * WITHIN_MS:
                yield f"The delay is {measured:.1f} ms where {shown:.1f} ms are shown."
