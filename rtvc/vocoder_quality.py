"""python -m rtvc.vocoder_quality FOLDER: our vocoder and librosa's offline pipeline on the same clips.

Both get the same analysis of each clip and give it back as sound, once from mels and once from exact
magnitudes. Clips are what the chain would hand over: after its low cut. Measures no conversion and no
speed but the vocoder's own.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, astuple, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from rtvc.errors import RtvcError, UsageError
from rtvc.framer import Framer
from rtvc.griffin_lim import GriffinLim
from rtvc.judged_speech import JUDGED_RATE, clips, imported, resampled, speech_parser
from rtvc.low_cut import LowCut
from rtvc.mel import MelSpec, filterbank, hann, log_mel
from rtvc.stage import Audio

_OFFLINE_ITERATIONS = 128
_OFFLINE_MOMENTUM = 0.99
_SOURCES = ("mels", "magnitudes")
LIBROSA = "librosa"

Real = NDArray[np.float32]
Method = Callable[[Audio], Audio]


@dataclass(frozen=True)
class Scores:
    pesq_wb: float
    stoi: float
    estoi: float
    convergence_db: float  # error of the magnitudes over the magnitudes; lower is better


@dataclass(frozen=True)
class Row:
    """One method on all clips."""

    method: str  # LIBROSA or "lookahead 0"
    source: str  # what it started from: "mels" or "magnitudes"
    latency_ms: float | None  # None: not streaming
    cpu_ms_per_frame: float
    clips: int
    seconds: float
    mean: Scores
    lead: Scores  # mean of the differences to librosa, clip by clip
    lead_error: Scores  # standard error of that mean


@dataclass(frozen=True)
class _Result:
    scores: Scores
    cpu_seconds: float
    frames: int


def compare(
    folder_or_files: Path | str | Iterable[Path],
    seconds: float,
    lookaheads: Iterable[float] = (0, 2),
    *,
    iterations: int = 32,
    spec: MelSpec | None = None,
    low_cut: bool = True,
) -> list[Row]:
    """Measure on some `seconds` of whole clips; a row per method and source, librosa's first."""
    libraries = {name: imported(name) for name in ("librosa", "pesq", "pystoi")}
    spec = spec or MelSpec()
    methods = {(LIBROSA, source): librosa_pipeline(libraries["librosa"], spec, source) for source in _SOURCES}
    latency: dict[str, float | None] = {LIBROSA: None}
    for lookahead in lookaheads:
        vocoder = GriffinLim(spec, lookahead, iterations)
        name = f"lookahead {lookahead:g}"
        latency[name] = 1e3 * (vocoder.latency_samples + spec.hop) / spec.sample_rate
        methods |= {(name, source): _ours(vocoder, source) for source in _SOURCES}

    results: dict[tuple[str, str], list[_Result]] = {key: [] for key in methods}
    measured = 0.0
    for clip in clips(folder_or_files, spec.sample_rate, seconds):
        measured += len(clip) / spec.sample_rate
        clip = _after_low_cut(clip, spec) if low_cut else clip
        for key, method in methods.items():
            results[key].append(_judged(method, clip, spec, libraries))
    return [
        _row(name, source, latency[name], measured, results[name, source], results[LIBROSA, source])
        for name, source in methods
    ]


def _ours(vocoder: GriffinLim, source: str) -> Method:
    spec = vocoder.spec

    def method(clip: Audio) -> Audio:
        vocoder.reset()
        # Silence behind the clip brings out what is held back.
        held = int(vocoder.latency_samples) + spec.hop
        spectra = _spectra(np.concatenate([clip, np.zeros(held, np.float32)]), spec)
        if source == "magnitudes":
            return vocoder.process_magnitudes(spectra)
        return vocoder.process(log_mel(spectra, spec))

    return method


def librosa_pipeline(librosa: Any, spec: MelSpec, source: str) -> Method:
    grid = {"n_fft": spec.n_fft, "hop_length": spec.hop}

    def method(clip: Audio) -> Audio:
        spectra = np.abs(librosa.stft(clip, **grid))
        if source == "mels":
            mels = np.maximum(filterbank(spec) @ spectra, spec.floor)
            band = {"fmin": spec.fmin, "fmax": spec.fmax}
            spectra = librosa.feature.inverse.mel_to_stft(
                mels, sr=spec.sample_rate, n_fft=spec.n_fft, power=1.0, **band
            )
        sound: Audio = librosa.griffinlim(
            spectra,
            n_iter=_OFFLINE_ITERATIONS,
            momentum=_OFFLINE_MOMENTUM,
            random_state=0,
            length=len(clip),
            **grid,
        )
        return sound

    return method


