"""Streams, a pair of open devices: callbacks that copy and count. Opens what it is told, chooses nothing."""

from typing import Any

import numpy as np

from rtvc import realtime
from rtvc.audio_link import Capture, Play
from rtvc.closing import Closing
from rtvc.devices import Device
from rtvc.errors import DeviceError
from rtvc.first_blocks import FirstBlocks
from rtvc.log import LOGGER
from rtvc.output_lead import OutputLead
from rtvc.presets import Preset
from rtvc.stage import Audio

_QUEUED_BLOCKS = 3
_START_TRIES = 4
_TOLERATED_BLOCKS = 0.1  # how far first blocks may be older than the most that the device holds in step
_AGE_WATCH_SECONDS = 0.5  # bursts make single blocks old; the youngest block of such a stretch counts
_AGE_WAVERS_SECONDS = 0.008  # less says nothing, and is not worth the gap that opening again makes


class Streams:
    """A duplex stream, or an input and an output stream, of PortAudio (`sd` is the module sounddevice)."""

    def __init__(
        self,
        sd: Any,
        source: Device,
        sink: Device,
        preset: Preset,
        input_rate: int,
        output_rate: int,
        is_duplex: bool,
    ) -> None:
        self._sd = sd
        self.input, self.output = source.label, sink.label
        self.input_rate, self.output_rate = input_rate, output_rate
        self.input_block, self.output_block = block_at(preset, input_rate), block_at(preset, output_rate)
        self.is_duplex = is_duplex
        # ALSA's duplex streams keep the output queue full while a block of input gathers, so the way round
        # takes as long as the output's figure alone; the input's figure is only what could pile up.
        self._waits_once = is_duplex and source.host_api == "ALSA"
        self._mixed = np.zeros(self.input_block, np.float32)
        self._mono = np.zeros(self.output_block, np.float32)
        self._source, self._sink = source, sink
        self._open_afresh()

    def _open_afresh(self) -> None:
        # Each stored by callbacks of one stream only, except `device_xruns`, of which two streams may lose a
        # count between them; it is for display.
        self.device_xruns = 0
        self._is_raised = {"input": False, "output": False}
        self._age, self._first_blocks = _InputAge(self.input_rate), FirstBlocks()
        self._lead = OutputLead(self.output_rate)
        self._ends: tuple[Capture, Play] = _ignore, _be_silent
        self._closing = Closing(self._sd)
        with realtime.raised_library_threads():
            self._streams = self._open(self._source, self._sink)

    def _open(self, source: Device, sink: Device) -> list[Any]:
        sd = self._sd
        channels = min(2, source.max_input_channels), min(2, sink.max_output_channels)
        common = {"dtype": "float32", "latency": self._asked_latency(source, sink), "dither_off": True}
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

    def _asked_latency(self, source: Device, sink: Device) -> str | float:
        """ALSA's devices name the same least delay for all blocks; with small ones less will do."""
        if {source.host_api, sink.host_api} != {"ALSA"}:
            return "low"
        named = min(source.low_input_latency_seconds, sink.low_output_latency_seconds)
        return min(named, _QUEUED_BLOCKS * self.input_block / self.input_rate)

    def _in_words(self, error: Exception, device: Device) -> DeviceError:
        what = f"'{self.input}' with '{self.output}'" if self.is_duplex else f"'{device.label}'"
        rate = self.output_rate if device.label == self.output else self.input_rate
        return DeviceError(f"{what} {reason(error, rate)}")

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

    @property
    def is_input_alive(self) -> bool:
        return self._is_active(self._streams[0])

    @property
    def is_output_alive(self) -> bool:
        return self._is_active(self._streams[-1])

    def _is_active(self, stream: Any) -> bool:
        try:
            return bool(stream.active)
        except self._sd.PortAudioError:
            return False

    @property
    def backlog_seconds(self) -> float:
        return self._age.grown_seconds

    @property
    def spare_seconds(self) -> float:
        """ALSA says how much it has left. Elsewhere one block is what a callback may be late by."""
        block = self.output_block / self.output_rate
        if self._sink.host_api != "ALSA":
            return block
        latency = self._streams[-1].latency
        held = float(latency[1] if self.is_duplex else latency)  # when it asks in time
        return max(0.0, held - block - self._lead.lost_seconds)

    def start(self, capture: Capture, play: Play) -> None:
        """Let sound flow. From here on `capture` and `play` are called on threads of the sound system."""
        try:
            self._start_streams()
            if self._waits_once:
                self._start_in_step()
        except self._sd.PortAudioError as error:
            self.close()
            raise DeviceError(f"'{self.input}', '{self.output}': {reason(error, self.input_rate)}") from error
        self._ends = capture, play

    def _start_streams(self) -> None:
        with realtime.raised_library_threads():
            for stream in self._streams:
                stream.start()

    def _start_in_step(self) -> None:
        """Open again, as long as sound is queued in front of the first that is heard: it would stay there.

        To only start again leaves PulseAudio's plugin calling in uneven steps.
        """
        most = float(self._streams[0].latency[0]) + _TOLERATED_BLOCKS * self.input_block / self.input_rate
        for _ in range(_START_TRIES - 1):
            if self._first_blocks.are_younger_than(most):
                return
            LOGGER.info("'%s' began late and is opened again", self.input)
            self.close()
            if not self.has_let_go():  # its callbacks might still come, beside those of another
                raise DeviceError(f"'{self.input}' does not answer; choose another device, or try again.")
            self._open_afresh()
            self._start_streams()

    def close(self) -> None:
        """Stop at once; what the sound card still holds is thrown away. May be called twice."""
        self._closing.close(self._streams)

    def has_let_go(self) -> bool:
        return self._closing.has_let_go()

    # ---- callbacks

    def _on_duplex(self, indata: Any, outdata: Any, frames: int, time: Any, status: Any) -> None:
        """Audio callback."""
        capture, play = self._ends
        self._take(capture, indata, frames, time)
        self._fill(play, outdata, frames, time)
        self._note("input", status)

    def _on_input(self, indata: Any, frames: int, time: Any, status: Any) -> None:
        """Input callback."""
        self._take(self._ends[0], indata, frames, time)
        self._note("input", status)

    def _on_output(self, outdata: Any, frames: int, time: Any, status: Any) -> None:
        """Output callback."""
        self._fill(self._ends[1], outdata, frames, time)
        self._note("output", status)

    def _take(self, capture: Capture, indata: Any, frames: int, time: Any) -> None:
        """Input callback. Mix the first one or two channels down to one."""
        if time.inputBufferAdcTime > 0.0:  # some systems do not know when they recorded, and say 0
            age = time.currentTime - time.inputBufferAdcTime
            self._first_blocks.add(age)
            self._age.add(age, frames)
        mixed = self._mixed[:frames]
        if indata.shape[1] == 1:
            mixed[:] = indata[:, 0]
        else:
            np.add(indata[:, 0], indata[:, 1], out=mixed)
            mixed *= 0.5
        capture(mixed)

    def _fill(self, play: Play, outdata: Any, frames: int, time: Any) -> None:
        """Output callback. The same sound for all channels."""
        self._lead.add(time.outputBufferDacTime - time.currentTime, frames)
        mono = self._mono[:frames]
        play(mono)
        outdata[:] = mono[:, np.newaxis]

    def _note(self, end: str, status: Any) -> None:
        """Audio callback. Count what the sound system complains of; raise the thread's priority, once."""
        if status:
            self.device_xruns += 1
        if not self._is_raised[end]:
            self._is_raised[end] = True
            realtime.raise_thread_priority(realtime.CALLBACK_PRIORITY)


class _InputAge:
    """How long sound lies about before the callback gets it. After a stall it stays queued, for good.

    Written by the input callback alone; `grown_seconds` is one float, replaced whole.
    """

    def __init__(self, rate: int) -> None:
        self._watch_samples = round(_AGE_WATCH_SECONDS * rate)
        self._samples = 0
        self._least = float("inf")
        self._first: float | None = None
        self.grown_seconds = 0.0

    def add(self, age: float, samples: int) -> None:
        """Input callback."""
        self._least = min(self._least, age)
        self._samples += samples
        if self._samples >= self._watch_samples:
            self._first = self._least if self._first is None else min(self._first, self._least)
            grown = self._least - self._first
            self.grown_seconds = grown if grown > _AGE_WAVERS_SECONDS else 0.0
            self._samples, self._least = 0, float("inf")


def _ignore(block: Audio) -> None:
    """What is heard before anybody listens."""


def _be_silent(out: Audio) -> None:
    out.fill(0.0)


def block_at(preset: Preset, rate: int) -> int:
    return max(16, round(preset.block_samples * rate / 48000))


def reason(error: Exception, rate: int) -> str:
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
