"""Keeps rtvc/assets in order: voices of a run moved in, and the manifest of checksums."""

import json
from dataclasses import replace
from pathlib import Path

from rtvc.catalog import ASSETS, MANIFEST, sha256, shipped_hashes
from rtvc.voices import VOICE_SUFFIX, read_voice, write_voice

_CHECKED = ("encoders", "models", "voices")


def install(run: Path) -> str:
    """Bring the run's voices into the assets and write the manifest anew."""
    folder = ASSETS / "voices"
    folder.mkdir(parents=True, exist_ok=True)
    voices = sorted((run / "voices").glob(f"*{VOICE_SUFFIX}"))
    for path in voices:
        _merge(path, folder / path.name)
    write_manifest()
    return f"{len(voices)} voices, manifest of {len(shipped_files())} files"


def _merge(fresh: Path, shipped: Path) -> None:
    """A voice from a run takes the place of the shipped one, which keeps its vectors for other models."""
    voice = read_voice(fresh)
    if shipped.exists():
        before = read_voice(shipped)
        embeddings, memories = before.embeddings | voice.embeddings, before.memories | voice.memories
        voice = replace(voice, embeddings=embeddings, memories=memories)
    write_voice(voice, shipped)


def shipped_files() -> list[Path]:
    return sorted(p for name in _CHECKED for p in (ASSETS / name).glob("*") if p.is_file())


def write_manifest() -> None:
    table = {path.relative_to(ASSETS).as_posix(): sha256(path) for path in shipped_files()}
    fresh = MANIFEST.with_name(MANIFEST.name + ".new")
    fresh.write_text(json.dumps({"sha256": table}, indent=1) + "\n", encoding="utf-8")
    fresh.replace(MANIFEST)
    shipped_hashes.cache_clear()
