"""Range: between what a value moved lately."""


class Range:
    """The least, the most and the mean of a value over a stretch of time counted in samples."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self.samples = 0
        self.least = self.most = self._total = 0.0

    @property
    def mean(self) -> float:
        return self._total / self.samples if self.samples else 0.0

    def add(self, value: float, samples: int) -> None:
        self.least = min(self.least, value) if self.samples else value
        self.most = max(self.most, value) if self.samples else value
        self._total += value * samples
        self.samples += samples
