"""WavWriter, a mono 16-bit WAV file that is playable at any moment, also when the program is killed."""

import struct
from pathlib import Path

import numpy as np

from rtvc.errors import AudioFileError
from rtvc.stage import Audio

_HEADER = struct.Struct("<4sI4s4sIHHIIHH4sI")
_SAMPLE_BYTES = 2
_MOST_BYTES = 0xFFFFFFFF - _HEADER.size  # WAV counts with 32 bits
_HEADER_SECONDS = 0.5  # how much sound a kill may cost


class WavWriter:
    """Samples in, file out; the header is made true twice a second and at the end."""

    def __init__(self, path: Path, sample_rate: int) -> None:
        self.path, self.sample_rate = path, sample_rate
        self._bytes = self._declared_bytes = 0
        try:
            self._file = open(path, "wb", buffering=0)  # what is written survives us
            self._file.write(self._header())
        except OSError as error:
            raise AudioFileError(f"'{path}' cannot be written ({error.strerror or error}).") from error

    @property
    def seconds(self) -> float:
        return self._bytes / _SAMPLE_BYTES / self.sample_rate

    def write(self, samples: Audio) -> None:
        """Append; what is beyond full scale is clipped."""
        if self._bytes + len(samples) * _SAMPLE_BYTES > _MOST_BYTES:
            raise AudioFileError(f"'{self.path}' has reached 4 GB, the most a WAV file holds.")
        try:
            self._append((np.clip(samples, -1.0, 1.0) * 32767.0).round().astype("<i2").tobytes())
            if self._bytes - self._declared_bytes >= _HEADER_SECONDS * self.sample_rate * _SAMPLE_BYTES:
                self._declare()
        except OSError as error:
            raise AudioFileError(
                f"'{self.path}' cannot be written on ({error.strerror or error})."
            ) from error

    def _append(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:  # a disk that is nearly full takes a part
            written = self._file.write(rest)
            self._bytes += written
            rest = rest[written:]

    def close(self) -> None:
        """May be called twice. A disk too full for a few bytes of header costs the last half second."""
        if self._file.closed:
            return
        try:
            self._declare()
        except OSError:
            pass
        self._file.close()

    def _declare(self) -> None:
        self._file.seek(0)
        self._file.write(self._header())
        self._file.seek(_HEADER.size + self._bytes)
        self._declared_bytes = self._bytes

    def _header(self) -> bytes:
        whole = self._bytes - self._bytes % _SAMPLE_BYTES
        rate = self.sample_rate
        form = 16, 1, 1, rate, rate * _SAMPLE_BYTES, _SAMPLE_BYTES, 8 * _SAMPLE_BYTES
        return _HEADER.pack(b"RIFF", _HEADER.size - 8 + whole, b"WAVE", b"fmt ", *form, b"data", whole)
