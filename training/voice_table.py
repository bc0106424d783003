"""Writes the voices of a trained `stream` beside its checkpoint: `python -m training.voice_table RUN`.

What a voice is told by, and what it remembers, only means something to the weights it was made with, so they
are written together.
"""

import argparse
import json
import tomllib
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import load_file

from rtvc.level import NOMINAL_RMS, log_energy_at
from rtvc.mel import MelSpec
from rtvc.model_format import MemoryShape
from rtvc.voice_memory import gathered, rounded, to_text
from rtvc.voices import VOICE_SUFFIX, Voice, write_voice
from training.manifest import read_sets
from training.networks.recall import RecallConfig
from training.networks.stream import AVERAGE, MADE_FROM, StreamConfig
from training.prepare import dequantise
from training.speech_batches import SpeechBatches
from training.stream_losses import StreamSystem

MODEL_NAME = "stream"
_LICENCES = {
    "vctk": ("CC BY 4.0", "CSTR VCTK Corpus, speaker {}"),
    "vcc2016": ("CC BY 4.0", "Voice Conversion Challenge 2016, speaker {}"),
}


def load_system(run: Path) -> StreamSystem:
    """The averaged weights of a run, ready to use."""
    config = tomllib.loads((run / "config.toml").read_text(encoding="utf-8"))
    weights = load_file(run / AVERAGE)
    system = StreamSystem(StreamConfig(**config["network"]), MelSpec(), len(weights["known.weight"]))
    system.load_state_dict(weights)
    return system.eval()


@torch.no_grad()
def voice_vector(system: StreamSystem, batches: SpeechBatches, speaker: str, reference: int) -> np.ndarray:
    """Mean over all training speech of the encoder, plus the speaker's own learned share."""
    rows = []
    for entry in batches.of_speaker[speaker]:
        mel = torch.from_numpy(dequantise(batches.mel[entry.start : entry.start + entry.frames]))
        for start in range(0, max(1, entry.frames - reference // 2), reference):
            rows.append(system.speaker_encoder(mel[None, start : start + reference])[0])
    embedding = torch.nn.functional.normalize(torch.stack(rows).mean(dim=0), dim=-1)
    index = torch.tensor([batches.speakers.index(speaker)])
    return system.voice(embedding[None], index)[0].numpy()


@torch.no_grad()
def memory(system: StreamSystem, batches: SpeechBatches, speaker: str) -> str:
    """Of all training speech, as the run's own encoder hears it."""
    stream, contents, mels = system.stream, [], []
    late = stream.config.lookahead
    for entry in batches.of_speaker[speaker]:
        rows = np.arange(entry.start, entry.start + entry.frames + late).clip(
            max=entry.start + entry.frames - 1
        )
        mel = torch.from_numpy(dequantise(batches.mel[rows]))[None]
        energy = batches.side[rows, 2:].astype(np.float32) - np.float32(log_energy_at(NOMINAL_RMS))
        state = stream.content.initial_state(1)
        content, _ = stream.content(mel, torch.from_numpy(energy)[None], state)
        contents.append(content[0, late:].numpy())
        mels.append(mel[0, : entry.frames].numpy())
    shape = MemoryShape(RecallConfig().rows, RecallConfig().shape, stream.config.content_width)
    return to_text(rounded(gathered(np.concatenate(contents), np.concatenate(mels), shape), shape))


def write_voices(run: Path) -> int:
    config = tomllib.loads((run / "config.toml").read_text(encoding="utf-8"))
    cache, sets = Path(config["data"]["cache"]), read_sets(Path(config["data"]["sets"]))
    batches = SpeechBatches(cache, sets, config["seed"], config["data"]["shipped_share"])
    system = load_system(run)
    people = {row["speaker"]: row for row in json.loads((cache / "index.json").read_text(encoding="utf-8"))}
    folder = run / "voices"
    folder.mkdir(exist_ok=True)
    for speaker in sets.shipped_voices:
        person = people[speaker]
        licence, source = _LICENCES["vctk" if speaker.startswith("p") else "vcc2016"]
        vector = voice_vector(system, batches, speaker, config["data"]["reference_frames"])
        voice = Voice(
            id=speaker,
            name=speaker,
            gender=person["gender"],
            median_log_f0=batches.median_log_f0(speaker),
            embeddings={MODEL_NAME: [float(x) for x in vector]},
            licence=licence,
            source=source.format(speaker),
            memories={MODEL_NAME: memory(system, batches, speaker)} if speaker not in sets.no_memory else {},
        )
        write_voice(voice, folder / f"{speaker}{VOICE_SUFFIX}")
    with safe_open(run / AVERAGE, framework="pt") as file:
        (folder / MADE_FROM).write_text((file.metadata() or {}).get("step", "unknown"))
    return len(sets.shipped_voices)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m training.voice_table", description=__doc__)
    parser.add_argument("run", type=Path)
    print(f"{write_voices(parser.parse_args().run)} voices")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
