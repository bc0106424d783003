"""Runs of training.train to model files: `autoencoder`, `gan`, the digit models and `timbre`.

Each graph is compared with its network before it takes its place; one that differs is not written.
"""

import copy
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import nn

from export.block_graphs import Block, blocks_of
from export.graph import to_graph
from export.half import halve, round_weights
from export.licences import corpus_licence, licence_of
from export.parity import PARITY_LIMIT
from export.timbre_graph import export_timbre, verify_timbre
from export.utterance import distance_to_whole
from rtvc.catalog import ASSETS
from rtvc.errors import ModelError
from rtvc.level import NOMINAL_RMS
from rtvc.model_format import FORMAT_VERSION, IMAGE, MEL, WINDOWED, ModelInfo
from rtvc.runtime import BlockModel
from rtvc.voices import VOICE_SUFFIX, Voice, read_voice, write_voice
from training.networks.autoencoder import Autoencoder
from training.networks.saved import Saved, load_network
from training.networks.timbre import Timbre

BEST = "best.safetensors"  # in a run's folder: what is exported
_PARITY_BLOCKS = 24
_ROUNDING_LIMIT = 0.01  # mean difference that half-precision weights may make


def export_system(run: Path, out: Path) -> list[str]:
    """Write all model files of one run; returns a line for each."""
    saved = load_network(run / BEST)
    if isinstance(saved.network, Timbre):
        return [export_timbre(saved, out)]
    lines = []
    for block in blocks_of(saved):
        lines.append(_export(saved, block, _place(block, out)))
    if isinstance(saved.network, Autoencoder):
        is_shipped = ASSETS in out.resolve().parents
        lines.append(_write_voices(saved, out.stem, _home(out) / "voices", only_known=is_shipped))
    return lines


def verify_system(run: Path, out: Path) -> list[str]:
    """Compare model files that are there with the run; nothing is written."""
    saved = load_network(run / BEST)
    if isinstance(saved.network, Timbre):
        return [verify_timbre(saved, out)]
    lines = []
    for block in blocks_of(saved):
        path = _place(block, out)
        lines.append(f"{_shown(block, path)}: {_checked(block, BlockModel(path))}")
    return lines


def _place(block: Block, out: Path) -> Path:
    """An encoder goes by its model's name, in a folder of encoders."""
    if not block.folder:
        return out
    return _home(out) / block.folder / out.name


def _home(out: Path) -> Path:
    """Where voices and encoders go: beside the folder `models`, or beside a file that is in none."""
    return out.parent.parent if out.parent.name == "models" else out.parent


def _shown(block: Block, path: Path) -> str:
    return f"{block.folder}/{path.name}" if block.folder else path.name


def describe(saved: Saved, block: Block, name: str) -> ModelInfo:
    facts = saved.facts
    return ModelInfo(
        format_version=FORMAT_VERSION,
        name=name,
        system=saved.system,
        kind=block.kind,
        mel=saved.mel,
        lookahead=0,
        inputs=block.inputs,
        output=block.output,
        states={},
        nominal_rms=NOMINAL_RMS,
        voices=list(saved.speakers),
        licence=licence_of(facts["corpora"]),
        lineage=f"{', '.join(facts['corpora'])}; seed {facts['seed']}, {saved.step} steps",
        window=block.window,
        image=block.image,
        latents=block.latents,
    )


def _export(saved: Saved, block: Block, path: Path) -> str:
    info = describe(saved, block, path.stem)
    example = tuple(torch.zeros(shape) for shape in info.input_shapes().values())
    graph = to_graph(rounded(block), example, list(info.inputs), [info.output], info)
    halve(graph)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(path.name + ".new")
    try:
        fresh.write_bytes(graph.SerializeToString())
        model = BlockModel(fresh)
        checked = _checked(block, model)
        whole = ""
        if block.kind == WINDOWED:
            apart = distance_to_whole(saved, model)
            whole = f"; in windows a sentence is {apart:.3f} from what it is as a whole"
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
    return f"{_shown(block, path)}: {path.stat().st_size / 1e6:.2f} MB; {checked}{whole}"


def rounded(block: Block) -> nn.Module:
    """With the weights it ships with."""
    module = copy.deepcopy(block.module).eval()
    round_weights(module)
    return module


@torch.no_grad()
def _checked(block: Block, model: BlockModel) -> str:
    """What the differences are between network and graph on the same random inputs, if they may be so."""
    random, shipped, original = np.random.default_rng(1), rounded(block), block.module.eval()
    worst, changes = 0.0, []
    for _ in range(_PARITY_BLOCKS):
        given = {n: _random(n, shape, random) for n, shape in model.info.input_shapes().items()}
        tensors = [torch.from_numpy(x) for x in given.values()]
        made = model.run(**given)
        worst = max(worst, float(np.abs(made - shipped(*tensors)[0].numpy()).max()))
        changes.append(float(np.abs(made - original(*tensors)[0].numpy()).mean()))
    rounding = float(np.mean(changes))
    name = model.info.name
    if not worst < PARITY_LIMIT:
        raise ModelError(f"The graph {name} differs from the network by {worst:.1e}; nothing was written.")
    if not rounding < _ROUNDING_LIMIT:
        raise ModelError(
            f"Half-precision weights change what {name} says by {rounding:.1e}; it was not written."
        )
    return (
        f"over {_PARITY_BLOCKS} blocks within {worst:.1e} of the network with half-precision weights, "
        f"which change its answers by {rounding:.1e} on average"
    )


def _random(name: str, shape: list[int], random: np.random.Generator) -> np.ndarray:
    """In the range the input has."""
    x = random.standard_normal(shape)
    if name == MEL:
        x = x * 2.0 - 5.0
    if name == IMAGE:
        x = random.uniform(size=shape)
    return x.astype(np.float32)


def _write_voices(saved: Saved, name: str, folder: Path, only_known: bool) -> str:
    """The model's vector for each of its speakers, into the voice files; new ones only outside the assets."""
    assert isinstance(saved.network, Autoencoder)
    folder.mkdir(parents=True, exist_ok=True)
    written = 0
    for index, speaker in enumerate(saved.speakers):
        path = folder / f"{speaker}{VOICE_SUFFIX}"
        if only_known and not path.exists():
            continue
        voice = read_voice(path) if path.exists() else _fresh_voice(saved, speaker)
        vector = [float(x) for x in saved.network.voices[index]]
        write_voice(replace(voice, embeddings=voice.embeddings | {name: vector}), path)
        written += 1
    return f"{written} voices speak it"


def _fresh_voice(saved: Saved, speaker: str) -> Voice:
    person = saved.facts["people"][speaker]
    return Voice(
        id=speaker,
        name=speaker,
        gender=person["gender"],
        median_log_f0=person["median_log_f0"],
        embeddings={},
        licence=corpus_licence(person["corpus"]),
        source=f"{person['corpus']}, speaker {speaker}",
    )
