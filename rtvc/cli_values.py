"""Values on the command line, one by one: from text to what is meant, or what argparse says of it."""

import argparse
import math
from pathlib import Path


def number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"{text} is no number to work with")
    return value


def positive(text: str) -> float:
    value = number(text)
    if value <= 0:
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return value


def picture(text: str) -> Path:
    path = Path(text)
    if path.suffix.lower() != ".png":
        raise argparse.ArgumentTypeError(f"{text} is no .png file")
    return path


def two_paths(text: str) -> tuple[Path, Path]:
    first, comma, second = text.partition(",")
    paths = Path(first.strip()), Path(second.strip())
    if not comma or any(path.suffix.lower() != ".wav" for path in paths) or paths[0] == paths[1]:
        raise argparse.ArgumentTypeError(f"{text} is not two .wav files with a comma between them")
    return paths


def place(text: str) -> tuple[float, float]:
    x, comma, y = text.partition(",")
    if not comma:
        raise argparse.ArgumentTypeError(f"{text} is not two numbers with a comma between them")
    try:
        return number(x), number(y)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is not two numbers with a comma between them") from None


def count(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not 1 or more")
    return value


# What argparse puts into "invalid ... value: 'x'".
number.__name__ = "number"
positive.__name__ = "number"
count.__name__ = "whole number"


def shown(name: str) -> str:
    name = name.removesuffix("_digit")
    return name if name.isupper() else "--" + name.replace("_", "-")
