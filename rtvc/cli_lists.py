"""--list-devices, --list-voices and --list-models, as a table for people or JSON for programs."""

import argparse
import json
from dataclasses import asdict
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from rtvc import audio_io, catalog
from rtvc.errors import ModelError
from rtvc.runtime import StepModel

_Row = dict[str, Any]
_DEVICE_COLUMNS = ("index", "name", "host_api", "inputs", "outputs", "sample_rate", "default")
_VOICE_COLUMNS = ("id", "name", "gender", "median_hz", "licence", "source")
_MODEL_COLUMNS = ("name", "system", "voices", "licence", "note")


def run(options: argparse.Namespace) -> int:
    if options.list_devices:
        _show(_devices(), _DEVICE_COLUMNS, options.json)
    elif options.list_voices:
        _show(_voices(), _VOICE_COLUMNS, options.json)
    else:
        _show(_models(), _MODEL_COLUMNS, options.json)
    return 0


def _show(rows: list[_Row], columns: tuple[str, ...], as_json: bool) -> None:
    if as_json:
        print(json.dumps(rows))
    elif rows:
        _print_table(rows, columns)
    else:
        print("There are none.")


def _devices() -> list[_Row]:
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


def _voices() -> list[_Row]:
    rows = []
    for voice in catalog.voices():
        row = asdict(voice)
        row["models"] = sorted(row.pop("embeddings"))
        rows.append(row | {"median_hz": round(voice.median_hz)})
    return rows


def _models() -> list[_Row]:
    return [_model(name) for name in catalog.model_paths()]


def _model(name: str) -> _Row:
    """A model that can't be used is listed with the reason: the list is where one looks for it."""
    path = catalog.model_paths()[name]
    row: _Row = {"name": name, "path": str(path), "system": "", "voices": [], "licence": "", "note": ""}
    try:
        info = StepModel(catalog.model_path(name)).info
    except ModelError as error:
        return row | {"note": str(error)}
    return row | {"system": info.system, "voices": info.voices, "licence": info.licence}


def _print_table(rows: list[_Row], columns: tuple[str, ...]) -> None:
    table = Table(box=box.SIMPLE_HEAD)
    for name in columns:
        numeric = bool(rows) and isinstance(rows[0][name], int)
        table.add_column(name.replace("_", " "), justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(_cell(row[name])) for name in columns))
    Console().print(table)


def _cell(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value)
