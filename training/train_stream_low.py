"""Teach `stream` to do without lookahead: `python -m training.train_stream_low CONFIG --out RUN`.

The student is the teacher with its content encoder trained on: it has to guess now what the teacher's
says two frames later. Decoder, voices and speaker encoder stay the teacher's. Goes on where it was
when started again with the same folder.
"""

import argparse
import copy
import json
import math
import shutil
import time
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn import functional

from rtvc.mel import MelSpec
from training.manifest import read_sets
from training.networks.stream import AVERAGE, ContentEncoder, StreamConfig
from training.perturb import Perturb
from training.speech_batches import SpeechBatches

_ENCODER = "stream.content."
_SAVE_SECONDS = 240.0
_DEV_EVERY = 250  # steps
_WEIGHT_DECAY = 0.01


class LowTrainer:
    """One run in one folder, laid out like the teacher's."""

    def __init__(self, config: dict[str, Any], folder: Path) -> None:
        torch.manual_seed(config["seed"])
        self.config, self.folder = config, folder
        self.teacher_run = Path(config["teacher"])
        self.teacher_config = tomllib.loads((self.teacher_run / "config.toml").read_text(encoding="utf-8"))
        spec = MelSpec()
        network = StreamConfig(**self.teacher_config["network"])
        self.lookahead = network.lookahead
        self.weights = load_file(self.teacher_run / AVERAGE)
        self.teacher = ContentEncoder(network, spec.n_mels).eval()
        self.student = ContentEncoder(replace(network, lookahead=0), spec.n_mels)
        own = {k.removeprefix(_ENCODER): v for k, v in self.weights.items() if k.startswith(_ENCODER)}
        self.teacher.load_state_dict(own)
        self.student.load_state_dict(own)
        self.average = copy.deepcopy(self.student.state_dict())
        data = self.teacher_config["data"]
        sets = read_sets(Path(data["sets"]))
        self.batches = SpeechBatches(Path(data["cache"]), sets, config["seed"], data["shipped_share"])
        low, high = self.teacher_config["perturb"]["warp"]
        self.perturb = Perturb(spec, (low, high))
        self.optimiser = torch.optim.AdamW(
            self.student.parameters(),
            config["optimiser"]["learning_rate"],
            (0.9, 0.98),
            weight_decay=_WEIGHT_DECAY,
        )
        self.steps, self.seconds = 0, 0.0
        self.dev = self.batches.dev_batch(200)

    def share_done(self) -> float:
        return min(1.0, self.seconds / (60.0 * self.config["optimiser"]["minutes"]))

    def learning_rate(self) -> float:
        config = self.config["optimiser"]
        warm = min(1.0, (self.steps + 1) / config["warmup_steps"])
        cosine = 0.5 * (1.0 + math.cos(math.pi * self.share_done()))
        return float(config["learning_rate"] * warm * (0.02 + 0.98 * cosine))

    def distance(self, encoder: ContentEncoder, mel: Tensor, energy: Tensor) -> Tensor:
        """Between what the student says now and what the teacher says of the same frame later."""
        with torch.no_grad():
            wanted = self.teacher(mel, energy, self.teacher.initial_state(len(mel)))[0][:, self.lookahead :]
        said = encoder(mel, energy, encoder.initial_state(len(mel)))[0][:, : wanted.shape[1]]
        return functional.mse_loss(said, wanted)

    def step(self) -> float:
        data, config = self.config["data"], self.config["optimiser"]
        for group in self.optimiser.param_groups:
            group["lr"] = self.learning_rate()
        batch = self.batches.sample(data["batch"], data["frames"], data["frames"])
        mel, side = self.perturb.level(batch.mel, batch.side, self.teacher_config["perturb"]["level_spread"])
        loss = self.distance(self.student, self.perturb(mel), side[..., 2:])
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.student.parameters(), config["clip"])
        self.optimiser.step()
        self.steps += 1
        decay = min(config["average"], (1.0 + self.steps) / (10.0 + self.steps))
        for name, value in self.student.state_dict().items():
            self.average[name].lerp_(value, 1.0 - decay)
        return float(loss.detach())

    @torch.no_grad()
    def dev_distance(self) -> float:
        """On unseen speakers, with the averaged weights."""
        encoder = copy.deepcopy(self.student)
        encoder.load_state_dict(self.average)
        return float(self.distance(encoder, self.dev.mel, self.dev.side[..., 2:]))

    def save(self) -> None:
        """A whole system, so that it is exported like its teacher; beside, then renamed."""
        weights = self.weights | {_ENCODER + name: value for name, value in self.average.items()}
        with safe_open(self.teacher_run / AVERAGE, framework="pt") as file:
            made_from = file.metadata() or {}
        fresh = self.folder / f"{AVERAGE}.new"
        save_file(weights, fresh, metadata=made_from)
        fresh.replace(self.folder / AVERAGE)
        fresh = self.folder / "last.pt.new"
        torch.save(self._everything(), fresh)
        fresh.replace(self.folder / "last.pt")

    def _everything(self) -> dict[str, Any]:
        return {
            "student": self.student.state_dict(),
            "average": self.average,
            "optimiser": self.optimiser.state_dict(),
            "steps": self.steps,
            "seconds": self.seconds,
            "torch_random": torch.get_rng_state(),
            "numpy_random": json.dumps(self.batches.random.bit_generator.state),
        }

    def resume(self) -> bool:
        path = self.folder / "last.pt"
        if not path.exists():
            return False
        saved = torch.load(path, weights_only=True)
        self.student.load_state_dict(saved["student"])
        self.average = saved["average"]
        self.optimiser.load_state_dict(saved["optimiser"])
        self.steps, self.seconds = saved["steps"], saved["seconds"]
        torch.set_rng_state(saved["torch_random"])
        self.batches.random.bit_generator.state = json.loads(saved["numpy_random"])
        return True

    def run(self) -> None:
        last_save = last = time.monotonic()
        losses: list[float] = []
        while self.share_done() < 1.0:
            losses.append(self.step())
            now = time.monotonic()
            self.seconds, last = self.seconds + now - last, now
            if self.steps % _DEV_EVERY == 0:
                self._log(sum(losses) / len(losses))
                losses = []
            if now - last_save > _SAVE_SECONDS:
                self.save()
                last_save = now
        self.save()

    def _log(self, loss: float) -> None:
        record = {"step": self.steps, "minutes": round(self.seconds / 60.0, 2), "content": round(loss, 5)}
        record["dev_content"] = round(self.dev_distance(), 5)
        print(json.dumps(record), flush=True)
        with (self.folder / "curve.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")


def prepare_folder(config: dict[str, Any], folder: Path) -> None:
    """The teacher's configuration without its lookahead, and its voices: what an export looks for."""
    teacher = Path(config["teacher"])
    folder.mkdir(parents=True, exist_ok=True)
    text = (teacher / "config.toml").read_text(encoding="utf-8")
    lookahead = tomllib.loads(text)["network"]["lookahead"]
    (folder / "config.toml").write_text(
        text.replace(f"lookahead = {lookahead}", "lookahead = 0"), encoding="utf-8"
    )
    shutil.copytree(teacher / "voices", folder / "voices", dirs_exist_ok=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m training.train_stream_low", description=__doc__)
    parser.add_argument("config", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="folder of the run")
    args = parser.parse_args()
    config = tomllib.loads(args.config.read_text(encoding="utf-8"))
    prepare_folder(config, args.out)
    trainer = LowTrainer(config, args.out)
    if trainer.resume():
        print(f"resumed at step {trainer.steps}")
    trainer.run()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
