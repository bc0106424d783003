"""Preparation, a pipeline built before it is asked for, so that a start takes no longer than its devices."""

from collections.abc import Callable
from dataclasses import dataclass

from rtvc.settings import ChainSettings
from rtvc.stage import Pipeline

USUAL_RATE = 48000  # of most devices; another one is known after the first start

Rates = tuple[int, int]  # of input and output
Make = Callable[[ChainSettings, Rates], Pipeline]


@dataclass(frozen=True)
class _Ready:
    settings: ChainSettings
    rates: Rates
    stamp: object
    pipeline: Pipeline


class Preparation:
    """One thread at a time. A guess that proves wrong is dropped, and costs no more than the time it took."""

    def __init__(self, make: Make, stamp: Callable[[], object]) -> None:
        """`stamp` differs from before where a pipeline for the same settings would be another."""
        self._make, self._stamp = make, stamp
        self._ready: _Ready | None = None
        self.rates: Rates = (USUAL_RATE, USUAL_RATE)

    def prepare(self, settings: ChainSettings) -> None:
        """Build for these settings and the rates of the last start, unless that is there already."""
        stamp = self._stamp()
        if not self._fits(settings, self.rates, stamp):
            self._ready = None
            self._ready = _Ready(settings, self.rates, stamp, self._make(settings, self.rates))

    def pipeline(self, settings: ChainSettings, rates: Rates) -> Pipeline:
        """What was prepared, once, or one that is built now."""
        self.rates = rates
        ready, fits = self._ready, self._fits(settings, rates, self._stamp())
        self._ready = None
        if ready is None or not fits:
            return self._make(settings, rates)
        ready.pipeline.tune(ready.pipeline.prepared(settings))
        ready.pipeline.reset()  # it starts like this, and does not glide there
        return ready.pipeline

    def _fits(self, settings: ChainSettings, rates: Rates, stamp: object) -> bool:
        ready = self._ready
        return (
            ready is not None
            and ready.settings.builds_like(settings)
            and (ready.rates, ready.stamp) == (rates, stamp)
        )
