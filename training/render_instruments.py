"""Renders of instruments to train `timbre` on: `python -m training.render_instruments renders/fluidr3-gm`.

Scales, glides, vibrato, swells, made-up phrases and old melodies, written as MIDI and played by fluidsynth
from a sound font: one folder an instrument, what `python -m training.prepare` takes. The same seed gives
the same scores. On Debian: apt-get install fluidsynth fluid-soundfont-gm.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rtvc.errors import RtvcError, UsageError
from training.midi import Score

SOUND_FONT = Path("/usr/share/sounds/sf2/FluidR3_GM.sf2")
_RATE = 22050
_SECONDS = 20.0  # of one clip, about
_CLIPS = 2  # of each kind
_MAJOR = (0, 2, 4, 5, 7, 9, 11, 12)


@dataclass(frozen=True)
class Part:
    """An instrument of the sound font."""

    program: int  # General MIDI's number, from 0
    lowest: int  # keys it is played on
    highest: int


PARTS = {
    "flute": Part(73, 60, 96),
    "violin": Part(40, 55, 93),
    "clarinet": Part(71, 50, 91),
    "saxophone": Part(65, 49, 80),
    "trumpet": Part(56, 52, 84),
    "cello": Part(42, 36, 76),
    "accordion": Part(21, 53, 89),
}

# Melodies nobody owns any more, as (degrees above the first note in semitones, beats).
_MELODIES = {
    "ode-to-joy": ((4, 1), (4, 1), (5, 1), (7, 1), (7, 1), (5, 1), (4, 1), (2, 1), (0, 1), (0, 1), (2, 1))
    + ((4, 1), (4, 1.5), (2, 0.5), (2, 2)),
    "amazing-grace": ((-5, 1), (0, 2), (4, 0.5), (0, 0.5), (4, 2), (2, 1), (0, 2), (-3, 1), (-5, 2))
    + ((-5, 1), (0, 2), (4, 0.5), (0, 0.5), (4, 2), (2, 1), (7, 3)),
    "greensleeves": ((0, 1), (3, 2), (5, 1), (7, 1.5), (8, 0.5), (7, 1), (5, 2), (2, 1), (-2, 1.5))
    + ((0, 0.5), (2, 1), (3, 2), (0, 1), (0, 1.5), (-1, 0.5), (0, 1), (2, 2)),
}


def _scale(part: Part, score: Score, random: np.random.Generator) -> None:
    key, at = int(random.integers(part.lowest, max(part.lowest + 1, part.highest - 12))), 0.2
    while at < _SECONDS:
        strength = float(random.uniform(0.3, 1.0))
        length = float(random.choice([0.2, 0.35, 0.6]))
        for step in (*_MAJOR, *reversed(_MAJOR[:-1])):
            score.note(at, length * 0.95, min(part.highest, key + step), strength)
            at += length
        key = int(random.integers(part.lowest, max(part.lowest + 1, part.highest - 12)))
        at += 0.3


def _glide(part: Part, score: Score, random: np.random.Generator) -> None:
    at = 0.2
    while at < _SECONDS:
        key = int(random.integers(part.lowest + 5, part.highest - 4))
        seconds, reach = float(random.uniform(1.0, 3.0)), float(random.uniform(-5.0, 5.0))
        score.bend(at, 0.0)
        score.note(at, seconds, key, float(random.uniform(0.4, 1.0)))
        for share in np.linspace(0.0, 1.0, int(seconds * 100)):
            score.bend(at + seconds * float(share), reach * float(np.sin(np.pi * share) ** 2))
        at += seconds + 0.3


def _vibrato(part: Part, score: Score, random: np.random.Generator) -> None:
    at = 0.2
    while at < _SECONDS:
        seconds, rate = float(random.uniform(1.5, 3.5)), float(random.uniform(4.0, 7.0))
        depth = float(random.uniform(0.1, 0.6))
        key = int(random.integers(part.lowest, part.highest + 1))
        score.note(at, seconds, key, float(random.uniform(0.4, 1.0)))
        for time in np.arange(0.0, seconds, 0.01):
            grown = min(1.0, float(time) / 0.6)
            score.bend(at + float(time), depth * grown * float(np.sin(2.0 * np.pi * rate * time)))
        at += seconds + 0.3
        score.bend(at - 0.1, 0.0)


def _swell(part: Part, score: Score, random: np.random.Generator) -> None:
    at = 0.2
    while at < _SECONDS:
        seconds = float(random.uniform(1.5, 4.0))
        low, high = sorted(random.uniform(0.15, 1.0, size=2).tolist())
        peak = float(random.uniform(0.2, 0.8))
        score.note(at, seconds, int(random.integers(part.lowest, part.highest + 1)), 0.9)
        for share in np.linspace(0.0, 1.0, int(seconds * 50)):
            score.swell(at + seconds * float(share), float(np.interp(share, [0, peak, 1], [low, high, low])))
        at += seconds + 0.3
    score.swell(at, 1.0)


def _phrase(part: Part, score: Score, random: np.random.Generator) -> None:
    """A walk over the scale with rests, legato and staccato."""
    key, place, at = int(random.integers(part.lowest, part.lowest + 12)), 7, 0.2
    while at < _SECONDS:
        place = int(np.clip(place + random.integers(-3, 4), 0, 20))
        octave, step = divmod(place, 7)
        pitch = min(part.highest, key + 12 * octave + _MAJOR[step])
        beat = float(random.choice([0.15, 0.25, 0.5, 1.0]))
        score.note(at, beat * float(random.choice([0.5, 0.95])), pitch, float(random.uniform(0.3, 1.0)))
        at += beat + (0.4 if random.random() < 0.1 else 0.0)


def _melody(part: Part, score: Score, random: np.random.Generator) -> None:
    at = 0.2
    while at < _SECONDS:
        melody = _MELODIES[str(random.choice(sorted(_MELODIES)))]
        key = int(random.integers(part.lowest + 5, max(part.lowest + 6, part.highest - 8)))
        beat, strength = float(random.uniform(0.3, 0.6)), float(random.uniform(0.5, 1.0))
        for step, beats in melody:
            score.note(at, beat * beats * 0.95, key + step, strength)
            at += beat * beats
        at += 0.5


KINDS: dict[str, Callable[[Part, Score, np.random.Generator], None]] = {
    "scale": _scale,
    "glide": _glide,
    "vibrato": _vibrato,
    "swell": _swell,
    "phrase": _phrase,
    "melody": _melody,
}


def render(folder: Path, sound_font: Path = SOUND_FONT, seed: int = 0) -> int:
    """Write what is not there yet; returns how many clips there are."""
    count = 0
    for name, part in PARTS.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        for kind in KINDS:
            for number in range(_CLIPS):
                path = folder / name / f"{kind}{number}.wav"
                if not path.exists():
                    render_one(part, kind, number, path, sound_font, seed)
                count += 1
    return count


def render_one(
    part: Part, kind: str, number: int, path: Path, sound_font: Path = SOUND_FONT, seed: int = 0
) -> None:
    """One score of a kind, composed and played."""
    _check_player(sound_font)
    score = Score(part.program)
    KINDS[kind](part, score, np.random.default_rng([seed, part.program, *kind.encode(), number]))
    _play(score, path, sound_font)


def _check_player(sound_font: Path) -> None:
    if shutil.which("fluidsynth") is None:
        raise UsageError("There is no fluidsynth; install it (Debian: apt-get install fluidsynth).")
    if not sound_font.is_file():
        raise UsageError(
            f"There is no sound font {sound_font}; install one (Debian: apt-get install "
            "fluid-soundfont-gm), or name another with --sound-font."
        )


def _play(score: Score, path: Path, sound_font: Path) -> None:
    """Dry: rooms are not part of an instrument."""
    fresh = path.with_name(path.name + ".new")
    with tempfile.TemporaryDirectory() as scratch:
        midi = Path(scratch) / "score.mid"
        score.write(midi)
        options = ["-q", "-n", "-i", "-R", "0", "-C", "0", "-g", "0.7", "-r", str(_RATE), "-T", "wav"]
        command = ["fluidsynth", *options, "-F", str(fresh), str(sound_font), str(midi)]
        done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode or not fresh.is_file() or not fresh.stat().st_size:
        fresh.unlink(missing_ok=True)
        reason = (done.stderr.strip().splitlines() or ["it gave no reason"])[-1]
        raise RtvcError(f"fluidsynth could not render {path.name} ({reason}); try its command by hand.")
    fresh.replace(path)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m training.render_instruments", description=__doc__)
    parser.add_argument("folder", type=Path, help="for the renders; its name is that of the corpus")
    parser.add_argument("--sound-font", type=Path, default=SOUND_FONT, help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    try:
        count = render(args.folder, args.sound_font, args.seed)
    except RtvcError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except OSError as error:
        print(f"{args.folder} can't be written ({error}); name another folder.", file=sys.stderr)
        return RtvcError.exit_code
    print(f"{count} clips of {len(PARTS)} instruments in {args.folder}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
