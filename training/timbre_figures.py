"""What the shipped `timbre` is worth: `python -m training.timbre_figures data/MANIFEST.csv`.

Everything goes through the chain that runs live. Prints pitch errors, onsets, a judge's verdicts, loudness,
noise, wavering at the rate of the hops and cost; the judge learns from the manifest's training recordings
of instruments and is itself judged on those it was not given.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import librosa
import numpy as np
from rich.console import Console
from rich.table import Table

from rtvc import catalog
from rtvc.analysis import Analysis
from rtvc.chain import build_chain
from rtvc.errors import RtvcError, UsageError
from rtvc.framer import Framer
from rtvc.model_format import INSTRUMENT, SIDE
from rtvc.pitch import MUSIC
from rtvc.runtime import StepModel
from rtvc.settings import DEFAULT_TIMBRE_MODEL, ChainSettings
from rtvc.timbre import PlayedMels, Playing
from training import hums
from training.features import load_audio
from training.instrument_judge import Judge
from training.manifest import read_manifest
from training.played import Row, Sounds, played
from training.sound_measures import (
    HOP,
    RATE,
    SPEC,
    harmonicity_db,
    loudness_correlation,
    onset_seconds,
    wavering_db,
)
from training.timbre_pitch import pitch_figures

MELS_MODEL = "timbre-mels"
_NOTES_HZ = (233.1, 311.1, 392.0, 523.3, 698.5)  # whose partials lie away from multiples of the hop rate
_NOTE_SECONDS = 80.0  # so long that chance in the noise spreads away from the one rate; what hops do stays
_SPEED_HOPS = 600
_REGISTERS = {  # where a phrase begins that is hummed for an instrument: low in what it was made for
    "cello": 110.0,
    "saxophone": 165.0,
    "clarinet": 165.0,
    "violin": 260.0,
    "flute": 330.0,
    "trumpet": 220.0,
    "accordion": 220.0,
}
_HUMS = 6


def onset_figures(model: str, timbre: str) -> list[Row]:
    rows = []
    for hz in (90.0, 150.0, 300.0, 600.0, 1000.0):
        hum = hums.note(hz, 1.5)
        sound = hum.sound[: -int(0.4 * RATE)]  # it lasts to the end
        late = onset_seconds(played(sound, timbre, model)) - onset_seconds(sound)
        chain = build_chain(ChainSettings(mode="timbre", timbre=timbre, model=model), RATE, RATE)
        rows.append(
            {
                "note, Hz": hz,
                "late in the file, ms": 1e3 * late,
                "held back, ms": 1e3 * chain.latency_seconds,
                "heard live after, ms": 1e3 * (late + chain.latency_seconds),
            }
        )
    return rows


def judge_figures(judge: Judge, model: str, names: list[str], val: Sounds) -> list[Row]:
    """What is taken for what it is: recordings the judge has not met, the same clips played anew, hums."""
    rows = []
    for name in names:
        own = val.get(name, [])
        again = [played(x, name, model) for x in own]
        phrases = [hums.phrase(_REGISTERS.get(name, 220.0), seed).sound for seed in range(_HUMS)]
        hummed = [played(x, name, model) for x in phrases]
        others = [played(x, name, model) for other, clips in val.items() if other != name for x in clips[:3]]
        rows.append(
            {
                "instrument": name,
                "recordings": _taken(judge, own, name),
                "played anew": _taken(judge, again, name),
                "from hums": _taken(judge, hummed, name),
                "from other instruments": _taken(judge, others, name),
                "hums as they were": _taken(judge, phrases, name),
            }
        )
    return rows


def _taken(judge: Judge, sounds: list[np.ndarray], name: str) -> str:
    if name not in judge.names:
        return "no recordings to learn from"
    return f"{sum(judge.verdict(x) == name for x in sounds)} of {len(sounds)}"


def likeness_figures(model: str, names: list[str], val: Sounds, sung: list[np.ndarray]) -> list[Row]:
    rows = []
    for name in names:
        own = val.get(name, [])
        again = [played(x, name, model) for x in own]
        recorded = [harmonicity_db(x) for x in own]
        made = [harmonicity_db(x) for x in again]
        hummed = [*sung, *(hums.phrase(220.0, seed).sound for seed in range(3))]
        follows = [loudness_correlation(x, played(x, name, model)) for x in hummed]
        follows += [loudness_correlation(x, y) for x, y in zip(own, again, strict=True)]
        rows.append(
            {
                "instrument": name,
                "harmonics to noise, recorded, dB": float(np.nanmedian(recorded)) if own else float("nan"),
                "made, dB": float(np.nanmedian(made)) if own else float("nan"),
                "apart, dB": float(np.nanmedian(np.array(made) - recorded)) if own else float("nan"),
                "loudness correlation, mean": float(np.mean(follows)),
                "least": float(np.min(follows)),
            }
        )
    return rows


def wavering_figures(timbre: str, has_mels: bool) -> list[Row]:
    rate = RATE / HOP
    rows = []
    for hz in _NOTES_HZ:
        hum = hums.note(hz, _NOTE_SECONDS)
        body = slice(int(0.5 * RATE), -int(0.5 * RATE))
        row: Row = {"note, Hz": hz, "input": wavering_db(hum.sound[body], rate)}
        row["harmonics"] = wavering_db(played(hum.sound, timbre)[body], rate)
        # Noise goes up and down at every rate a little; what is left without it, the hops are to blame for.
        row["without breath"] = wavering_db(played(hum.sound, timbre, breath=0.0)[body], rate)
        if has_mels:
            row["mels"] = wavering_db(played(hum.sound, timbre, MELS_MODEL)[body], rate)
            row["mels by librosa"] = wavering_db(by_librosa(hum.sound, timbre)[body], rate)
            row["harmonics below librosa"] = row["mels by librosa"] - row["harmonics"]
            row["without breath below librosa"] = row["mels by librosa"] - row["without breath"]
        rows.append(row)
    return rows


def by_librosa(sound: np.ndarray, timbre: str) -> np.ndarray:
    """The very mels of the mel model, to sound by librosa's inversion and Griffin-Lim."""
    model = StepModel(catalog.model_path(MELS_MODEL))
    frames = Analysis(SPEC, MUSIC, newest_first=True).process(Framer(SPEC).process(sound))
    mels = PlayedMels(model, Playing(timbre)).process(frames).log_mel
    linear = librosa.feature.inverse.mel_to_stft(
        np.exp(mels.T), sr=RATE, n_fft=SPEC.n_fft, power=1.0, fmin=SPEC.fmin, fmax=SPEC.fmax
    )
    made = librosa.griffinlim(
        linear, n_iter=128, hop_length=HOP, n_fft=SPEC.n_fft, center=False, random_state=0
    )
    begins = SPEC.n_fft - HOP  # a frame's window begins so long before its hop
    return np.pad(made[begins:], (0, max(0, len(sound) - len(made) + begins)))[: len(sound)]


