"""Sound devices as values, and which of them a user means. Touches no sound system."""

from dataclasses import dataclass
from typing import Literal

from rtvc.errors import DeviceError

Kind = Literal["input", "output"]
_WORDS = {"input": "microphone", "output": "output device"}
_ONE_CLOCK_APIS = ("ASIO", "JACK Audio Connection Kit", "JACK")


@dataclass(frozen=True)
class Device:
    """One row of the sound system's list."""

    index: int
    name: str
    host_api: str
    max_input_channels: int
    max_output_channels: int
    default_sample_rate: float
    is_default_input: bool
    is_default_output: bool
    low_input_latency_seconds: float
    low_output_latency_seconds: float

    @property
    def label(self) -> str:
        return f"{self.name}, {self.host_api}"

    def serves(self, kind: Kind) -> bool:
        return (self.max_input_channels if kind == "input" else self.max_output_channels) > 0

    def is_default(self, kind: Kind) -> bool:
        return self.is_default_input if kind == "input" else self.is_default_output


def choose_device(devices: list[Device], spec: str | int | None, kind: Kind) -> Device:
    """The device a user means.

    Args:
        spec: an index, a part of "name, host API" in any case (the whole name wins), or "default" or None.
    """
    fitting = [device for device in devices if device.serves(kind)]
    if not fitting:
        raise DeviceError(f"This machine has no {_WORDS[kind]}; connect one, or switch it on.")
    if spec is None or str(spec).strip().lower() in ("", "default"):
        return next((device for device in fitting if device.is_default(kind)), fitting[0])
    if isinstance(spec, int) or spec.strip().isdigit():
        return _device_with_index(devices, int(spec), kind)
    return _device_with_name(fitting, spec.strip(), kind)


def _device_with_index(devices: list[Device], index: int, kind: Kind) -> Device:
    found = next((device for device in devices if device.index == index), None)
    if found is None:
        raise DeviceError(f"There is no device {index}; --list-devices shows those there are.")
    if not found.serves(kind):
        raise DeviceError(f"Device {index} ({found.label}) is no {_WORDS[kind]}; see --list-devices.")
    return found


def _device_with_name(fitting: list[Device], spec: str, kind: Kind) -> Device:
    wanted = spec.casefold()
    exact = [device for device in fitting if wanted in (device.name.casefold(), device.label.casefold())]
    found = exact or [device for device in fitting if wanted in device.label.casefold()]
    if not found:
        raise DeviceError(f"There is no {_WORDS[kind]} named '{spec}'; --list-devices shows those there are.")
    if len(found) > 1:
        # Windows lists each device once per host API; a name alone then means the one of the default's API.
        default = next((device for device in fitting if device.is_default(kind)), fitting[0])
        found = [device for device in found if device.host_api == default.host_api] or found
    if len(found) > 1:
        names = "; ".join(f"{device.index} ({device.label})" for device in found)
        raise DeviceError(
            f"More than one {_WORDS[kind]} is named like '{spec}': {names}; say more of it, or the number."
        )
    return found[0]


def share_a_clock(source: Device, sink: Device) -> bool:
    """Whether both ends count time alike, so that one duplex stream can serve them for hours.

    Two devices of one sound card show its name in brackets ("Speakers (USB Audio)"). The defaults of a host
    API may well be two cards; one stream across two clocks would crackle, so they count as two.
    """
    if source.host_api != sink.host_api:
        return False
    if source.index == sink.index or source.host_api in _ONE_CLOCK_APIS:
        return True
    card = _card_in_brackets(source.name)
    return card != "" and card == _card_in_brackets(sink.name)


def _card_in_brackets(name: str) -> str:
    start, stop = name.find("("), name.rfind(")")
    return name[start + 1 : stop].strip() if 0 <= start < stop else ""
