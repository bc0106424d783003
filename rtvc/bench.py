"""python -m rtvc.bench: what each stage costs per hop, what the whole chain costs, how late each preset is.

Measures on the machine it runs on and on sound it makes up itself. Judges no sound.
"""

import argparse
import json
import platform
import sys
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from rtvc.threads import sum_on_one

sum_on_one()

import numpy as np  # noqa: E402
from numpy.typing import NDArray  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.table import Table  # noqa: E402

from rtvc.chain import build_chain  # noqa: E402
from rtvc.errors import RtvcError  # noqa: E402
from rtvc.mel import MelSpec  # noqa: E402
from rtvc.presets import DEFAULT_PRESET, PRESETS, preset_named  # noqa: E402
from rtvc.settings import DEFAULT_MODEL, DEFAULT_TARGET, MODES, ChainSettings  # noqa: E402
from rtvc.stage import Audio, Pipeline  # noqa: E402
from rtvc.streams import block_at  # noqa: E402

_WARM_UP_SECONDS = 1.0


@dataclass(frozen=True)
class Cost:
    """Of one stage, or of all: milliseconds per hop, the blocks that do not end one included."""

    stage: str
    cpu_median_ms: float
    cpu_p99_ms: float
    wall_median_ms: float
    wall_p99_ms: float


@dataclass(frozen=True)
class Speed:
    """Of a whole pipeline; factors are shares of real time, below 1 keeps up."""

    seconds: float
    hop_ms: float
    block_ms: float
    stages: list[Cost]
    whole: Cost
    wall_factor: float
    cpu_factor: float  # of the thread that runs the pipeline
    process_factor: float  # of all threads; above cpu_factor if a library started some of its own


def voice_like(seconds: float, rate: int) -> Audio:
    """A gliding harmonic tone in syllables, with noise between: every stage has something to do."""
    time_s = np.arange(int(seconds * rate)) / rate
    phase = 2 * np.pi * np.cumsum(130 + 40 * np.sin(2 * np.pi * 0.7 * time_s)) / rate
    tone = sum(np.sin(k * phase) / k for k in range(1, 25))
    syllables = np.clip(np.sin(2 * np.pi * 3 * time_s), 0.0, None)
    noise = np.random.default_rng(0).standard_normal(len(time_s))
    return (0.1 * syllables * tone + 0.003 * noise).astype(np.float32)


def measure(pipeline: Pipeline, sound: Audio, rate: int, block: int, hop_seconds: float) -> Speed:
    """Push `sound` through, a device's block at a time, and read the clocks around every stage."""
    warm = int(_WARM_UP_SECONDS * rate)
    pipeline.process(sound[:warm])
    blocks = [sound[at : at + block] for at in range(warm, len(sound) - block, block)]
    seconds = len(blocks) * block / rate
    wall = np.zeros((int(seconds / hop_seconds) + 1, len(pipeline.stages)))
    cpu = np.zeros_like(wall)
    process_start = time.process_time_ns()
    for number, content in enumerate(blocks):
        passing: Any = content
        row = int(number * block / rate / hop_seconds)
        for column, stage in enumerate(pipeline.stages):
            if not len(passing):  # as Pipeline does
                break
            wall_start, cpu_start = time.perf_counter_ns(), time.thread_time_ns()
            passing = stage.process(passing)
            cpu[row, column] += time.thread_time_ns() - cpu_start
            wall[row, column] += time.perf_counter_ns() - wall_start
    process_ns = time.process_time_ns() - process_start
    names = [type(stage).__name__ for stage in pipeline.stages]
    return Speed(
        seconds=seconds,
        hop_ms=1e3 * hop_seconds,
        block_ms=1e3 * block / rate,
        stages=[_cost(name, cpu[:, n], wall[:, n]) for n, name in enumerate(names)],
        whole=_cost("all", cpu.sum(axis=1), wall.sum(axis=1)),
        wall_factor=float(wall.sum()) / 1e9 / seconds,
        cpu_factor=float(cpu.sum()) / 1e9 / seconds,
        process_factor=process_ns / 1e9 / seconds,
    )


def _cost(name: str, cpu_ns: NDArray[np.float64], wall_ns: NDArray[np.float64]) -> Cost:
    def ms(values: NDArray[np.float64], percentile: float) -> float:
        return float(np.percentile(values, percentile)) / 1e6

    return Cost(name, ms(cpu_ns, 50), ms(cpu_ns, 99), ms(wall_ns, 50), ms(wall_ns, 99))


def latencies(settings: ChainSettings, rate: int) -> dict[str, float]:
    """What the chain declares, in milliseconds per preset; the devices' buffers come on top."""
    chains = {name: build_chain(replace(settings, preset_name=name), rate, rate) for name in PRESETS}
    return {name: 1e3 * chain.latency_seconds for name, chain in chains.items()}


