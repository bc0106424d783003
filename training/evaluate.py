"""What a trained system does to clips it has not seen: `python -m training.evaluate checkpoints/gan`.

Takes the best checkpoint of the run, writes sounds, mels as pictures, a page to listen and look, and a table.
"""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from rtvc.errors import RtvcError, UsageError
from training.cache import Entry, FeatureCache
from training.checkpoint import BEST
from training.config import read_config
from training.inference import DigitGenerator
from training.loop import CURVE
from training.networks.gan import FRAME_MULTIPLE
from training.networks.saved import Saved, load_network
from training.report import Report, Row, shown
from training.systems.pairs import find_pairs
from training.timbre_sound import distances, shares_of, sound_of_shares, truth_of
from training.train import CONFIG

_TARGETS = 3
_LONGEST_FRAMES = 500  # of a clip that is converted


def evaluate(checkpoint: Path, data: Path | None, out: Path | None, clips: int, targets: list[str]) -> Report:
    run = checkpoint if checkpoint.is_dir() else checkpoint.parent
    saved = load_network(run / BEST if checkpoint.is_dir() else checkpoint)
    cache = FeatureCache(data or Path(read_config(run / CONFIG).data["cache"]))
    if cache.spec != saved.mel:
        raise UsageError(
            f"{cache.folder} was prepared with another front end than {saved.system} was trained on."
        )
    report = Report(out or run / "evaluation", f"{saved.system}, step {saved.step}", saved.mel)
    with torch.no_grad():
        _JUDGES[saved.system](saved, cache, report, clips, targets)
    rows = curve_of(run)
    report.add_curves(rows, judged(rows))
    report.write()
    return report


def _autoencoder(saved: Saved, cache: FeatureCache, report: Report, clips: int, targets: list[str]) -> None:
    """Likeness is the cosine between the network's own speaker vectors: it says which way, not how well."""
    network: Any = saved.network
    names = targets or _best_known(saved, cache)
    for entry in _some(_held_back(cache), clips):
        mel = cache.mel(entry)[:_LONGEST_FRAMES]
        source = _voice_of(network, mel)
        panels = [(f"{entry.speaker} as it was", mel)]
        for name in names:
            target = network.voices[_place(saved, name)]
            made = network.convert(torch.from_numpy(mel)[None], target[None])[0].numpy()
            panels.append((f"as {name}", made))
            vector = _voice_of(network, made)
            report.figures.append(
                {
                    "clip": entry.path,
                    "target": name,
                    "likeness to target": float(vector @ target),
                    "likeness to source": float(vector @ source),
                    "source's own likeness to target": float(source @ target),
                }
            )
        report.add_clip(Path(entry.path).stem, panels)


def _best_known(saved: Saved, cache: FeatureCache) -> list[str]:
    frames = {name: 0 for name in saved.speakers}
    for entry in cache.of_split("train"):
        if entry.speaker in frames:
            frames[entry.speaker] += entry.frames
    return sorted(frames, key=lambda name: -frames[name])[:_TARGETS]


def _place(saved: Saved, name: str) -> int:
    if name not in saved.speakers:
        raise UsageError(f"{saved.system} does not know the speaker '{name}'.")
    return saved.speakers.index(name)


def _voice_of(network: Any, mel: np.ndarray) -> torch.Tensor:
    vector: torch.Tensor = network.speaker_encoder(torch.from_numpy(mel)[None])[0]
    return vector


def _gan(saved: Saved, cache: FeatureCache, report: Report, clips: int, targets: list[str]) -> None:
    """Distances to the target's own recording of the sentence, beside that of the source as it is."""
    network: Any = saved.network
    pairs = [p for p in find_pairs(cache, saved.facts["source"], saved.speakers[0]) if p.split != "train"]
    for number, pair in enumerate(pairs):
        frames = len(pair.source) // FRAME_MULTIPLE * FRAME_MULTIPLE
        source, target = pair.source[:frames], pair.target[:frames]
        made = network.convert(torch.from_numpy(source)[None])[0].numpy()
        report.figures.append(
            {
                "sentence": pair.sentence,
                "L1 to target": float(np.abs(made - target).mean()),
                "L1 of the source as it is": float(np.abs(source - target).mean()),
            }
        )
        if number < clips:
            panels = [("source", source), ("converted", made), ("target, in step with the source", target)]
            report.add_clip(pair.sentence, panels)
    report.figures.append(_mean(report.figures, "sentence"))


