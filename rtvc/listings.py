"""Devices, voices, instruments and models as rows, for tables and for programs. Prints nothing."""

from dataclasses import asdict
from typing import Any

from rtvc import audio_io, catalog
from rtvc.errors import ModelError
from rtvc.model_format import DIGIT_DECODER, DIGIT_ENCODER, ModelInfo
from rtvc.previews import preview_path
from rtvc.runtime import load_model
from rtvc.settings import DIGITS_MODE
from rtvc.timbre import SYSTEM as TIMBRE_SYSTEM

Row = dict[str, Any]


def device_rows() -> list[Row]:
    return [
        {
            "index": device.index,
            "name": device.name,
            "host_api": device.host_api,
            "inputs": device.max_input_channels,
            "outputs": device.max_output_channels,
            "sample_rate": round(device.default_sample_rate),
            "default": ", ".join(
                kind
                for kind, is_default in (
                    ("input", device.is_default_input),
                    ("output", device.is_default_output),
                )
                if is_default
            ),
        }
        for device in audio_io.list_devices()
    ]


def voice_rows() -> list[Row]:
    rows = []
    for voice in catalog.voices():
        row = asdict(voice)
        row["models"] = sorted(row.pop("embeddings"))
        del row["memories"]
        preview = preview_path(voice.id)
        row |= {"own": bool(row.pop("encoders")), "preview": str(preview) if preview else ""}
        rows.append(row | {"median_hz": round(voice.median_hz)})
    return rows


def model_rows() -> list[Row]:
    return [_model(name) for name in catalog.model_paths()]


def timbre_rows() -> list[Row]:
    """Instruments, each with the models that play it."""
    found: dict[str, Row] = {}
    for model in model_rows():
        for name in model["voices"] if model["system"] == TIMBRE_SYSTEM else []:
            row = found.setdefault(name, {"name": name, "models": [], "licence": model["licence"]})
            row["models"].append(model["name"])
    return list(found.values())


def _model(name: str) -> Row:
    """A model that can't be used is listed with the reason: the list is where one looks for it."""
    path = catalog.model_paths()[name]
    row: Row = {
        "name": name,
        "path": str(path),
        "system": "",
        "mode": "",
        "kind": "",
        "voices": [],
        "licence": "",
        "note": "",
    }
    try:
        info = load_model(catalog.model_path(name)).info
    except ModelError as error:
        return row | {"note": str(error)}
    told = {"system": info.system, "mode": _mode(info), "kind": info.kind}
    return row | told | {"voices": info.voices, "licence": info.licence}


def _mode(info: ModelInfo) -> str:
    """Where the model is of use."""
    if info.kind in (DIGIT_DECODER, DIGIT_ENCODER):
        return DIGITS_MODE
    return "timbre" if info.system == TIMBRE_SYSTEM else "speaker"
