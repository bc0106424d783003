"""Checkpoint to self-describing streaming ONNX: `python export/to_onnx.py [--checkpoint RUN] [--out FILE]`.

Without arguments every run under checkpoints/ is exported into rtvc/assets, voices included. A model
that does not answer like the network it came from is not written.
"""

import argparse
import copy
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:  # run as a script, from any directory
    sys.path.insert(0, str(ROOT))

import onnx  # noqa: E402
import torch  # noqa: E402
from safetensors import SafetensorError, safe_open  # noqa: E402

from export import graph  # noqa: E402
from export.assets import install, write_manifest  # noqa: E402
from export.encoder_graph import EMBEDDING, WindowEncoder, worst_difference  # noqa: E402
from export.parity import PARITY_LIMIT, PARITY_STEPS, ROUNDING_LIMIT, compare  # noqa: E402
from export.previews import refresh_previews  # noqa: E402
from export.quantise import quantise  # noqa: E402
from export.step_layers import to_step_layers  # noqa: E402
from export.stream_graph import OUTPUT, StreamStep  # noqa: E402
from export.systems import BEST, export_system, verify_system  # noqa: E402
from rtvc.catalog import ASSETS, user_folder  # noqa: E402
from rtvc.errors import ModelError, RtvcError  # noqa: E402
from rtvc.level import NOMINAL_RMS  # noqa: E402
from rtvc.mel import MelSpec  # noqa: E402
from rtvc.model_format import FORMAT_VERSION, ModelInfo  # noqa: E402
from rtvc.runtime import StepModel  # noqa: E402
from rtvc.voices import VOICE_SUFFIX  # noqa: E402
from training.networks.stream import AVERAGE, MADE_FROM, SpeakerEncoder, Stream, StreamConfig  # noqa: E402

CHECKPOINTS = ROOT / "checkpoints"
_PREFIX = "stream."  # what runs live, of all that was trained
_ENCODER_PREFIX = "speaker_encoder."
_LICENCE = "MIT (weights); speech it learned from: CC BY 4.0 and permissive, see the model card"
_LINEAGE = (
    "VCTK, VCC2016, VCC2018, LibriSpeech, LJSpeech, CMU ARCTIC and speechocean762 excerpts; "
    "seed {seed}, {steps} steps"
)


@dataclass(frozen=True)
class Trained:
    """The averaged networks of a run, and how they were made."""

    stream: Stream
    encoder: WindowEncoder
    made: dict[str, object]


def load_run(run: Path) -> Trained:
    spec = MelSpec()
    try:
        config = tomllib.loads((run / "config.toml").read_text(encoding="utf-8"))
        stream = Stream(StreamConfig(**config["network"]), spec)
        speakers = SpeakerEncoder(spec.n_mels)
        with safe_open(run / AVERAGE, framework="pt") as file:
            stream.load_state_dict(_weights(file, _PREFIX))
            speakers.load_state_dict(_weights(file, _ENCODER_PREFIX))
            steps = (file.metadata() or {}).get("step", "unknown")
        encoder = WindowEncoder(speakers, spec, config["data"]["reference_frames"])
        made = {"seed": config["seed"], "steps": steps}
    except (OSError, RuntimeError, ValueError, KeyError, TypeError, SafetensorError) as error:
        reason = str(error).splitlines()[0]
        raise ModelError(f"{run} holds no checkpoint that can be read ({reason}).") from None
    return Trained(stream.eval(), encoder.eval(), made)


def _weights(file: Any, prefix: str) -> dict[str, torch.Tensor]:
    names = [name for name in file.keys() if name.startswith(prefix)]
    return {name.removeprefix(prefix): file.get_tensor(name) for name in names}


def describe(
    step: StreamStep | WindowEncoder, system: str, name: str, voices: list[str], trained: Trained
) -> ModelInfo:
    is_live = isinstance(step, StreamStep)
    return ModelInfo(
        format_version=FORMAT_VERSION,
        name=name,
        system=system,
        kind="stateful",
        mel=trained.stream.spec,
        lookahead=trained.stream.config.lookahead if is_live else 0,
        inputs=step.inputs,
        output=OUTPUT if is_live else EMBEDDING,
        states=step.states,
        nominal_rms=NOMINAL_RMS,
        voices=voices,
        licence=_LICENCE,
        lineage=_LINEAGE.format(**trained.made),
    )


def to_graph(step: StreamStep | WindowEncoder, info: ModelInfo) -> onnx.ModelProto:
    return graph.to_graph(step, step.example(), step.input_names(), step.output_names(), info)


def export(run: Path, out: Path, is_shipped: bool) -> list[str]:
    """Write all that comes of one run; returns lines that say what was made."""
    if (run / BEST).exists():
        lines = export_system(run, out)
    elif is_shipped and run.name != _model_name(run):
        lines = [export_run(run, out)]
    elif is_shipped:
        encoder = export_encoder(run, ASSETS / "encoders" / f"{run.name}.onnx")
        lines = [export_run(run, out), encoder, install(run), f"{refresh_previews()} previews"]
    else:
        lines = [export_run(run, out)]
    if is_shipped:
        write_manifest()
    return lines


