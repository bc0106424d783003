"""Train `stream`: `python -m training.train_stream training/configs/stream.toml --out runs/stream`.

Checkpoints every few minutes and goes on where it was when started again with the same folder.
"""

import argparse
import json
import math
import random
import shutil
import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from rtvc.mel import MelSpec
from training.adversarial import critic_loss
from training.manifest import read_sets
from training.networks.critic import MelCritic
from training.networks.stream import AVERAGE, StreamConfig
from training.perturb import Perturb
from training.speech_batches import Batch, SpeechBatches
from training.stream_losses import LossConfig, Outcome, StreamLoss, StreamSystem

_CONVERSION_FROM = 0.25  # share of the run after which conversion to other speakers is trained
_SAVE_SECONDS = 240.0
_DEV_EVERY = 250  # steps
_WEIGHT_DECAY = 0.01
_CRITIC_BETAS = (0.5, 0.9)


@dataclass(frozen=True)
class OptimiserConfig:
    learning_rate: float
    warmup_steps: int
    clip: float
    minutes: float
    critic_from: float  # share of the run after which the critic joins
    critic_learning_rate: float
    trained: tuple[str, ...]  # parts of the system; a run that leaves some as they are is about the voices
    average: float  # decay of the running average of the weights, which is what ships


@dataclass
class Progress:
    step: int = 0
    seconds: float = 0.0


