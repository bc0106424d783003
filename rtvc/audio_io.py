"""The sound system: lists devices and opens streams. The only file that imports sounddevice, and late.

Importing sounddevice fails where PortAudio is missing; imported late, it lets all else work without sound.
Rings, threads and pipelines are not known here: a stream calls one function that takes and one that fills.
"""

import atexit
import sys
import threading
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from rtvc import realtime
from rtvc.devices import Device, Kind, choose_device, share_a_clock
from rtvc.errors import DeviceError
from rtvc.presets import Preset
from rtvc.stage import Audio

__all__ = ["AudioLink", "Capture", "Device", "Play", "find_device", "list_devices", "open_audio"]

Capture = Callable[[Audio], None]  # takes one block, mono, which it must copy
Play = Callable[[Audio], None]  # fills one block, mono

_PREFERRED_API = "Windows WASAPI"  # PortAudio itself would take MME, with a tenth of a second more
_COMMON_RATES = (48000, 44100)
_CLOSE_SECONDS = 1.0  # to close streams takes a tenth of that, where all is well


class AudioLink(Protocol):
    """What the engine needs of a pair of devices; a test brings its own."""

    input: str
    output: str
    input_rate: int
    output_rate: int
    input_block: int
    output_block: int
    is_duplex: bool
    device_xruns: int

    @property
    def input_latency_seconds(self) -> float: ...

    @property
    def output_latency_seconds(self) -> float: ...

    def start(self, capture: Capture, play: Play) -> None: ...

    def close(self) -> None: ...


OpenAudio = Callable[[Preset, str | int | None, str | int | None, int | None], AudioLink]


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


def open_audio(
    preset: Preset,
    input_device: str | int | None = None,
    output_device: str | int | None = None,
    sample_rate: int | None = None,
) -> "Streams":
    """Open, but do not start, one duplex stream where one clock serves both ends, else two streams."""
    devices = list_devices()
    source = choose_device(devices, input_device, "input")
    sink = choose_device(devices, output_device, "output")
    if share_a_clock(source, sink):
        for rate in _rates(sink, sample_rate):
            try:
                return Streams(source, sink, preset, rate, rate, is_duplex=True)
            except DeviceError:
                continue  # the devices may still run apart, each at a rate of its own
    return _open_apart(source, sink, preset, sample_rate)


def _open_apart(source: Device, sink: Device, preset: Preset, sample_rate: int | None) -> "Streams":
    failures = []
    for input_rate in _rates(source, sample_rate):
        for output_rate in _rates(sink, sample_rate):
            try:
                return Streams(source, sink, preset, input_rate, output_rate, is_duplex=False)
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


