"""--enroll, --rename-voice and --remove-voice: the user's own voices from the command line."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rtvc import own_voices
from rtvc.audio_file import shown
from rtvc.errors import UsageError
from rtvc.own_voices import Enrolled
from rtvc.settings import DEFAULT_MODEL


def run(options: argparse.Namespace) -> int:
    if options.enroll:
        _enrol(options)
    elif options.rename_voice:
        old, new = options.rename_voice
        voice = own_voices.rename(old, new)
        _tell(f"The voice '{old}' is called '{voice.name}' now.", {"name": voice.name}, options)
    else:
        name = own_voices.remove(options.remove_voice)
        _tell(f"The voice '{name}' is gone.", {"removed": name}, options)
    return 0


def _enrol(options: argparse.Namespace) -> None:
    name, *recordings = options.enroll
    if not recordings:
        raise UsageError(f"There is a name, '{name}', and no recording; add the files to make the voice of.")
    made = own_voices.enrol(name, [Path(text) for text in recordings], options.model or DEFAULT_MODEL)
    from rtvc.previews import keep_preview

    preview = keep_preview(name)
    _tell(_account(made, preview), _row(made, preview), options)


def _account(made: Enrolled, preview: Path) -> str:
    lines = [
        f"The voice '{made.voice.name}' is made of {made.speech_seconds:.1f} s of speech, "
        f'{made.voice.median_hz:.0f} Hz: --target "{made.voice.name}" speaks with it.',
        f"Hear it: {shown(preview)}",
        made.hint,
        own_voices.CONSENT,
    ]
    return "\n".join(line for line in lines if line)


def _row(made: Enrolled, preview: Path) -> dict[str, Any]:
    row = asdict(made.voice)
    row["models"] = sorted(row.pop("embeddings"))
    row.pop("encoders")
    more = {"speech_seconds": round(made.speech_seconds, 2), "hint": made.hint, "preview": str(preview)}
    return row | {"median_hz": round(made.voice.median_hz)} | more


def _tell(sentence: str, row: dict[str, Any], options: argparse.Namespace) -> None:
    print(json.dumps(row) if options.json else sentence)
