"""Which models and voices there are: the shipped ones and the user's own. Loads what it is asked for."""

import contextlib
import hashlib
import json
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path

import platformdirs

from rtvc.errors import ModelError
from rtvc.foreign import admit
from rtvc.presets import PRESETS
from rtvc.voices import VOICE_SUFFIX, Voice, read_voice

ASSETS = Path(__file__).with_name("assets")
MANIFEST = ASSETS / "manifest.json"
MODEL_SUFFIX = ".onnx"
HEARS, SAYS = ".hear", ".say"  # the two parts of a model that is in two files


def user_folder() -> Path:
    return Path(platformdirs.user_data_dir("rtvc", appauthor=False))


def stamp() -> object:
    """Differs from before when a model or a voice of the user's came, went or changed."""
    found = []
    for folder in ("models", "voices"):
        for path in (user_folder() / folder).glob("*"):
            with contextlib.suppress(OSError):  # it went this moment
                facts = path.stat()
                found.append((str(path), facts.st_mtime_ns, facts.st_size))
    return sorted(found)


def model_paths() -> dict[str, Path]:
    """Name to file; a model of the user's wins over a shipped one of the same name."""
    found = {
        name.removesuffix(HEARS): path
        for name, path in _files("models", MODEL_SUFFIX).items()
        if not name.endswith(SAYS)
    }
    return {name: path for name, path in found.items() if not _preset_of(name)}


def _preset_of(name: str) -> str:
    """`stream.low` is what `stream` uses with the preset `low`, and no model of its own."""
    end = name.rpartition(".")[2]
    return end if end in PRESETS and "." in name else ""


def voice_paths() -> dict[str, Path]:
    return _files("voices", VOICE_SUFFIX)


def _files(folder: str, suffix: str) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for root in (ASSETS, user_folder()):
        for path in sorted((root / folder).glob(f"*{suffix}")):
            found[path.name.removesuffix(suffix)] = path
    return found


def model_path(name: str, preset: str = "") -> Path:
    """The model's own file, or the one it has for a preset; of a model in two files the one that hears."""
    path = _pick(name, model_paths(), "model", "--list-models")
    whole, part = _taken_apart(path)
    for_preset = path.with_name(f"{whole}.{preset}{part}{MODEL_SUFFIX}")
    return _checked(for_preset if preset and for_preset.is_file() else path)


def saying_path(name: str) -> Path | None:
    """The second file of a model that is in two."""
    path = _pick(name, model_paths(), "model", "--list-models")
    whole, part = _taken_apart(path)
    return _checked(path.with_name(f"{whole}{SAYS}{MODEL_SUFFIX}")) if part else None


def _taken_apart(path: Path) -> tuple[str, str]:
    """The name of a model, and which part of it the file is."""
    name = path.name.removesuffix(MODEL_SUFFIX)
    return name.removesuffix(HEARS), HEARS if name.endswith(HEARS) else ""


def encoder_path(model: str, without: str = "takes no voices of your own") -> Path:
    """What turns recordings into what a model works with; `without` says what it can't do that has none."""
    paths = _files("encoders", MODEL_SUFFIX)
    if model not in paths:
        raise ModelError(f"The model {model} {without}: it has no encoder beside it.")
    return _checked(paths[model])


def voice(name: str) -> Voice:
    return read_voice(_checked(_pick(name, voice_paths(), "voice", "--list-voices")))


def voices() -> list[Voice]:
    return [read_voice(_checked(path)) for path in voice_paths().values()]


def _pick(name: str, paths: dict[str, Path], what: str, listing: str) -> Path:
    if name in paths:
        return paths[name]
    for known, path in paths.items():
        if known.casefold() == name.casefold():
            return path
    near = get_close_matches(name, paths, n=1)
    hint = f"did you mean {near[0]}?" if near else f"{listing} shows what there is."
    raise ModelError(f"There is no {what} '{name}'; {hint}")


def _checked(path: Path) -> Path:
    """A shipped file must be the one that was shipped, a model from elsewhere one that does no harm."""
    if ASSETS not in path.parents:
        if path.suffix == MODEL_SUFFIX:
            admit(path)
        return path
    expected = shipped_hashes().get(path.relative_to(ASSETS).as_posix())
    if expected is None or sha256(path) != expected:
        raise ModelError(
            f"The shipped file {path.name} has been changed or damaged; install the program again."
        )
    return path


@lru_cache(maxsize=1)
def shipped_hashes() -> dict[str, str]:
    try:
        table = json.loads(MANIFEST.read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError) as error:
        raise ModelError(
            f"The list of shipped files cannot be read ({error}); install the program again."
        ) from None
    return dict(table["sha256"])


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