def verify(run: Path, out: Path) -> list[str]:
    """Compare the model file that is there with its run."""
    if (run / BEST).exists():
        return verify_system(run, out)
    rounding = compare(StreamStep(load_run(run).stream), out).mean
    _require(rounding < ROUNDING_LIMIT, f"{out.name} differs from the network by {rounding:.2f} on average")
    return [f"{out.name}: 8-bit weights change the mels by {rounding:.3f} on average"]


def export_run(run: Path, out: Path) -> str:
    """Write the model of one run; returns a line that says what was made."""
    trained = load_run(run)
    _check_voices(run, str(trained.made["steps"]))
    voices = sorted(
        path.name.removesuffix(VOICE_SUFFIX) for path in (run / "voices").glob(f"*{VOICE_SUFFIX}")
    )
    original = StreamStep(trained.stream)
    info = describe(original, "stream", _model_name(run), voices, trained)
    live = copy.deepcopy(trained.stream)
    to_step_layers(live)
    model = to_graph(StreamStep(live), info)
    fresh = out.with_name(out.name + ".new")
    out.parent.mkdir(parents=True, exist_ok=True)
    try:
        fresh.write_bytes(model.SerializeToString())
        exact = compare(original, fresh).worst
        _require(exact < PARITY_LIMIT, f"The graph differs from the network by {exact:.1e}")
        quantise(model, fresh)
        rounding = compare(original, fresh).mean
        _require(rounding < ROUNDING_LIMIT, f"8-bit weights change the mels by {rounding:.2f} on average")
        fresh.replace(out)
    finally:
        fresh.unlink(missing_ok=True)
    size = out.stat().st_size / 1e6
    return (
        f"{out.name}: {size:.2f} MB; over {PARITY_STEPS} steps the float graph is within {exact:.1e} "
        f"of the network, 8-bit weights change the mels by {rounding:.3f} on average"
    )


def export_encoder(run: Path, out: Path) -> str:
    """Write what makes new voices for the model of a run."""
    trained = load_run(run)
    info = describe(trained.encoder, "speaker-encoder", _model_name(run), [], trained)
    fresh = out.with_name(out.name + ".new")
    out.parent.mkdir(parents=True, exist_ok=True)
    try:
        fresh.write_bytes(to_graph(trained.encoder, info).SerializeToString())
        worst = worst_difference(trained.encoder, StepModel(fresh))
        _require(worst < PARITY_LIMIT, f"The encoder's graph differs from the network by {worst:.1e}")
        fresh.replace(out)
    finally:
        fresh.unlink(missing_ok=True)
    return f"encoders/{out.name}: {out.stat().st_size / 1e6:.2f} MB, within {worst:.1e} of the network"


def _model_name(run: Path) -> str:
    """What a voice vector goes by: `stream.low` is `stream` for a preset and takes its voices."""
    return run.name.partition(".")[0]


def _check_voices(run: Path, step: str) -> None:
    """A voice vector means nothing to other weights than those it was made with."""
    stamp = run / "voices" / MADE_FROM
    if stamp.exists() and stamp.read_text() != step:
        raise ModelError(
            f"The voices in {run} belong to step {stamp.read_text()}, the weights are of step {step}: "
            f"run python -m training.voice_table {run} first."
        )


def _require(good: bool, complaint: str) -> None:
    if not good:
        raise ModelError(f"{complaint}; nothing was written.")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python export/to_onnx.py", description=__doc__)
    parser.add_argument("--checkpoint", type=Path, help="one run instead of all under checkpoints/")
    parser.add_argument("--out", type=Path, help="write the model here and leave the shipped assets alone")
    parser.add_argument(
        "--install", action="store_true", help="into your user data, for --model and --target"
    )
    parser.add_argument("--list", action="store_true", help="list what could be exported")
    parser.add_argument(
        "--verify", action="store_true", help="compare the files that are there, write nothing"
    )
    args = parser.parse_args()
    found = sorted(path.parent for name in (AVERAGE, BEST) for path in CHECKPOINTS.glob(f"*/{name}"))
    runs = [args.checkpoint] if args.checkpoint else found
    if args.list:
        print("\n".join(str(run) for run in runs) or f"There is no run under {CHECKPOINTS}.")
        return 0
    if not runs:
        print(f"There is no run under {CHECKPOINTS}; train one first.", file=sys.stderr)
        return ModelError.exit_code
    try:
        for run in runs:
            folder = user_folder() if args.install else ASSETS
            target = args.out or folder / "models" / f"{run.name}.onnx"
            is_shipped = not (args.out or args.install)
            for line in verify(run, target) if args.verify else export(run, target, is_shipped):
                print(line)
    except RtvcError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