def main(argv: list[str] | None = None) -> int:
    options = _parser().parse_args(argv)
    try:
        report = _report(options)
    except RtvcError as error:
        print(f"rtvc.bench: {error}", file=sys.stderr)
        return error.exit_code
    if options.json:
        print(json.dumps(report))
    else:
        _show(report)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m rtvc.bench", description=__doc__.splitlines()[0])
    parser.add_argument("--mode", default=MODES[0], help="default: %(default)s")
    parser.add_argument("--target", default=DEFAULT_TARGET, help="default: %(default)s")
    parser.add_argument("--model", default=DEFAULT_MODEL, help="default: %(default)s")
    parser.add_argument("--preset", default=DEFAULT_PRESET, help="default: %(default)s")
    parser.add_argument("--rate", type=int, default=48_000, help="of both ends (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=20.0, help="of sound (default: %(default)s)")
    parser.add_argument("--speech", type=Path, help="folder of recorded speech to judge the vocoder on")
    parser.add_argument("--speech-seconds", type=float, default=120.0, help="of it (default: %(default)s)")
    parser.add_argument("--json", action="store_true")
    return parser


def _report(options: argparse.Namespace) -> dict[str, Any]:
    settings = ChainSettings(
        mode=options.mode, target=options.target, model=options.model, preset_name=options.preset
    )
    block = block_at(settings.preset, options.rate)
    sound = voice_like(options.seconds + _WARM_UP_SECONDS, options.rate)
    chain = build_chain(settings, options.rate, options.rate)
    speed = measure(chain, sound, options.rate, block, MelSpec().hop_seconds)
    return {
        "machine": {"cpu": _cpu_name(), "python": platform.python_version(), "system": platform.system()},
        "settings": asdict(settings),
        "rate": options.rate,
        "speed": asdict(speed),
        "latency_ms": latencies(settings, options.rate),
        "vocoder": _vocoder(options.speech, options.speech_seconds) if options.speech else None,
    }


def _vocoder(folder: Path, seconds: float) -> list[dict[str, Any]]:
    from rtvc import vocoder_quality  # its judges take long to import

    return [asdict(row) for row in vocoder_quality.compare(folder, seconds, (0, 2, 3))]


def _cpu_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def _show(report: dict[str, Any]) -> None:
    console = Console()
    speed, settings = report["speed"], report["settings"]
    console.print(f"{report['machine']['cpu']}, {report['rate']} Hz in and out, mode {settings['mode']}")
    title = (
        f"milliseconds per {speed['hop_ms']:.1f} ms of sound in blocks of {speed['block_ms']:.1f} ms,"
        f" preset {settings['preset_name']}"
    )
    table = Table("stage", title=title)
    for name in ("CPU median", "CPU p99", "wall median", "wall p99"):
        table.add_column(name, justify="right")
    for cost in (*speed["stages"], speed["whole"]):
        stage, *numbers = cost.values()
        table.add_row(stage, *(f"{number:.3f}" for number in numbers))
    console.print(table)
    console.print(
        f"share of real time over {speed['seconds']:.0f} s of sound: {speed['wall_factor']:.3f} by the clock,"
        f" {speed['cpu_factor']:.3f} of CPU on the thread, {speed['process_factor']:.3f} on all threads"
    )
    delays = Table("preset", title="delay of the chain, devices not included")
    delays.add_column("ms", justify="right")
    for name, delay in report["latency_ms"].items():
        delays.add_row(f"{name}: {preset_named(name).description}", f"{delay:.1f}")
    console.print(delays)
    if report["vocoder"]:
        _show_vocoder(console, report["vocoder"])


def _show_vocoder(console: Console, rows: list[dict[str, Any]]) -> None:
    table = Table("vocoder", "from", title=f"{rows[0]['clips']} clips, {rows[0]['seconds']:.0f} s of speech")
    for name in ("delay ms", "PESQ-WB", "lead", "STOI", "ESTOI", "SC dB", "lead"):
        table.add_column(name, justify="right")
    for row in rows:
        delay = "whole file" if row["latency_ms"] is None else f"{row['latency_ms']:.1f}"
        mean, lead = row["mean"], row["lead"]
        quality = (f"{mean['pesq_wb']:.2f}", f"{lead['pesq_wb']:+.2f}", f"{mean['stoi']:.4f}")
        error = (f"{mean['convergence_db']:.1f}", f"{lead['convergence_db']:+.1f}")
        table.add_row(row["method"], row["source"], delay, *quality, f"{mean['estoi']:.4f}", *error)
    console.print(table)


if __name__ == "__main__":
    sys.exit(main())
