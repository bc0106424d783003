"""What each exported model costs to run here: `python -m export.cost [FILE ...]` prints a table.

Without files, the shipped models. One thread, as live conversion runs them.
"""

import argparse
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from rtvc.catalog import ASSETS, MODEL_SUFFIX
from rtvc.model_format import ModelInfo
from rtvc.runtime import BlockModel, StepModel, load_model

_CALLS = 300
_WARM_UP = 20


@dataclass(frozen=True)
class Cost:
    info: ModelInfo
    megabytes: float
    median_ms: float  # CPU time of one call
    p99_ms: float

    @property
    def frames_per_call(self) -> int:
        return self.info.window.step if self.info.window else 1

    @property
    def held_frames(self) -> int:
        """Frames of input it waits for before it answers."""
        return self.info.window.hold if self.info.window else self.info.lookahead

    @property
    def share_of_real_time(self) -> float | None:
        """Of one thread; a digit model is not run all the time."""
        if self.info.image:
            return None
        return self.median_ms / (1000.0 * self.info.mel.hop_seconds * self.frames_per_call)


def measure(path: Path, calls: int = _CALLS) -> Cost:
    """CPU time of calls with noise; other programs make them later, not longer."""
    model = load_model(path)
    random = np.random.default_rng(0)
    shapes = model.info.input_shapes().items()
    given = {name: random.standard_normal(shape[1:]).astype(np.float32) for name, shape in shapes}
    took = [_call(model, given) for _ in range(_WARM_UP + calls)][_WARM_UP:]
    return Cost(model.info, path.stat().st_size / 1e6, float(np.median(took)), float(np.percentile(took, 99)))


def _call(model: StepModel | BlockModel, given: dict[str, np.ndarray]) -> float:
    started = time.thread_time()
    if isinstance(model, BlockModel):
        model.run(**given)
    else:
        model.step(**{name: value[0] for name, value in given.items()})
    return 1000.0 * (time.thread_time() - started)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m export.cost", description=__doc__)
    parser.add_argument("files", type=Path, nargs="*")
    files = parser.parse_args().files or sorted((ASSETS / "models").glob(f"*{MODEL_SUFFIX}"))
    table = Table()
    for name in (
        "model",
        "kind",
        "MB",
        "call, median ms",
        "p99 ms",
        "of real time",
        "frames held",
        "ms held",
    ):
        table.add_column(name)
    for path in files:
        cost = measure(path)
        share = cost.share_of_real_time
        held_ms = 1000.0 * cost.held_frames * cost.info.mel.hop_seconds
        numbers = (cost.megabytes, cost.median_ms, cost.p99_ms)
        table.add_row(
            cost.info.name,
            cost.info.kind,
            *(f"{number:.2f}" for number in numbers),
            "" if share is None else f"{share:.3f}",
            str(cost.held_frames),
            f"{held_ms:.0f}",
        )
    Console().print(table)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