class Streams:
    """A duplex stream, or an input and an output stream; the callbacks copy and count, nothing else."""

    def __init__(
        self, source: Device, sink: Device, preset: Preset, input_rate: int, output_rate: int, is_duplex: bool
    ) -> None:
        self.input, self.output = source.label, sink.label
        self.input_rate, self.output_rate = input_rate, output_rate
        self.input_block, self.output_block = _block(preset, input_rate), _block(preset, output_rate)
        self.is_duplex = is_duplex
        # ALSA's duplex streams keep the output queue full while a block of input gathers, so the way round
        # takes as long as the output's figure alone; the input's figure is only what could pile up.
        self._waits_once = is_duplex and source.host_api == "ALSA"
        # Each stored by callbacks of one stream only, except `device_xruns`, of which two streams may lose a
        # count between them; it is for display.
        self.device_xruns = 0
        self._is_raised = {"input": False, "output": False}
        self._capture: Capture = lambda block: None
        self._play: Play = lambda out: out.fill(0.0)
        self._mixed = np.zeros(self.input_block, np.float32)
        self._mono = np.zeros(self.output_block, np.float32)
        self._streams = self._open(source, sink)
        self._streams_to_close = list(self._streams)

    def _open(self, source: Device, sink: Device) -> list[Any]:
        sd = _sounddevice()
        channels = min(2, source.max_input_channels), min(2, sink.max_output_channels)
        common = {"dtype": "float32", "latency": "low", "dither_off": True}
        ends = [
            {"samplerate": self.input_rate, "blocksize": self.input_block, "device": source.index},
            {"samplerate": self.output_rate, "blocksize": self.output_block, "device": sink.index},
        ]
        streams: list[Any] = []
        try:
            if self.is_duplex:
                pair = {"device": (source.index, sink.index), "channels": channels}
                streams.append(sd.Stream(**(common | ends[0] | pair), callback=self._on_duplex))
            else:
                into, out = {"channels": channels[0]}, {"channels": channels[1]}
                streams.append(sd.InputStream(**common, **ends[0], **into, callback=self._on_input))
                streams.append(sd.OutputStream(**common, **ends[1], **out, callback=self._on_output))
        except (sd.PortAudioError, ValueError) as error:
            for stream in streams:
                stream.close()
            raise self._in_words(error, source if not streams else sink) from error
        return streams

    def _in_words(self, error: Exception, device: Device) -> DeviceError:
        what = f"'{self.input}' with '{self.output}'" if self.is_duplex else f"'{device.label}'"
        rate = self.output_rate if device.label == self.output else self.input_rate
        return DeviceError(f"{what} {_reason(error, rate)}")

    @property
    def input_latency_seconds(self) -> float:
        if self._waits_once:
            return self.input_block / self.input_rate
        latency = self._streams[0].latency
        return float(latency[0] if self.is_duplex else latency)

    @property
    def output_latency_seconds(self) -> float:
        latency = self._streams[-1].latency
        if self._waits_once:
            return float(latency[1]) - self.input_block / self.input_rate
        return float(latency[1] if self.is_duplex else latency)

    def start(self, capture: Capture, play: Play) -> None:
        """Let sound flow. From here on `capture` and `play` are called on threads of the sound system."""
        self._capture, self._play = capture, play
        sd = _sounddevice()
        try:
            for stream in self._streams:
                stream.start()
        except sd.PortAudioError as error:
            self.close()
            raise DeviceError(
                f"'{self.input}', '{self.output}': {_reason(error, self.input_rate)}"
            ) from error

    def close(self) -> None:
        """Stop at once; what the sound card still holds is thrown away. May be called twice.

        A driver or sound server that hangs lets no stream be closed. Its streams are left behind on a thread
        that waits for it, and PortAudio's own farewell, which would wait as well, is called off.
        """
        streams, self._streams_to_close = self._streams_to_close, []
        closing = threading.Thread(target=_close_all, args=(streams,), name="rtvc closing", daemon=True)
        closing.start()
        closing.join(_CLOSE_SECONDS)
        if closing.is_alive():
            atexit.unregister(getattr(_sounddevice(), "_exit_handler", _close_all))

    # ---- callbacks

    def _on_duplex(self, indata: Any, outdata: Any, frames: int, time: Any, status: Any) -> None:
        """Audio callback."""
        self._take(indata, frames)
        self._fill(outdata, frames)
        self._note("input", status)

    def _on_input(self, indata: Any, frames: int, time: Any, status: Any) -> None:
        """Input callback."""
        self._take(indata, frames)
        self._note("input", status)

    def _on_output(self, outdata: Any, frames: int, time: Any, status: Any) -> None:
        """Output callback."""
        self._fill(outdata, frames)
        self._note("output", status)

    def _take(self, indata: Any, frames: int) -> None:
        """Input callback. Mix the first one or two channels down to one."""
        mixed = self._mixed[:frames]
        if indata.shape[1] == 1:
            mixed[:] = indata[:, 0]
        else:
            np.add(indata[:, 0], indata[:, 1], out=mixed)
            mixed *= 0.5
        self._capture(mixed)

    def _fill(self, outdata: Any, frames: int) -> None:
        """Output callback. The same sound for all channels."""
        mono = self._mono[:frames]
        self._play(mono)
        outdata[:] = mono[:, np.newaxis]

    def _note(self, end: str, status: Any) -> None:
        """Audio callback. Count what the sound system complains of; raise the thread's priority, once."""
        if status:
            self.device_xruns += 1
        if not self._is_raised[end]:
            self._is_raised[end] = True
            realtime.raise_thread_priority(realtime.CALLBACK_PRIORITY)


def _close_all(streams: list[Any]) -> None:
    """Closing thread."""
    sd = _sounddevice()
    for stream in streams:
        try:
            stream.abort()
            stream.close()
        except sd.PortAudioError:
            pass  # a device that went away; there is nothing left to close


def _block(preset: Preset, rate: int) -> int:
    return max(16, round(preset.block_samples * rate / 48000))


def _reason(error: Exception, rate: int) -> str:
    """PortAudio's code, as the rest of a sentence that began with the device."""
    code = error.args[1] if len(error.args) > 1 else None
    reasons = {
        -9998: "does not offer the number of channels it lists; choose another device.",
        -9997: f"does not run at {rate} Hz; choose another device, or set its rate in the sound settings.",
        -9996: "is no longer there; --list-devices shows those there are.",
        -9993: "cannot be used together, or one of them is gone; --list-devices shows those there are.",
        -9985: "is in use by another program; close that program or choose another device.",
    }
    fallback = f"would not open ({error.args[0] if error.args else error}); is it connected and switched on?"
    return reasons.get(code, fallback) if isinstance(code, int) else fallback


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
    return sounddevice
