"""A page to listen and look: sounds, pictures and figures of an evaluation, in one folder."""

import json
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

import numpy as np
import soundfile

from rtvc.analysis import Analysis
from rtvc.digit_sound import sound_of
from rtvc.framer import Framer
from rtvc.mel import MelSpec
from training.pictures import write_curves, write_mels

PAGE, FIGURES = "index.html", "figures.json"
_STYLE = "body{font:15px sans-serif;margin:2em}td,th{padding:.2em .8em;text-align:left}img{display:block}"

Row = dict[str, str | float]


@dataclass
class Report:
    """Grows while clips are added; `write` makes the page of it."""

    folder: Path
    title: str
    spec: MelSpec
    figures: list[Row] = field(default_factory=list)
    _parts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)

    def add_clip(self, name: str, panels: list[tuple[str, np.ndarray]]) -> None:
        """Log-mels (frames, n_mels) that belong together: each to be heard, all in one picture."""
        self._add(name, [(title, mel, sound_of(mel, self.spec)) for title, mel in panels])

    def add_sounds(self, name: str, panels: list[tuple[str, np.ndarray]]) -> None:
        """The same for sounds at the rate of the front end."""
        framer, analysis = Framer(self.spec), Analysis(self.spec)
        drawn = []
        for title, sound in panels:
            framer.reset()
            drawn.append((title, analysis.process(framer.process(sound)).log_mel, sound))
        self._add(name, drawn)

    def _add(self, name: str, panels: list[tuple[str, np.ndarray, np.ndarray]]) -> None:
        file = "".join(c if c.isalnum() or c in "-_" else "_" for c in name)
        write_mels(self.folder / f"{file}.png", [(title, mel) for title, mel, _ in panels])
        sounds = []
        for number, (title, _, sound) in enumerate(panels):
            wav = f"{file}_{number}.wav"
            soundfile.write(self.folder / wav, sound, self.spec.sample_rate)
            sounds.append(f'<p>{escape(title)}<br><audio controls src="{wav}"></audio></p>')
        picture = f'<img src="{file}.png" alt="mels of {escape(name)}">'
        self._parts.append(f"<h2>{escape(name)}</h2>{''.join(sounds)}{picture}")

    def add_curves(self, rows: list[dict[str, float]], names: list[str]) -> None:
        if rows:
            write_curves(self.folder / "curves.png", rows, names)
            self._parts.append('<h2>Training</h2><img src="curves.png" alt="losses over steps">')

    def write(self) -> Path:
        (self.folder / FIGURES).write_text(json.dumps(self.figures, indent=1), encoding="utf-8")
        page = self.folder / PAGE
        page.write_text(
            f'<!doctype html><meta charset="utf-8"><title>{escape(self.title)}</title>'
            f"<style>{_STYLE}</style><h1>{escape(self.title)}</h1>{self._table()}{''.join(self._parts)}\n",
            encoding="utf-8",
        )
        return page

    def _table(self) -> str:
        if not self.figures:
            return ""
        names = list(self.figures[0])
        head = "".join(f"<th>{escape(name)}</th>" for name in names)
        rows = ("".join(f"<td>{escape(shown(row[n]))}</td>" for n in names) for row in self.figures)
        return f"<table><tr>{head}</tr>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"


def shown(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:.4g}"
