"""--diagnostics: one text to paste into a report. Changes nothing."""

import os
import platform
import threading
from collections.abc import Callable
from importlib import metadata

from rtvc import audio_io, catalog, realtime
from rtvc.devices import Device
from rtvc.errors import RtvcError
from rtvc.log import log_path

_LOG_LINES = 12
_PACKAGES = ("rtvc", "numpy", "sounddevice", "soundfile", "onnxruntime", "onnxruntime-gpu")


def text() -> str:
    """Each part says itself what is wrong with it, so that one fault does not hide the others."""
    parts = {
        "system": _system,
        "packages": _packages,
        "real-time priority": _priority,
        "models and voices": _catalog,
        "devices": _devices,
        "log of live conversion": _log,
    }
    lines = []
    for name, part in parts.items():
        lines.append(f"{name}:")
        lines += [f"  {line}" for line in _safely(part)]
    return "\n".join(lines)


def _safely(part: Callable[[], list[str]]) -> list[str]:
    try:
        return part()
    except RtvcError as error:
        return [str(error)]
    except Exception as error:  # what is broken is what this text is for
        return [f"This could not be found out ({type(error).__name__}: {error})."]


def _log() -> list[str]:
    path = log_path()
    if not path.exists():
        return [f"{path}: none yet"]
    last = path.read_text(encoding="utf-8", errors="replace").splitlines()[-_LOG_LINES:]
    return [f"{path}, which ends:", *last]


def _system() -> list[str]:
    return [
        f"{platform.system()} {platform.release()}, {platform.machine()}, {os.cpu_count()} processors",
        f"Python {platform.python_version()}",
    ]


def _packages() -> list[str]:
    found = []
    for name in _PACKAGES:
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            continue
    return found


def _priority() -> list[str]:
    """Tried on a thread that ends at once."""
    allowed: list[bool] = []
    thread = threading.Thread(
        target=lambda: allowed.append(realtime.raise_thread_priority(realtime.ONLOOKER_PRIORITY))
    )
    thread.start()
    thread.join()
    return ["allowed" if allowed == [True] else "not allowed; under load the sound may stutter"]


def _catalog() -> list[str]:
    models = [catalog.model_path(name).name for name in catalog.model_paths()]
    return [f"models: {', '.join(models) or 'none'}", f"voices: {len(catalog.voices())}"]


def _devices() -> list[str]:
    return [_device(device) for device in audio_io.list_devices()] or ["none"]


def _device(device: Device) -> str:
    marks = " (default input)" * device.is_default_input + " (default output)" * device.is_default_output
    ends = f"{device.max_input_channels} in, {device.max_output_channels} out"
    return f"{device.index} {device.label}: {ends}, {device.default_sample_rate:.0f} Hz{marks}"