def cost_figures(names: list[str]) -> list[Row]:
    rows = []
    for name in names:
        path = catalog.model_path(name)
        model = StepModel(path)
        side = np.array([5.5, 1.0, 0.0], np.float32)
        instrument = np.eye(model.info.inputs[INSTRUMENT], dtype=np.float32)[0]
        took = []
        for _ in range(_SPEED_HOPS):
            started = time.thread_time()
            model.step(**{SIDE: side, INSTRUMENT: instrument})
            took.append(1e3 * (time.thread_time() - started))
        hum = hums.phrase(220.0, 0).sound
        started = time.thread_time()
        whole = played(hum, model.info.voices[0], name)
        a_hop = 1e3 * (time.thread_time() - started) / (len(whole) / HOP)
        rows.append(
            {
                "model": name,
                "MB": path.stat().st_size / 1e6,
                "step, median ms": float(np.median(took)),
                "p99 ms": float(np.percentile(took, 99)),
                "whole chain, ms a hop": a_hop,
                "streamed equals whole": _streamed_equals_whole(hum, model.info.voices[0], name),
            }
        )
    return rows


def _streamed_equals_whole(sound: np.ndarray, timbre: str, model: str) -> str:
    chain = build_chain(ChainSettings(mode="timbre", timbre=timbre, model=model), RATE, RATE)
    whole, random, parts, at = chain.process(sound), np.random.default_rng(0), [], 0
    chain.reset()
    while at < len(sound):
        size = int(random.integers(1, 2000))
        parts.append(chain.process(sound[at : at + size]))
        at += size
    worst = float(np.abs(np.concatenate(parts) - whole).max())
    return "to the bit" if worst == 0.0 else f"within {worst:.1e}"


