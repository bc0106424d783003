"""A model from elsewhere, tried in a process of its own: `python -m rtvc.model_trial FILE ...`.

Prints a verdict for each. The process may not take much memory or time; if it dies of the file, nobody but
the file is hurt.
"""

import json
import sys
from pathlib import Path

import numpy as np

from rtvc.errors import ModelError
from rtvc.runtime import BlockModel, StepModel, load_model

READY = "ready"  # printed when all is loaded that a trial needs
_SPARE_BYTES = 400_000_000  # of memory, for loading and running
_CPU_SECONDS = 20
_STEPS = 4


def try_model(path: Path) -> str:
    """What is wrong with it, or nothing. Loads it, and runs it on silence and on noise."""
    try:
        model = load_model(path)
        random = np.random.default_rng(0)
        outputs = [_run(model, random, loudness) for loudness in np.linspace(0.0, 1.0, _STEPS)]
    except ModelError as error:
        return str(error)
    except MemoryError:
        return f"{path.name} takes too much memory."
    except Exception as error:  # whatever it makes the runtime raise
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        return f"{path.name} is not a model that can be run ({reason[:200]})."
    if not all(np.isfinite(output).all() for output in outputs):
        return f"{path.name} answers with what are no numbers."
    return ""


def _run(model: StepModel | BlockModel, random: np.random.Generator, loudness: float) -> np.ndarray:
    given = {
        name: (loudness * random.standard_normal(shape[1:])).astype(np.float32)
        for name, shape in model.info.input_shapes().items()
    }
    if isinstance(model, BlockModel):
        return model.run(**given)
    return model.step(**{name: value[0] for name, value in given.items()}).copy()


def limit_resources() -> None:
    """As far as the system lets a process limit itself; the parent's patience is limited everywhere."""
    try:
        import resource
    except ImportError:
        return
    taken = _address_space()
    if taken:
        resource.setrlimit(resource.RLIMIT_AS, (taken + _SPARE_BYTES, taken + _SPARE_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _renew_cpu_limit() -> None:
    try:
        import resource
    except ImportError:
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    until = int(used.ru_utime + used.ru_stime) + _CPU_SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (until, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def _address_space() -> int:
    """Bytes this process has mapped already; 0 where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except (OSError, ValueError):
        return 0
    import resource

    return pages * resource.getpagesize()


def main() -> int:
    limit_resources()
    verdicts, sys.stdout = sys.stdout, sys.stderr  # nobody else's words among them
    print(READY, file=verdicts, flush=True)
    for name in sys.argv[1:]:
        _renew_cpu_limit()
        print(json.dumps({"file": name, "wrong": try_model(Path(name))}), file=verdicts, flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
