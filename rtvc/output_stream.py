"""OutputStream, one more open output device, for those who listen along. Has no microphone."""

from typing import Any

import numpy as np

from rtvc import realtime
from rtvc.audio_link import Play
from rtvc.closing import Closing
from rtvc.devices import Device
from rtvc.errors import DeviceError
from rtvc.presets import Preset
from rtvc.streams import block_at, reason


class OutputStream:
    """A stream of PortAudio (`sd` is the module sounddevice) that asks for sound from `start` to `close`."""

    def __init__(self, sd: Any, sink: Device, preset: Preset, rate: int) -> None:
        self._sd, self.label, self.rate = sd, sink.label, rate
        self.block = block_at(preset, rate)
        self._play: Play = lambda out: out.fill(0.0)
        self._mono = np.zeros(self.block, np.float32)
        self._is_raised = False
        self._closing = Closing(sd)
        try:
            self._stream = sd.OutputStream(
                samplerate=rate,
                blocksize=self.block,
                device=sink.index,
                channels=min(2, sink.max_output_channels),
                dtype="float32",
                latency="low",
                dither_off=True,
                callback=self._on_output,
            )
        except (sd.PortAudioError, ValueError) as error:
            raise DeviceError(f"'{self.label}' {reason(error, rate)}") from error

    @property
    def latency_seconds(self) -> float:
        return float(self._stream.latency)

    @property
    def is_alive(self) -> bool:
        try:
            return bool(self._stream.active)
        except self._sd.PortAudioError:
            return False

    def start(self, play: Play) -> None:
        """From here on `play` is called on a thread of the sound system."""
        self._play = play
        try:
            self._stream.start()
        except self._sd.PortAudioError as error:
            self.close()
            raise DeviceError(f"'{self.label}' {reason(error, self.rate)}") from error

    def close(self) -> None:
        """May be called twice."""
        self._closing.close([self._stream])

    def _on_output(self, outdata: Any, frames: int, time: Any, status: Any) -> None:
        """Output callback. The same sound for all channels."""
        mono = self._mono[:frames]
        self._play(mono)
        outdata[:] = mono[:, np.newaxis]
        if not self._is_raised:
            self._is_raised = True
            realtime.raise_thread_priority(realtime.CALLBACK_PRIORITY)