class Trainer:
    """One run in one folder: config.toml, last.pt, average.safetensors, curve.jsonl."""

    def __init__(self, config: dict[str, Any], folder: Path) -> None:
        self.folder = folder
        self.optimiser_config = OptimiserConfig(**config["optimiser"])
        self.data_config = config["data"]
        torch.manual_seed(config["seed"])
        random.seed(config["seed"])
        spec = MelSpec()
        self.batches = SpeechBatches(
            Path(self.data_config["cache"]),
            read_sets(Path(self.data_config["sets"])),
            config["seed"],
            self.data_config["shipped_share"],
            self.data_config.get("parallel_share", 0.0),
        )
        network = StreamConfig(**config["network"])
        self.system = StreamSystem(network, spec, len(self.batches.speakers))
        self.average = {name: x.detach().clone() for name, x in self.system.state_dict().items()}
        low, high = config["perturb"]["warp"]
        perturb = Perturb(spec, (low, high))
        self.loss = StreamLoss(
            self.system, LossConfig(**config["loss"]), perturb, config["perturb"]["level_spread"]
        )
        self.trained = list(self._trained())
        everything = {name for name, _ in self.system.named_children()}
        self.is_about_voices = set(self.optimiser_config.trained) != everything
        self.optimiser = torch.optim.AdamW(
            self.trained,
            self.optimiser_config.learning_rate,
            (0.9, 0.98),
            weight_decay=_WEIGHT_DECAY,
        )
        self.critic = MelCritic(len(self.batches.speakers))
        self.critic_optimiser = torch.optim.Adam(
            self.critic.parameters(), self.optimiser_config.critic_learning_rate, _CRITIC_BETAS
        )
        self.progress = Progress()
        self.steps_before = ""  # of the run this one began with
        self.dev = self.batches.dev_batch(200)

    def _trained(self) -> Iterator[torch.nn.Parameter]:
        self.system.requires_grad_(False)
        for name in self.optimiser_config.trained:
            yield from self.system.get_submodule(name).requires_grad_(True).parameters()

    def start_from(self, run: Path) -> None:
        """Begin with the averaged weights of another run, and with its critic."""
        self.system.load_state_dict(load_file(run / AVERAGE))
        self.average = {name: x.detach().clone() for name, x in self.system.state_dict().items()}
        with safe_open(run / AVERAGE, framework="pt") as file:
            self.steps_before = (file.metadata() or {}).get("step", "unknown") + "+"
        self.critic.load_state_dict(torch.load(run / "last.pt", weights_only=True)["critic"])

    def learning_rate(self) -> float:
        """Warm-up by steps, then a cosine over the minutes granted, down to 2 %."""
        config, done = self.optimiser_config, self.share_done()
        warm = min(1.0, (self.progress.step + 1) / config.warmup_steps)
        return config.learning_rate * warm * (0.02 + 0.98 * 0.5 * (1.0 + math.cos(math.pi * done)))

    def share_done(self) -> float:
        return min(1.0, self.progress.seconds / (60.0 * self.optimiser_config.minutes))

    def step(self) -> dict[str, float]:
        data = self.data_config
        for group in self.optimiser.param_groups:
            group["lr"] = self.learning_rate()
        sizes = data["batch"], data["frames"], data["reference_frames"]
        batch = self.batches.sample(*sizes)
        convert = self.share_done() > _CONVERSION_FROM and self.progress.step % 2 == 0
        critic = self.critic if self.share_done() >= self.optimiser_config.critic_from else None
        self.critic.requires_grad_(False)
        if self.is_about_voices:
            critic, convert = self.critic, self.progress.step % 2 == 0
            sources = self.batches.sample(*sizes, evenly=True)
            outcome = self.loss.voices(batch, sources, self.batches.log_f0_median, convert, critic)
        else:
            outcome = self.loss(batch, self.batches.log_f0_median, convert, critic)
        self.optimiser.zero_grad(set_to_none=True)
        outcome.total.backward()
        torch.nn.utils.clip_grad_norm_(self.trained, self.optimiser_config.clip)
        self.optimiser.step()
        self._average_weights()
        self.progress.step += 1
        return outcome.terms if critic is None else outcome.terms | self._teach(outcome, batch)

    def _teach(self, outcome: Outcome, batch: Batch) -> dict[str, float]:
        """The critic's own step, on what the network has just made."""
        self.critic.requires_grad_(True)
        loss = critic_loss(self.critic, outcome.real, outcome.made, batch.speaker)
        self.critic_optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.critic_optimiser.step()
        return {"critic": float(loss.detach())}

    @torch.no_grad()
    def _average_weights(self) -> None:
        # Early weights are worth nothing: the average forgets faster at the start.
        decay = min(self.optimiser_config.average, (1.0 + self.progress.step) / (10.0 + self.progress.step))
        for name, value in self.system.state_dict().items():
            self.average[name].lerp_(value, 1.0 - decay)

    @torch.no_grad()
    def dev_distance(self) -> float:
        """Mel L1 of rebuilding unseen speakers from another clip's voice, with the averaged weights."""
        now = {name: x.clone() for name, x in self.system.state_dict().items()}
        self.system.load_state_dict(self.average)
        stream, lookahead = self.system.stream, self.system.stream.config.lookahead
        voice = self.system.voice(self.system.speaker_encoder(self.dev.reference))
        state = stream.initial_state(len(voice))
        output, _ = stream(self.dev.mel, self.dev.side[..., 2:], self.dev.side, voice, state)
        distance = _l1(output[:, lookahead:], self.dev.mel[:, : output.shape[1] - lookahead])
        self.system.load_state_dict(now)
        return distance

    def save(self) -> None:
        """Beside, then renamed: a kill while writing loses nothing."""
        fresh = self.folder / "last.pt.new"
        torch.save(self._everything(), fresh)
        fresh.replace(self.folder / "last.pt")
        fresh = self.folder / f"{AVERAGE}.new"
        save_file(self.average, fresh, metadata={"step": f"{self.steps_before}{self.progress.step}"})
        fresh.replace(self.folder / AVERAGE)

    def _everything(self) -> dict[str, Any]:
        return {
            "system": self.system.state_dict(),
            "average": self.average,
            "optimiser": self.optimiser.state_dict(),
            "critic": self.critic.state_dict(),
            "critic_optimiser": self.critic_optimiser.state_dict(),
            "step": self.progress.step,
            "steps_before": self.steps_before,
            "seconds": self.progress.seconds,
            "torch_random": torch.get_rng_state(),
            "numpy_random": json.dumps(self.batches.random.bit_generator.state),
        }

    def resume(self) -> bool:
        path = self.folder / "last.pt"
        if not path.exists():
            return False
        saved = torch.load(path, weights_only=True)
        self.system.load_state_dict(saved["system"])
        self.average = saved["average"]
        self.optimiser.load_state_dict(saved["optimiser"])
        self.critic.load_state_dict(saved["critic"])
        self.critic_optimiser.load_state_dict(saved["critic_optimiser"])
        self.progress = Progress(saved["step"], saved["seconds"])
        self.steps_before = saved["steps_before"]
        torch.set_rng_state(saved["torch_random"])
        self.batches.random.bit_generator.state = json.loads(saved["numpy_random"])
        return True

    def log(self, record: dict[str, float]) -> None:
        with (self.folder / "curve.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps({k: round(v, 5) for k, v in record.items()}) + "\n")

    def run(self) -> None:
        last_save = last = time.monotonic()
        sums: dict[str, list[float]] = {}
        while self.share_done() < 1.0:
            for name, value in self.step().items():
                sums.setdefault(name, []).append(value)
            now = time.monotonic()
            self.progress.seconds += now - last
            last = now
            if self.progress.step % 50 == 0:
                means = {name: sum(values) / len(values) for name, values in sums.items()}
                record = {"step": self.progress.step, "minutes": self.progress.seconds / 60.0} | means
                if self.progress.step % _DEV_EVERY == 0:
                    record["dev_mel"] = self.dev_distance()
                self.log(record)
                print(json.dumps({k: round(v, 4) for k, v in record.items()}), flush=True)
                sums = {}
            if now - last_save > _SAVE_SECONDS:
                self.save()
                last_save = now
        self.save()


def _l1(a: Tensor, b: Tensor) -> float:
    return float((a - b).abs().mean())


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m training.train_stream", description=__doc__)
    parser.add_argument("config", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="folder of the run")
    parser.add_argument("--minutes", type=float, help="train so long in all, instead of what the config says")
    args = parser.parse_args()
    config = tomllib.loads(args.config.read_text(encoding="utf-8"))
    if args.minutes:
        config["optimiser"]["minutes"] = args.minutes
    args.out.mkdir(parents=True, exist_ok=True)
    shutil.copy(args.config, args.out / "config.toml")
    trainer = Trainer(config, args.out)
    if trainer.resume():
        print(f"resumed at step {trainer.progress.step}")
    elif "start_from" in config:
        trainer.start_from(Path(config["start_from"]))
    trainer.run()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