def _judged(method: Method, clip: Audio, spec: MelSpec, libraries: dict[str, Any]) -> _Result:
    start = time.thread_time()
    sound = method(clip)
    cpu_seconds = time.thread_time() - start
    length = min(len(sound), len(clip))
    clip, sound = clip[:length], sound[:length]
    wanted, got = _spectra(clip, spec), _spectra(sound, spec)
    error = float(np.linalg.norm(wanted - got) / np.linalg.norm(wanted))
    clip_16k, sound_16k = (resampled(x, spec.sample_rate, JUDGED_RATE) for x in (clip, sound))
    stoi = libraries["pystoi"].stoi
    scores = Scores(
        pesq_wb=float(libraries["pesq"].pesq(JUDGED_RATE, clip_16k, sound_16k, "wb")),
        stoi=float(stoi(clip_16k, sound_16k, JUDGED_RATE)),
        estoi=float(stoi(clip_16k, sound_16k, JUDGED_RATE, extended=True)),
        convergence_db=20.0 * float(np.log10(max(error, 1e-10))),
    )
    return _Result(scores, cpu_seconds, len(wanted))


def _spectra(sound: Audio, spec: MelSpec) -> Real:
    frames = Framer(spec).process(sound) * hann(spec.n_fft)
    return np.asarray(np.abs(fft.rfft(frames, axis=1)), np.float32)


def _after_low_cut(clip: Audio, spec: MelSpec) -> Audio:
    low_cut = LowCut(spec.sample_rate, spec.hop)
    hops = clip[: len(clip) // spec.hop * spec.hop].reshape(-1, spec.hop)
    return np.concatenate([low_cut.process(hop) for hop in hops])


def _row(
    name: str, source: str, latency_ms: float | None, seconds: float, ours: list[_Result], base: list[_Result]
) -> Row:
    scores = np.array([astuple(result.scores) for result in ours])
    lead = scores - np.array([astuple(result.scores) for result in base])
    spread = lead.std(axis=0, ddof=1) if len(lead) > 1 else np.zeros(lead.shape[1])
    return Row(
        method=name,
        source=source,
        latency_ms=latency_ms,
        cpu_ms_per_frame=1e3 * sum(r.cpu_seconds for r in ours) / sum(r.frames for r in ours),
        clips=len(ours),
        seconds=seconds,
        mean=_scores(scores.mean(axis=0)),
        lead=_scores(lead.mean(axis=0)),
        lead_error=_scores(spread / np.sqrt(len(lead))),
    )


def _scores(values: NDArray[np.float64]) -> Scores:
    return Scores(*(float(value) for value in values))


def main(argv: list[str] | None = None) -> int:
    options = _parser().parse_args(argv)
    try:
        rows = compare(
            options.folder,
            options.seconds,
            options.lookahead,
            iterations=options.iterations,
            low_cut=not options.raw,
        )
    except (RtvcError, ValueError) as error:
        print(f"rtvc.vocoder_quality: {error}", file=sys.stderr)
        return error.exit_code if isinstance(error, RtvcError) else UsageError.exit_code
    print(json.dumps([asdict(row) for row in rows]) if options.json else "\n".join(_table(rows)))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = speech_parser("rtvc.vocoder_quality", __doc__, seconds=120.0)
    parser.add_argument("--lookahead", type=float, nargs="+", default=[0, 2], help="frames (default: 0 2)")
    parser.add_argument("--iterations", type=int, default=32, help="per frame (default: %(default)s)")
    parser.add_argument("--raw", action="store_true", help="judge the clips with their rumble, as recorded")
    parser.add_argument("--json", action="store_true")
    return parser


def _table(rows: list[Row]) -> Iterator[str]:
    yield f"{rows[0].clips} clips, {rows[0].seconds:.0f} s; in brackets the lead over librosa, clip by clip"
    for row in rows:
        delay = "offline" if row.latency_ms is None else f"{row.latency_ms:.1f} ms"
        mean, lead, error = row.mean, row.lead, row.lead_error
        yield (
            f"{row.method:12} {delay:8} from {row.source:10}"
            f"  PESQ-WB {mean.pesq_wb:.2f} ({lead.pesq_wb:+.2f} +- {error.pesq_wb:.2f})"
            f"  STOI {mean.stoi:.4f}  ESTOI {mean.estoi:.4f} ({lead.estoi:+.4f})"
            f"  SC {mean.convergence_db:.1f} dB ({lead.convergence_db:+.1f})"
            f"  CPU {row.cpu_ms_per_frame:.2f} ms/frame"
        )


if __name__ == "__main__":
    sys.exit(main())