def _digits(saved: Saved, cache: FeatureCache, report: Report, clips: int, targets: list[str]) -> None:
    """Recordings through the latent and back, and digits nobody has said."""
    generator, random = DigitGenerator(saved), np.random.default_rng(0)
    held_back = [e for e in _held_back(cache) if e.speaker in saved.speakers and e.transcript.isdigit()]
    for digit in range(10):
        entries = [entry for entry in held_back if entry.transcript == str(digit)]
        if not entries:
            continue
        distances = [_regenerated(generator, cache, entry)[1] for entry in entries]
        report.figures.append({"digit": str(digit), "L1 after the latent": float(np.mean(distances))})
        name = targets[0] if targets else saved.speakers[digit % len(saved.speakers)]
        again, _ = _regenerated(generator, cache, entries[0])
        panels = [("recorded", cache.mel(entries[0])), ("through the latent", again)]
        panels += [(f"generated, {name}", generator.generate(digit, name, random)) for _ in range(clips)]
        report.add_clip(f"digit {digit}", [(title, mel) for title, mel in panels if len(mel)])
    report.figures.append(_mean(report.figures, "digit"))


def _regenerated(generator: DigitGenerator, cache: FeatureCache, entry: Entry) -> tuple[np.ndarray, float]:
    """The mels after the latent, and how far they are from those recorded, where both have sound."""
    mel = cache.mel(entry)
    again = generator.regenerate(mel, int(entry.transcript), entry.speaker)
    both = min(len(mel), len(again))
    floor = generator.image.low
    apart = np.abs(np.maximum(mel[:both], floor) - np.maximum(again[:both], floor))
    return again, float(apart.mean()) if both else float("nan")


def _timbre(saved: Saved, cache: FeatureCache, report: Report, clips: int, targets: list[str]) -> None:
    """Held-back recordings from melody and loudness alone, as their own instrument and as others."""
    entries = [entry for entry in _held_back(cache) if entry.speaker in saved.speakers]
    for number, entry in enumerate(_some(entries, len(entries))):
        side = cache.side(entry)
        made = shares_of(saved, side, entry.speaker)
        report.figures.append({"clip": entry.path, **distances(saved, cache, entry, made)})
        if number < clips:
            panels = [(f"{entry.speaker}, from what it is made of", truth_of(saved, cache, entry))]
            panels += [(f"{entry.speaker}, from its melody", sound_of_shares(saved, side, made))]
            for name in targets:
                _place(saved, name)
                panels.append((f"as {name}", sound_of_shares(saved, side, shares_of(saved, side, name))))
            report.add_sounds(Path(entry.path).stem, panels)
    if report.figures:
        report.figures.append(_mean(report.figures, "clip"))


def _mean(rows: list[Row], label: str) -> Row:
    numbers = {n: float(np.mean([row[n] for row in rows])) for n in rows[0] if n != label}  # type: ignore[arg-type]
    return {label: "mean"} | numbers


def _held_back(cache: FeatureCache) -> list[Entry]:
    return [entry for entry in cache.entries if entry.split != "train"] or cache.entries


def _some(entries: list[Entry], count: int) -> list[Entry]:
    order = np.random.default_rng(0).permutation(len(entries))[:count]
    return [entries[i] for i in order]


def curve_of(run: Path) -> list[dict[str, float]]:
    """What the run told of each epoch."""
    path = run / CURVE
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [json.loads(line) for line in lines]


def judged(rows: list[dict[str, float]]) -> list[str]:
    """The figures taken on clips it was not trained on."""
    return [name for name in (rows[0] if rows else {}) if name.startswith("val")]


_JUDGES: dict[str, Callable[[Saved, FeatureCache, Report, int, list[str]], None]] = {
    "autoencoder": _autoencoder,
    "gan": _gan,
    "digits-cnn": _digits,
    "digits-mlp": _digits,
    "timbre": _timbre,
}


def _print(report: Report) -> None:
    table = Table(title=report.title)
    for name in report.figures[0]:
        table.add_column(name)
    for row in report.figures:
        table.add_row(*(shown(value) for value in row.values()))
    Console().print(table)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m training.evaluate", description=__doc__)
    parser.add_argument("checkpoint", type=Path, help="folder of a run, or a checkpoint in it")
    parser.add_argument("--data", type=Path, help="prepared corpus (default: the one it was trained on)")
    parser.add_argument("--out", type=Path, help="folder (default: evaluation/ in the run's)")
    parser.add_argument("--clips", type=int, default=4, help="to listen to (default: 4)")
    parser.add_argument("--target", action="append", default=[], help="a speaker, several times for several")
    args = parser.parse_args()
    try:
        report = evaluate(args.checkpoint, args.data, args.out, args.clips, args.target)
    except RtvcError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    _print(report)
    print(report.folder / "index.html")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