def recordings(manifest: Path, names: list[str]) -> tuple[Sounds, Sounds, list[np.ndarray]]:
    """Training and val clips of the instruments, and what is sung."""
    clips = read_manifest(manifest, "instrument")
    if not clips:
        raise UsageError(f"{manifest} has no clips of the kind instrument; name a manifest that has.")
    found: dict[str, Sounds] = {"train": {}, "val": {}}
    sung = []
    for clip in clips:
        if clip.speaker in names and clip.split in found:
            sound = load_audio(clip.path, RATE)
            found[clip.split].setdefault(clip.speaker, []).append(sound)
        elif clip.speaker == "voice":
            sung.append(load_audio(clip.path, RATE))
    return found["train"], found["val"], sung


def figures(manifest: Path, parts: Sequence[str]) -> dict[str, list[Row]]:
    names = StepModel(catalog.model_path(DEFAULT_TIMBRE_MODEL)).info.voices
    has_mels = MELS_MODEL in catalog.model_paths()
    train, val, sung = recordings(manifest, names)
    made: dict[str, list[Row]] = {}
    if "cost" in parts:
        made["cost"] = cost_figures([DEFAULT_TIMBRE_MODEL, *([MELS_MODEL] if has_mels else [])])
    if "onset" in parts:
        made["onset"] = onset_figures(DEFAULT_TIMBRE_MODEL, names[0])
    if "wavering" in parts:
        made["wavering"] = wavering_figures("flute" if "flute" in names else names[0], has_mels)
    if "judge" in parts:
        judge = Judge(train)
        made["judge"] = judge_figures(judge, DEFAULT_TIMBRE_MODEL, names, val)
        if has_mels:
            made["judge, mels"] = judge_figures(judge, MELS_MODEL, names, val)
    if "likeness" in parts:
        made["likeness"] = likeness_figures(DEFAULT_TIMBRE_MODEL, names, val, sung)
        if has_mels:
            made["likeness, mels"] = likeness_figures(MELS_MODEL, names, val, sung)
    if "pitch" in parts:
        made["pitch"] = pitch_figures(DEFAULT_TIMBRE_MODEL, names, val, sung)
    return made


_PARTS = ("cost", "onset", "wavering", "judge", "likeness", "pitch")
_TITLES = {
    "wavering": "amplitude modulation of steady notes at the rate of the hops, dB",
    "judge": "taken for the instrument",
    "judge, mels": "taken for the instrument, model timbre-mels",
}


def _print(made: dict[str, list[Row]]) -> None:
    for part, rows in made.items():
        table = Table(title=_TITLES.get(part, part))
        for name in rows[0]:
            table.add_column(name)
        for row in rows:
            table.add_row(*(f"{x:.3g}" if isinstance(x, float) else str(x) for x in row.values()))
        Console(width=140).print(table)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m training.timbre_figures", description=__doc__)
    parser.add_argument("manifest", type=Path)
    parser.add_argument("--only", nargs="+", choices=_PARTS, default=_PARTS, help="default: all")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    try:
        made = figures(args.manifest, args.only)
    except (RtvcError, OSError) as error:
        print(error, file=sys.stderr)
        return getattr(error, "exit_code", RtvcError.exit_code)
    print(json.dumps(made)) if args.json else _print(made)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
