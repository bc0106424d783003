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

import torch  # noqa: E402
from safetensors import SafetensorError, safe_open  # noqa: E402

from export import graph  # noqa: E402
from export.assets import install, write_manifest  # noqa: E402
from export.encoder_graph import EMBEDDING, WindowEncoder, worst_difference  # noqa: E402
from export.parity import PARITY_LIMIT, PARITY_STEPS, ROUNDING_LIMIT, compare  # noqa: E402
from export.previews import refresh_previews  # noqa: E402
from export.quantise import quantise  # noqa: E402
from export.step_layers import to_step_layers  # noqa: E402
from export.stream_graph import (  # noqa: E402
    Part,
    StreamHear,
    StreamSay,
    input_names,
    output_names,
    parts_of,
)
from export.systems import BEST, export_system, verify_system  # noqa: E402
from rtvc.catalog import ASSETS, HEARS, MODEL_SUFFIX, SAYS, user_folder  # noqa: E402
from rtvc.errors import ModelError, RtvcError  # noqa: E402
from rtvc.level import NOMINAL_RMS  # noqa: E402
from rtvc.mel import MelSpec  # noqa: E402
from rtvc.model_format import FORMAT_VERSION, ModelInfo  # noqa: E402
from rtvc.runtime import StepModel  # noqa: E402
from rtvc.voices import VOICE_SUFFIX  # noqa: E402
from training.networks.recall import Recall, RecallConfig  # noqa: E402
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


def describe(part: Part, name: str, voices: list[str], trained: Trained) -> ModelInfo:
    return _info(
        name,
        trained,
        system="stream",
        lookahead=trained.stream.config.lookahead if isinstance(part, StreamHear) else 0,
        inputs=part.inputs,
        output=part.output,
        states={name: list(x.shape) for name, x in part.initial_state().items()},
        voices=voices,
        memory=part.memory if isinstance(part, StreamSay) else None,
    )


def describe_encoder(encoder: WindowEncoder, name: str, trained: Trained) -> ModelInfo:
    return _info(
        name,
        trained,
        system="speaker-encoder",
        lookahead=0,
        inputs=encoder.inputs,
        output=EMBEDDING,
        states=encoder.states,
        voices=[],
    )


def _info(name: str, trained: Trained, **particular: Any) -> ModelInfo:
    """What all files of a run have in common, and what is particular to one."""
    return ModelInfo(
        format_version=FORMAT_VERSION,
        name=name,
        kind="stateful",
        mel=trained.stream.spec,
        nominal_rms=NOMINAL_RMS,
        licence=_LICENCE,
        lineage=_LINEAGE.format(**trained.made),
        **particular,
    )


def export(run: Path, out: Path, is_shipped: bool) -> list[str]:
    """Write all that comes of one run; returns lines that say what was made."""
    if (run / BEST).exists():
        lines = export_system(run, out)
    elif is_shipped and run.name != _model_name(run):
        lines = export_run(run, out)
    elif is_shipped:
        encoder = export_encoder(run, ASSETS / "encoders" / f"{run.name}.onnx")
        lines = [*export_run(run, out), encoder, install(run), f"{refresh_previews()} previews"]
    else:
        lines = export_run(run, out)
    if is_shipped:
        write_manifest()
    return lines


def verify(run: Path, out: Path) -> list[str]:
    """Compare the model file that is there with its run."""
    if (run / BEST).exists():
        return verify_system(run, out)
    lines = []
    for part, path in _parts(run, load_run(run).stream, out):
        rounding = compare(part, path).mean
        _require(
            rounding < ROUNDING_LIMIT, f"{path.name} differs from the network by {rounding:.2f} on average"
        )
        lines.append(f"{path.name}: 8-bit weights change what it puts out by {rounding:.3f} on average")
    return lines


def export_run(run: Path, out: Path) -> list[str]:
    """Write the model of one run, in its parts; returns lines that say what was made."""
    trained = load_run(run)
    _check_voices(run, str(trained.made["steps"]))
    voices = sorted(
        path.name.removesuffix(VOICE_SUFFIX) for path in (run / "voices").glob(f"*{VOICE_SUFFIX}")
    )
    live = copy.deepcopy(trained.stream)
    to_step_layers(live)
    originals, steps = _parts(run, trained.stream, out), _parts(run, live, out)
    lines = []
    for (original, path), (part, _) in zip(originals, steps, strict=True):
        info = describe(original, _model_name(run), voices, trained)
        lines.append(_export_part(original, part, info, path))
    return lines


def _parts(run: Path, stream: Stream, out: Path) -> list[tuple[Part, Path]]:
    """The parts of a run and their files. One for a preset only hears; what was heard is said as ever."""
    recall = Recall(stream.config.content_width, RecallConfig(), stream.spec.n_mels)
    hear, say = parts_of(stream, recall)
    parts: list[tuple[Part, Path]] = [(hear, _part_path(out, HEARS))]
    return parts if run.name != _model_name(run) else [*parts, (say, _part_path(out, SAYS))]


def _part_path(out: Path, part: str) -> Path:
    return out.with_name(f"{out.name.removesuffix(MODEL_SUFFIX)}{part}{MODEL_SUFFIX}")


def _export_part(original: Part, part: Part, info: ModelInfo, out: Path) -> str:
    frame = (torch.zeros(shape) for shape in info.input_shapes().values())
    example = (*frame, *part.initial_state().values())
    model = graph.to_graph(part, example, input_names(part), output_names(part), info)
    fresh = out.with_name(out.name + ".new")
    out.parent.mkdir(parents=True, exist_ok=True)
    try:
        fresh.write_bytes(model.SerializeToString())
        exact = compare(original, fresh).worst
        _require(exact < PARITY_LIMIT, f"The graph differs from the network by {exact:.1e}")
        quantise(model, fresh)
        rounding = compare(original, fresh).mean
        _require(rounding < ROUNDING_LIMIT, f"8-bit weights change what it says by {rounding:.2f} on average")
        fresh.replace(out)
    finally:
        fresh.unlink(missing_ok=True)
    return (
        f"{out.name}: {out.stat().st_size / 1e6:.2f} MB; over {PARITY_STEPS} steps the float graph is within "
        f"{exact:.1e} of the network, 8-bit weights change what it puts out by {rounding:.3f} on average"
    )


def export_encoder(run: Path, out: Path) -> str:
    """Write what makes new voices for the model of a run."""
    trained = load_run(run)
    info = describe_encoder(trained.encoder, _model_name(run), trained)
    encoder = trained.encoder
    model = graph.to_graph(encoder, encoder.example(), encoder.input_names(), encoder.output_names(), info)
    fresh = out.with_name(out.name + ".new")
    out.parent.mkdir(parents=True, exist_ok=True)
    try:
        fresh.write_bytes(model.SerializeToString())
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
