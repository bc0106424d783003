"""What a voice sounds like: the clip that came with the program, spoken by it, kept as a small file."""

from functools import partial
from pathlib import Path

import numpy as np
import soundfile

from rtvc import catalog
from rtvc.chain import build_chain
from rtvc.clip import read_clip
from rtvc.own_voices import PREVIEW_SUFFIX
from rtvc.settings import ChainSettings

CLIP = catalog.ASSETS / "demo" / "hello.wav"
_CLIP_SECONDS = 5.4  # up to the end of its second sentence
_RATE = 22050


def preview_path(voice: str) -> Path | None:
    """Where it lies, if there is one."""
    found = catalog.voice_paths().get(voice)
    path = found and found.with_name(voice + PREVIEW_SUFFIX)
    return path if path and path.is_file() else None


def keep_preview(voice: str) -> Path:
    """Make it and put it beside the voice."""
    path = catalog.voice_paths()[voice].with_name(voice + PREVIEW_SUFFIX)
    make_preview(voice, path)
    return path


def make_preview(voice: str, path: Path) -> None:
    """Convert the clip and write it beside, then rename it."""
    audio = read_clip(CLIP, _RATE, _CLIP_SECONDS)
    pipeline = partial(build_chain, ChainSettings(target=voice, preset_name="quality"))(_RATE, _RATE)
    silence = np.zeros(int(pipeline.latency_samples) + 1, np.float32)
    spoken = pipeline.process(np.concatenate([audio, silence]))[: len(audio)]
    fresh = path.with_name(path.name + ".new")
    try:
        with fresh.open("wb") as file:
            soundfile.write(file, spoken, _RATE, format="OGG", subtype="VORBIS")
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
