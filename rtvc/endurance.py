"""python -m rtvc.endurance: long sound through the pipeline, watching memory, numbers and length.

The sound is made up anew for every block sent, so the run needs no more memory than a second of it.
"""

import argparse
import json
import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from rtvc.threads import sum_on_one

sum_on_one()

import numpy as np  # noqa: E402
from rich.progress import track  # noqa: E402

from rtvc.chain import build_chain  # noqa: E402
from rtvc.errors import RtvcError, UsageError  # noqa: E402
from rtvc.settings import ChainSettings  # noqa: E402
from rtvc.stage import Audio, Pipeline  # noqa: E402

_WARM_UP_SECONDS = 60
_STATM = Path("/proc/self/statm")


@dataclass(frozen=True)
class Endurance:
    seconds: int
    resident_after_warm_up_mb: float | None  # None where the system does not tell
    resident_at_end_mb: float | None
    numbers_not_finite: int
    samples_in: int
    samples_out: int
    most_held_back: float  # samples, against ...
    declared: float  # ... what the pipeline says it holds back at most


def resident_mb() -> float | None:
    """Memory the process really occupies."""
    if not _STATM.exists():
        return None
    return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def second_of_sound(index: int, rate: int) -> Audio:
    """Seconds differ in pitch, level and noise, and every tenth is silent."""
    random = np.random.default_rng(index)
    if index % 10 == 9:
        return np.zeros(rate, np.float32)
    time = np.arange(rate) / rate
    f0 = random.uniform(80.0, 300.0)
    phase = 2 * np.pi * np.cumsum(f0 * (1.0 + 0.2 * np.sin(2 * np.pi * time))) / rate
    tone = sum(np.sin(k * phase) / k for k in range(1, 20))
    sound = random.uniform(0.01, 0.2) * (tone + 0.05 * random.standard_normal(rate))
    return sound.astype(np.float32)


def endure(pipeline: Pipeline, rate: int, seconds: int, progress: bool = False) -> Endurance:
    given, came, bad, most = 0, 0, 0, 0.0
    early: float | None = None
    for index in track(range(seconds), "enduring", disable=not progress):
        for block in np.array_split(second_of_sound(index, rate), 150):
            out = pipeline.process(block)
            given, came = given + len(block), came + len(out)
            bad += int(np.count_nonzero(~np.isfinite(out)))
            most = max(most, given * pipeline.output_rate / rate - came)
        if index == min(_WARM_UP_SECONDS, seconds - 1):
            early = resident_mb()
    return Endurance(seconds, early, resident_mb(), bad, given, came, most, pipeline.latency_samples)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m rtvc.endurance", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0, help="of sound (default: %(default)s)")
    parser.add_argument("--rate", type=int, default=48_000, help="of both ends (default: %(default)s)")
    parser.add_argument("--mode", default="speaker", help="default: %(default)s")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    try:
        if options.minutes <= 0:
            raise UsageError(f"It takes more than {options.minutes} minutes to learn anything.")
        pipeline = build_chain(ChainSettings(mode=options.mode), options.rate, options.rate)
        seconds = max(1, round(60 * options.minutes))
        result = endure(pipeline, options.rate, seconds, progress=not options.json)
    except RtvcError as error:
        print(f"rtvc.endurance: {error}", file=sys.stderr)
        return error.exit_code
    report = asdict(result)
    print(json.dumps(report) if options.json else "\n".join(f"{k}: {v}" for k, v in report.items()))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
