"""python -m rtvc.cost_growth: how cost grows with block size, length and jobs, and librosa's beside it.

Measures on the machine it runs on and prints tables in Markdown. Sound is made up, as in rtvc.bench.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from importlib import import_module
from pathlib import Path

from rtvc.threads import sum_on_one

sum_on_one()

import soundfile  # noqa: E402

from rtvc.batch import convert_folder  # noqa: E402
from rtvc.bench import measure, voice_like  # noqa: E402
from rtvc.chain import build_chain  # noqa: E402
from rtvc.errors import RtvcError, UsageError  # noqa: E402
from rtvc.mel import MelSpec  # noqa: E402
from rtvc.offline import convert_file  # noqa: E402
from rtvc.settings import ChainSettings  # noqa: E402
from rtvc.vocoder_quality import librosa_pipeline  # noqa: E402

BLOCKS = (64, 128, 256, 557, 1024, 4096, 16384)  # samples; 557 are about a hop
PARTS = ("blocks", "length", "jobs", "librosa")
_RATE = 48_000
_WARM_SECONDS = 1.0  # that `measure` lets pass first
_FILES = 4
_PIECE_SECONDS = 5.0

Line = tuple[str, ...]


def by_block(settings: ChainSettings, seconds: float) -> Iterator[Line]:
    """The same sound cut differently, through a fresh chain each time."""
    yield "block", "of sound", "share of real time", "CPU a block, p99"
    sound = voice_like(seconds + _WARM_SECONDS, _RATE)
    for block in BLOCKS:
        speed = measure(build_chain(settings, _RATE, _RATE), sound, _RATE, block, block / _RATE)
        share, worst = f"{speed.cpu_factor:.3f}", f"{speed.whole.cpu_p99_ms:.2f} ms"
        yield str(block), f"{speed.hop_ms:.1f} ms", share, worst


def by_length(settings: ChainSettings, seconds: float) -> Iterator[Line]:
    """Files of that length, of four times and of sixteen times as much."""
    yield "file", "CPU", "share of real time", "memory"
    with tempfile.TemporaryDirectory() as folder:
        for times in (1, 4, 16):
            source = _file(Path(folder) / "long.wav", times * seconds)
            began = time.process_time()
            convert_file(source, Path(folder) / "out.wav", partial(build_chain, settings))
            spent = time.process_time() - began
            share = f"{spent / (times * seconds):.3f}"
            yield f"{times * seconds:.0f} s", f"{spent:.1f} s", share, f"{_peak_mb():.0f} MB at most so far"


def by_jobs(settings: ChainSettings, seconds: float, most: int) -> Iterator[Line]:
    """A folder of files of that length, by the clock: with so many jobs, loading included."""
    yield "jobs", f"{_FILES} files of {seconds:.0f} s", "times as fast"
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "speech"
        folder.mkdir()
        for number in range(_FILES):
            _file(folder / f"{number}.wav", seconds)
        first = 0.0
        for jobs in range(1, most + 1):
            began = time.perf_counter()
            convert_folder(folder, Path(place) / f"out {jobs}", partial(build_chain, settings), jobs=jobs)
            spent = time.perf_counter() - began
            first = first or spent
            yield str(jobs), f"{spent:.1f} s", f"{first / spent:.2f}"


def beside_librosa(settings: ChainSettings, seconds: float) -> Iterator[Line]:
    """CPU time for a frame of 11.6 ms: our whole chain, and librosa's way from mels to sound alone."""
    yield "what", "CPU a frame", "share of real time"
    spec = MelSpec()
    rate, hop_ms = spec.sample_rate, 1e3 * spec.hop_seconds
    sound = voice_like(seconds + _WARM_SECONDS, rate)
    speed = measure(build_chain(settings, rate, rate), sound, rate, spec.hop, spec.hop_seconds)
    method = librosa_pipeline(_librosa(), spec, "mels")
    method(sound[: 2 * rate])  # compiles and loads
    began = time.process_time()
    method(sound)
    per_frame = 1e3 * (time.process_time() - began) / (len(sound) / spec.hop)
    ours = speed.cpu_factor * hop_ms
    yield "our chain, microphone to loudspeaker", f"{ours:.2f} ms", f"{speed.cpu_factor:.3f}"
    yield "librosa, mels to sound (NNLS, 128 iterations)", f"{per_frame:.2f} ms", f"{per_frame / hop_ms:.3f}"
    yield "librosa / ours", f"{per_frame / ours:.1f}", ""


def _librosa() -> object:
    try:
        return import_module("librosa")
    except ImportError as error:
        raise UsageError(
            "librosa is missing; run 'pip install rtvc[eval]', or leave that part out."
        ) from error


def _file(path: Path, seconds: float) -> Path:
    """Written bit by bit: what is measured is not the memory that making it takes."""
    piece, left = voice_like(min(seconds, _PIECE_SECONDS), _RATE), round(seconds * _RATE)
    with soundfile.SoundFile(path, "w", _RATE, 1) as file:
        while left > 0:
            file.write(piece[:left])
            left -= len(piece)
    return path


def _peak_mb() -> float:
    """Of this process, as far as the system tells."""
    try:
        import resource
    except ImportError:
        return float("nan")
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1e6 if sys.platform == "darwin" else 1e3)


def _table(lines: Iterator[Line]) -> Iterator[str]:
    head = next(lines)
    yield "| " + " | ".join(head) + " |"
    yield "|---" * len(head) + "|"
    yield from ("| " + " | ".join(line) + " |" for line in lines)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m rtvc.cost_growth", description=(__doc__ or "").strip())
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)} (default: all)")
    parser.add_argument("--target", default=ChainSettings().target, help="default: %(default)s")
    parser.add_argument("--preset", default=ChainSettings().preset_name, help="default: %(default)s")
    parser.add_argument("--seconds", type=float, default=10.0, help="of sound (default: %(default)s)")
    parser.add_argument("--jobs", type=int, default=2, help="at most so many (default: %(default)s)")
    options = parser.parse_args(argv)
    try:
        settings = ChainSettings(target=options.target, preset_name=options.preset)
        tables = {
            "blocks": by_block(settings, options.seconds),
            "length": by_length(settings, options.seconds),
            "jobs": by_jobs(settings, options.seconds, options.jobs),
            "librosa": beside_librosa(settings, options.seconds),
        }
        for part in options.parts or PARTS:
            if part not in tables:
                raise UsageError(f"There is no part '{part}'; choose among {', '.join(PARTS)}.")
            print(*_table(tables[part]), "", sep="\n", flush=True)
    except RtvcError as error:
        print(f"rtvc.cost_growth: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
