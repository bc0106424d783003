"""The sound system: lists devices and opens them. The only file that imports sounddevice, and late.

Importing sounddevice fails where PortAudio is missing; imported late, it lets all else work without sound.
"""

import atexit
import sys
from typing import Any

from rtvc.audio_link import DeviceChoice, DeviceSpec
from rtvc.closing import call_off_farewell, is_any_left_behind
from rtvc.devices import Device, Kind, choose_device, share_a_clock
from rtvc.errors import DeviceError
from rtvc.output_stream import OutputStream
from rtvc.presets import Preset
from rtvc.streams import Streams

_PREFERRED_API = "Windows WASAPI"  # PortAudio itself would take MME, with a tenth of a second more
_COMMON_RATES = (48000, 44100)
# How many calls into PortAudio are under way. Only their own threads count, one step each, and the last look
# is taken when the program ends: a call that never returns must not keep it from ending.
_calls_under_way: list[None] = []


def list_devices() -> list[Device]:
    """All devices, in the order of their index."""
    sd = _sounddevice()
    apis = sd.query_hostapis()
    default_input, default_output = _default_indices(apis, list(sd.default.device))
    return [
        Device(
            index=row["index"],
            name=row["name"],
            host_api=apis[row["hostapi"]]["name"],
            max_input_channels=row["max_input_channels"],
            max_output_channels=row["max_output_channels"],
            default_sample_rate=row["default_samplerate"],
            is_default_input=row["index"] == default_input,
            is_default_output=row["index"] == default_output,
            low_input_latency_seconds=row["default_low_input_latency"],
            low_output_latency_seconds=row["default_low_output_latency"],
        )
        for row in sd.query_devices()
    ]


def _default_indices(apis: Any, portaudio_default: list[int]) -> tuple[int, int]:
    for api in apis:
        pair = api["default_input_device"], api["default_output_device"]
        if api["name"] == _PREFERRED_API and min(pair) >= 0:
            return pair
    return portaudio_default[0], portaudio_default[1]


def find_device(spec: str | int | None, kind: Kind) -> Device:
    """The device meant by an index, a part of a name, or "default" (also None)."""
    return choose_device(list_devices(), spec, kind)


def open_audio(preset: Preset, choice: DeviceChoice, afresh: bool = False) -> Streams:
    """Open, but do not start, one duplex stream where one clock serves both ends, else two streams.

    Args:
        afresh: PortAudio looks at the machine once and then never again; this makes it look. All streams
            must be closed before.
    """
    _calls_under_way.append(None)
    try:
        if afresh:
            look_afresh()
        return _open_audio(preset, choice)
    finally:
        _calls_under_way.pop()


def open_output(preset: Preset, spec: DeviceSpec) -> OutputStream:
    """Open, but do not start, one more output device at a rate it likes."""
    _calls_under_way.append(None)
    try:
        sink = find_device(spec, "output")
        failures = []
        for rate in _rates(sink, None):
            try:
                return OutputStream(_sounddevice(), sink, preset, rate)
            except DeviceError as error:
                failures.append(error)
        raise failures[0]
    finally:
        _calls_under_way.pop()


def look_afresh() -> None:
    """Let PortAudio list the devices anew. Ends all open streams.

    While one of them hangs for good, as in a deadlock of a sound server's library, the list stays as it was.
    """
    if is_any_left_behind():
        return
    sd = _sounddevice()
    try:
        sd._terminate()
    except sd.PortAudioError:
        pass  # it was not running, because the last attempt to start it failed
    try:
        sd._initialize()
    except sd.PortAudioError as error:
        raise DeviceError(f"The sound system does not answer ({error}).") from error


def _open_audio(preset: Preset, choice: DeviceChoice) -> Streams:
    sd, devices = _sounddevice(), list_devices()
    source = choose_device(devices, choice.input, "input")
    sink = choose_device(devices, choice.output, "output")
    if share_a_clock(source, sink):
        for rate in _rates(sink, choice.sample_rate):
            try:
                return Streams(sd, source, sink, preset, rate, rate, is_duplex=True)
            except DeviceError:
                continue  # the devices may still run apart, each at a rate of its own
    failures = []
    for input_rate in _rates(source, choice.sample_rate):
        for output_rate in _rates(sink, choice.sample_rate):
            try:
                return Streams(sd, source, sink, preset, input_rate, output_rate, is_duplex=False)
            except DeviceError as error:
                failures.append(error)
    raise failures[0]


def _rates(device: Device, wanted: int | None) -> list[int]:
    """Rates to try. ALSA's default is only PortAudio's first guess; 48 kHz is what most cards run at."""
    if wanted is not None:
        return [wanted]
    own = round(device.default_sample_rate)
    order = (*_COMMON_RATES, own) if device.host_api == "ALSA" else (own, *_COMMON_RATES)
    return list(dict.fromkeys(order))


def _sounddevice() -> Any:
    try:
        import sounddevice
    except OSError as error:
        how = "Install it with 'sudo apt install libportaudio2' (or your system's like)."
        if not sys.platform.startswith("linux"):
            how = "Reinstall it with 'pip install --force-reinstall sounddevice'."
        raise DeviceError(f"The sound library PortAudio is missing. {how}") from error
    except ImportError as error:
        raise DeviceError(
            "Python's sounddevice is missing. Install it with 'pip install sounddevice'."
        ) from error
    if not _farewells:
        # Registered after PortAudio's own farewell, and therefore called before it.
        _farewells.append(atexit.register(_leave, sounddevice))
    return sounddevice


_farewells: list[Any] = []


def _leave(sd: Any) -> None:
    """At exit."""
    if _calls_under_way:
        call_off_farewell(sd)
