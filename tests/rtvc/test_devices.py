"""Which device a user means."""

import pytest

from rtvc.devices import Device, Kind, choose_device, share_a_clock
from rtvc.errors import DeviceError


def device(index: int, name: str, ins: int, outs: int, api: str = "ALSA", default: str = "") -> Device:
    return Device(index, name, api, ins, outs, 48000.0, "i" in default, "o" in default, 0.01, 0.01)


LINUX = [
    device(0, "HDA Intel: ALC257 (hw:0,0)", 2, 2),
    device(1, "USB Mic (hw:1,0)", 1, 0),
    device(2, "pulse", 32, 32),
    device(3, "default", 32, 32, default="io"),
    device(4, "USB Mic Pro (hw:2,0)", 2, 0),
]
WINDOWS = [
    device(0, "Mic (Realtek(R) Audio)", 2, 0, "MME"),
    device(1, "Speakers (Realtek(R) Audio)", 0, 2, "MME"),
    device(2, "Mic (Realtek(R) Audio)", 2, 0, "Windows WASAPI", "i"),
    device(3, "Speakers (Realtek(R) Audio)", 0, 2, "Windows WASAPI", "o"),
    device(4, "CABLE Input (VB-Audio)", 0, 2, "Windows WASAPI"),
]


@pytest.mark.parametrize(
    ("devices", "spec", "kind", "index"),
    [
        (LINUX, None, "input", 3),
        (LINUX, "Default", "output", 3),
        (LINUX, "", "output", 3),
        (LINUX, 1, "input", 1),
        (LINUX, "0", "output", 0),
        (LINUX, "usb mic (hw", "input", 1),
        (LINUX, "USB MIC PRO", "input", 4),
        (LINUX, "pulse", "output", 2),
        (LINUX, "alc257", "input", 0),
        (WINDOWS, "speakers", "output", 3),
        (WINDOWS, "speakers (realtek(r) audio), mme", "output", 1),
        (WINDOWS, "cable", "output", 4),
    ],
)
def test_finds(devices: list[Device], spec: str | int | None, kind: Kind, index: int) -> None:
    assert choose_device(devices, spec, kind).index == index


def test_without_a_default_the_first_that_fits_serves() -> None:
    assert choose_device(LINUX[:2], None, "output").index == 0


@pytest.mark.parametrize(
    ("spec", "kind", "sentence"),
    [
        ("usb", "input", r"More than one microphone is named like 'usb': 1 \(USB Mic .*; 4 \(USB Mic Pro"),
        ("theremin", "input", "no microphone named 'theremin'; --list-devices"),
        ("usb", "output", "no output device named 'usb'"),
        (17, "input", "no device 17"),
        ("1", "output", r"Device 1 \(USB Mic \(hw:1,0\), ALSA\) is no output device"),
    ],
)
def test_says_what_is_wrong(spec: str | int, kind: Kind, sentence: str) -> None:
    with pytest.raises(DeviceError, match=sentence):
        choose_device(LINUX, spec, kind)


def test_a_machine_without_a_microphone_is_told_so() -> None:
    with pytest.raises(DeviceError, match="no microphone; connect one"):
        choose_device([WINDOWS[1]], None, "input")


def test_one_clock_is_one_device_one_card_or_an_api_that_has_only_one() -> None:
    assert share_a_clock(LINUX[2], LINUX[2])
    assert share_a_clock(WINDOWS[2], WINDOWS[3])
    assert not share_a_clock(WINDOWS[2], WINDOWS[4])
    assert not share_a_clock(WINDOWS[0], WINDOWS[3])
    assert not share_a_clock(LINUX[1], LINUX[2])
    assert share_a_clock(device(0, "a", 2, 0, "ASIO"), device(1, "b", 0, 2, "ASIO"))
