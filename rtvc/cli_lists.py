"""--list-devices, -voices, -timbres and -models, as a table for people or JSON for programs."""

import argparse
import json
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from rtvc.listings import Row, device_rows, model_rows, timbre_rows, voice_rows

_DEVICE_COLUMNS = ("index", "name", "host_api", "inputs", "outputs", "sample_rate", "default")
_VOICE_COLUMNS = ("id", "name", "gender", "median_hz", "licence", "source")
_TIMBRE_COLUMNS = ("name", "models", "licence")
_MODEL_COLUMNS = ("name", "system", "voices", "licence", "note")
_MOST_NAMES = 20  # in a cell; JSON has all


def run(options: argparse.Namespace) -> int:
    if options.list_devices:
        _show(device_rows(), _DEVICE_COLUMNS, options.json)
    elif options.list_voices:
        _show(voice_rows(), _VOICE_COLUMNS, options.json)
    elif options.list_timbres:
        _show(timbre_rows(), _TIMBRE_COLUMNS, options.json)
    else:
        _show(model_rows(), _MODEL_COLUMNS, options.json)
    return 0


def _show(rows: list[Row], columns: tuple[str, ...], as_json: bool) -> None:
    if as_json:
        print(json.dumps(rows))
    elif rows:
        _print_table(rows, columns)
    else:
        print("There are none.")


def _print_table(rows: list[Row], columns: tuple[str, ...]) -> None:
    table = Table(box=box.SIMPLE_HEAD)
    for name in columns:
        numeric = bool(rows) and isinstance(rows[0][name], int)
        table.add_column(name.replace("_", " "), justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(_cell(row[name])) for name in columns))
    Console().print(table)


def _cell(value: Any) -> str:
    if not isinstance(value, list):
        return str(value)
    more = [f"and {len(value) - _MOST_NAMES} more"] if len(value) > _MOST_NAMES else []
    return ", ".join(value[:_MOST_NAMES] + more)
