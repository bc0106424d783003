"""Virtual cables: which of the devices are some, and what to do where there is none. Draws nothing."""

import shutil
import sys
from dataclasses import dataclass
from typing import Any

from PyQt6.QtCore import QCoreApplication, QProcess

_MARKS = (
    "cable input",
    "cable in ",
    "blackhole",
    "voicemeeter",
    "loopback audio",
    "soundflower",
    "null",
    "rtvc",
)
LINUX_SINK, LINUX_SOURCE = "rtvc_cable", "rtvc_cable_microphone"


@dataclass(frozen=True)
class Guidance:
    title: str
    text: str
    link: str = ""
    can_be_made: bool = False


def find_cables(devices: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Outputs that lead into another program."""
    return [
        device
        for device in devices
        if device["outputs"] and any(mark in device["name"].casefold() for mark in _MARKS)
    ]


def guidance(
    devices: list[dict[str, Any]], platform: str = sys.platform, has_cable: bool = False
) -> Guidance:
    """What to tell the user; `has_cable`: the program made one itself."""
    found = find_cables(devices)
    if found:
        title = _tr("Found: {0}").format(found[0]["name"])
        return Guidance(
            title, _tr("Choose it as output here, and as the microphone of the program you speak in.")
        )
    if platform.startswith("linux"):
        return _linux(has_cable)
    if platform == "darwin":
        return Guidance(
            _tr("No virtual cable found"),
            _tr(
                "BlackHole is free: install it, choose it as output here and as the microphone of the "
                "program you speak in."
            ),
            "https://existential.audio/blackhole/",
        )
    return Guidance(
        _tr("No virtual cable found"),
        _tr(
            "VB-Cable is free: install it, choose CABLE Input as output here and CABLE Output as the "
            "microphone of the program you speak in."
        ),
        "https://vb-audio.com/Cable/",
    )


def _linux(has_cable: bool) -> Guidance:
    if has_cable:
        return Guidance(
            _tr("The voice goes into the virtual cable"),
            _tr("Choose RTVC cable as the microphone of the program you speak in."),
        )
    if can_make_cable():
        return Guidance(
            _tr("A virtual cable can be made"),
            _tr("Other programs then find a microphone called RTVC cable. It is gone after a restart."),
            can_be_made=True,
        )
    return Guidance(
        _tr("No virtual cable can be made yet"),
        _tr("The command pactl is missing; on Debian and Ubuntu it is in the package pulseaudio-utils."),
    )


def can_make_cable() -> bool:
    return shutil.which("pactl") is not None


def make_cable() -> str:
    """Linux: a sink without a speaker, and its monitor as a microphone. Empty, or what went wrong."""
    sink = ["module-null-sink", f"sink_name={LINUX_SINK}", "sink_properties=device.description=RTVC-cable-in"]
    source = [
        "module-remap-source",
        f"source_name={LINUX_SOURCE}",
        f"master={LINUX_SINK}.monitor",
        "source_properties=device.description=RTVC-cable",
    ]
    if LINUX_SINK in _pactl("list", "short", "sinks")[1]:
        return ""
    for module in (sink, source):
        code, said = _pactl("load-module", *module)
        if code:
            return said or _tr("The sound server does not answer.")
    return ""


def _pactl(*arguments: str) -> tuple[int, str]:
    process = QProcess()
    process.setProcessChannelMode(QProcess.ProcessChannelMode.MergedChannels)
    process.start("pactl", list(arguments))
    if not process.waitForFinished(3000):
        process.kill()
        return 1, ""
    return process.exitCode(), process.readAll().data().decode(errors="replace").strip()


def _tr(text: str) -> str:
    return QCoreApplication.translate("cables", text)
