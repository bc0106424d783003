"""Player: lets a sound file or a tone be heard, on the output that was chosen if it is found."""

import math
from array import array
from pathlib import Path
from typing import Any

from PyQt6.QtCore import QBuffer, QByteArray, QIODevice, QObject, pyqtSignal

_RATE = 48_000
_TONE_SECONDS, _TONE_HZ, _TONE_LEVEL = 1.2, 440.0, 0.15
_FADE_SECONDS = 0.05


class Player(QObject):
    """What it takes to play is loaded when something is played first."""

    said = pyqtSignal(str, str)
    ended = pyqtSignal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._sink: Any = None
        self._buffer: QBuffer | None = None

    def play_tone(self, output: str) -> bool:
        """Args: output: a part of the device's name; empty: the default. False, and said, where it can't."""
        return self._play(_tone(), 1, _RATE, output)

    def play_file(self, path: Path, output: str) -> bool:
        import soundfile

        try:
            frames, rate = soundfile.read(path, dtype="int16", always_2d=True)
        except (OSError, RuntimeError) as error:
            self.said.emit(self.tr("{0} can't be played: {1}").format(path.name, error), "error")
            return False
        return self._play(frames.tobytes(), frames.shape[1], rate, output)

    def stop(self) -> None:
        if self._sink is not None:
            sink, self._sink = self._sink, None
            sink.stop()
            self.ended.emit()

    def _play(self, frames: bytes, channels: int, rate: int, output: str) -> bool:
        from PyQt6.QtMultimedia import QAudioFormat, QAudioSink

        self.stop()
        device = _find_output(output)
        if device is None:
            self.said.emit(self.tr("There is no output to play on."), "error")
            return False
        form = QAudioFormat()
        form.setSampleRate(rate)
        form.setChannelCount(channels)
        form.setSampleFormat(QAudioFormat.SampleFormat.Int16)
        self._buffer = QBuffer(self)
        self._buffer.setData(QByteArray(frames))
        self._buffer.open(QIODevice.OpenModeFlag.ReadOnly)
        self._sink = QAudioSink(device, form, self)
        self._sink.stateChanged.connect(self._look)
        self._sink.start(self._buffer)
        return True

    def _look(self, state: Any) -> None:
        if state.name == "IdleState":  # all is played; the enum's home differs from one Qt to the next
            self.stop()


def _find_output(name: str) -> Any:
    """Qt and PortAudio name some devices differently; what is not found is played on the default."""
    from PyQt6.QtMultimedia import QMediaDevices

    outputs = QMediaDevices.audioOutputs()
    wanted = name.casefold()
    for device in outputs:
        label = device.description().casefold()
        if wanted and (wanted in label or label in wanted):
            return device
    return QMediaDevices.defaultAudioOutput() if outputs else None


def _tone() -> bytes:
    count, fade = round(_TONE_SECONDS * _RATE), round(_FADE_SECONDS * _RATE)
    samples = array("h")
    for place in range(count):
        edge = min(1.0, place / fade, (count - place) / fade)
        samples.append(round(32767 * _TONE_LEVEL * edge * math.sin(2 * math.pi * _TONE_HZ * place / _RATE)))
    return samples.tobytes()
