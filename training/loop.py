"""The training loop: steps, epochs, checkpoints, and when to end. Knows nothing of any system's losses."""

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from lightning.fabric import Fabric
from torch.optim.lr_scheduler import ReduceLROnPlateau

from training import checkpoint
from training.checkpoint import BEST, LAST
from training.systems.base import NETWORK, System, Terms

CURVE = "curve.jsonl"
_OPTIMISER = "optimiser."  # prefix of a part that holds an optimiser's state

Report = Callable[["Progress", Terms], None]


@dataclass
class Progress:
    step: int = 0
    epoch: int = 0
    seconds: float = 0.0  # trained in all, also before it was interrupted
    best: float = float("inf")
    epochs_since_best: int = 0


class Loop:
    """One run in one folder: last.safetensors, best.safetensors, curve.jsonl, TensorBoard's files."""

    def __init__(self, system: System, fabric: Fabric, folder: Path) -> None:
        self.system, self.fabric, self.folder = system, fabric, folder
        self.progress = Progress()
        options = system.training
        system.make_optimisers()
        self.schedulers = {
            name: ReduceLROnPlateau(
                optimiser, factor=options.plateau_factor, patience=options.plateau_patience
            )
            for name, optimiser in system.optimisers.items()
        }
        system.setup(fabric)

    def run(self, max_minutes: float | None = None, report: Report | None = None) -> str:
        """Until the epochs are done, no better checkpoint comes or time is over; returns which it was."""
        started = saved = last = time.monotonic()
        sums: dict[str, list[float]] = {}
        while not (reason := self._reason_to_end(started, max_minutes)):
            terms = self.advance()
            for name, value in terms.items():
                sums.setdefault(name, []).append(value)
            now = time.monotonic()
            self.progress.seconds += now - last
            last = now
            if report and self.fabric.is_global_zero:
                report(self.progress, terms)
            if self.progress.step % self.system.steps_per_epoch == 0:
                self._end_epoch(_means(sums))
                sums = {}
            # Short epochs come many a second: what is needed to go on is written by the clock.
            if now - saved > self.system.training.save_seconds:
                self.save()
                saved = time.monotonic()
        if sums:  # ended within an epoch: what was learned since the last one is judged too
            self._judge(_means(sums))
        self.save()
        return reason

    def advance(self) -> Terms:
        """One step, and what it cost."""
        number, rank = self.progress.step, self.fabric.global_rank
        # Chance comes from the step's number too, so that a resumed run draws what it would have drawn.
        torch.manual_seed(hash((self.system.config.seed, number, rank)))
        batch = {name: x.to(self.fabric.device) for name, x in self.system.batch(number, rank).items()}
        for part in self.system.parts.values():
            part.train()
        terms = self.system.step(batch, number)
        self.progress.step += 1
        return terms

    def _reason_to_end(self, started: float, max_minutes: float | None) -> str:
        if self.progress.epoch >= self.system.training.epochs:
            return "all epochs are done"
        if self.progress.epochs_since_best >= self.system.training.stop_patience:
            return f"no better val figure for {self.progress.epochs_since_best} epochs"
        if max_minutes is not None and self._agreed(time.monotonic() - started > 60.0 * max_minutes):
            return "the minutes are over"
        return ""

    def _agreed(self, is_over: bool) -> bool:
        """Clocks differ: the first process decides for all."""
        return bool(self.fabric.broadcast(is_over)) if self.fabric.world_size > 1 else is_over

    def _end_epoch(self, means: Terms) -> None:
        self.progress.epoch += 1
        self.progress.epochs_since_best += 1
        val = self._judge(means)
        for scheduler in self.schedulers.values():
            scheduler.step(val)

    def _judge(self, means: Terms) -> float:
        """Log the figures of the moment, keep the best network; returns the figure it is the best by."""
        for part in self.system.parts.values():
            part.eval()
        # Every process judges the same clips with the same weights; one figure is taken all the same.
        figures: Terms = self.fabric.broadcast(self.system.judge())
        if figures["val"] < self.progress.best:
            self.progress.best, self.progress.epochs_since_best = figures["val"], 0
            self._save_best()
        self._log(means | figures)
        return figures["val"]

    def _log(self, figures: Terms) -> None:
        record = {"epoch": self.progress.epoch, "minutes": round(self.progress.seconds / 60.0, 3)}
        rate = self.system.optimisers[NETWORK].param_groups[0]["lr"]
        figures = figures | {"learning_rate": rate}
        self.fabric.log_dict(figures, step=self.progress.step)
        if self.fabric.is_global_zero:
            with (self.folder / CURVE).open("a", encoding="utf-8") as file:
                line = {"step": self.progress.step} | record | {n: round(v, 6) for n, v in figures.items()}
                file.write(json.dumps(line) + "\n")

    def _facts(self) -> dict[str, Any]:
        return self.system.all_facts() | {"progress": asdict(self.progress)}

    def _save_best(self) -> None:
        system = self.system
        system.before_saving()
        if self.fabric.is_global_zero:
            weights = system.parts[NETWORK].state_dict()
            checkpoint.write(self.folder / BEST, {NETWORK: weights}, self._facts())
            system.write_beside_best(self.folder)

    def save(self) -> None:
        """The first process writes and no other waits for it: each has its own clock for when to save."""
        system = self.system
        if self.fabric.is_global_zero:
            facts = self._facts()
            parts = {name: part.state_dict() for name, part in system.parts.items()}
            for name, optimiser in system.optimisers.items():
                parts[_OPTIMISER + name] = checkpoint.optimiser_tensors(optimiser)
            facts["groups"] = {n: checkpoint.optimiser_facts(o) for n, o in system.optimisers.items()}
            facts["schedulers"] = {n: s.state_dict() for n, s in self.schedulers.items()}
            checkpoint.write(self.folder / LAST, parts, facts)

    def resume(self) -> bool:
        """Go on where last.safetensors was written; False where there is none."""
        path = self.folder / LAST
        if not path.exists():
            return False
        parts, facts = checkpoint.read(path)
        checkpoint.load_into(self.system.parts, parts, path)
        for name, optimiser in self.system.optimisers.items():
            groups = facts["groups"][name]
            checkpoint.restore_optimiser(optimiser, parts.get(_OPTIMISER + name, {}), groups)
            self.schedulers[name].load_state_dict(facts["schedulers"][name])
        self.progress = Progress(**facts["progress"])
        self._forget_what_was_lost()
        return True

    def _forget_what_was_lost(self) -> None:
        """A killed run had gone on after it saved: those epochs come again, their best checkpoint stays."""
        if (self.folder / BEST).exists():
            _, facts = checkpoint.read(self.folder / BEST)
            self.progress.best = min(self.progress.best, facts["progress"]["best"])
        curve = self.folder / CURVE
        if curve.exists() and self.fabric.is_global_zero:
            lines = curve.read_text(encoding="utf-8").splitlines(keepends=True)
            kept = [line for line in lines if json.loads(line)["step"] <= self.progress.step]
            curve.write_text("".join(kept), encoding="utf-8")


def _means(sums: dict[str, list[float]]) -> Terms:
    return {name: sum(values) / len(values) for name, values in sums.items()}
