"""AudioReader and AudioWriter: files as blocks of mono samples; whatever is wrong with one is one sentence.

Refuses to know what happens to the sound in between.
"""

import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import soundfile

from rtvc.errors import AudioFileError
from rtvc.stage import Audio
from rtvc.truncation import missing_bytes

MAX_CHANNELS = 2
MIN_RATE = 8_000
MAX_RATE = 384_000
WRITABLE = {".wav": "WAV", ".flac": "FLAC"}

_FROM_16_BIT = {"wav": "PCM_16", "flac": "PCM_16"}
_FROM_24_BIT = {"wav": "PCM_24", "flac": "PCM_24"}
_FROM_FLOAT = {"wav": "FLOAT", "flac": "PCM_24"}
_FINER_SOURCES = {"PCM_24": _FROM_24_BIT, "PCM_32": _FROM_24_BIT, "FLOAT": _FROM_FLOAT, "DOUBLE": _FROM_FLOAT}
_BYTES_PER_SAMPLE = {"PCM_16": 2, "PCM_24": 3, "FLOAT": 4}
_WAV_LIMIT_BYTES = 2**32 - 65_536  # a WAV counts its bytes in 32 bits; RF64 is the same with 64
_UNKNOWN_FRAMES = 2**60  # libsndfile's answer for streamed files is near 2**63


def shown(path: Path | str) -> str:
    """The path in quotes; names that are no valid text become printable."""
    return "'" + str(path).encode("utf-8", "backslashreplace").decode() + "'"


def check_places(source: Path, destination: Path) -> None:
    """Refuse what can be refused before any file is opened."""
    with _reachable(source):
        _check_source(source)
        _check_destination(destination, source)


def check_destination(path: Path) -> None:
    """The same for sound that comes from no file."""
    with _reachable(path):
        _check_destination(path, None)


@contextmanager
def _reachable(place: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:  # a folder that can't be looked into, a name too long
        named = shown(error.filename or place)
        raise AudioFileError(f"{named} can't be reached: {reason(error)}; choose another place.") from error


def _check_source(path: Path) -> None:
    if path.is_dir():
        raise AudioFileError(f"{shown(path)} is a folder where an audio file is expected; name a file in it.")
    if not path.exists():
        raise AudioFileError(f"There is no file {shown(path)}; check the name and the folder.")
    if not path.is_file():
        raise AudioFileError(f"{shown(path)} is not a regular file; save the sound to an audio file first.")
    if path.stat().st_size == 0:
        raise AudioFileError(f"{shown(path)} is empty (0 bytes); an audio file with sound in it is expected.")


def _check_destination(path: Path, source: Path | None) -> None:
    if path.is_dir():
        example = path / (source.with_suffix(".wav").name if source else "new.wav")
        raise AudioFileError(
            f"{shown(path)} is a folder where the name of the new file is expected; try {shown(example)}."
        )
    if path.suffix.lower() not in WRITABLE:
        found = f"ends in '{path.suffix}'" if path.suffix else "has no ending"
        raise AudioFileError(
            f"{shown(path)} {found}, and only {' and '.join(WRITABLE)} files are written; change the ending."
        )
    if source and path.exists() and path.samefile(source):
        raise AudioFileError(
            f"{shown(path)} is the same file as the source {shown(source)}; choose another name."
        )
    if not path.parent.is_dir():
        raise AudioFileError(f"There is no folder {shown(path.parent)} to write to; create it first.")


class AudioReader:
    """An audio file as blocks of mono float32. Stereo is mixed to its mean."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            missing = missing_bytes(path)
            self._file = soundfile.SoundFile(_native(path))
        except OSError as error:
            raise AudioFileError(f"{shown(path)} can't be opened: {reason(error)}.") from error
        # TypeError: soundfile wants to be told about files that end in .raw
        except (soundfile.SoundFileError, TypeError) as error:
            raise AudioFileError(
                f"{shown(path)} is not audio that can be read, or it is damaged; "
                "expected is a WAV, FLAC, MP3, OGG or AIFF file, so convert it to one first."
            ) from error
        try:
            self._check(missing)
        except BaseException:
            self._file.close()
            raise

    def _check(self, missing: int) -> None:
        name, channels, rate = shown(self.path), self._file.channels, self._file.samplerate
        if missing:
            raise AudioFileError(
                f"{name} is cut short: its header promises {missing} bytes more than the file holds; "
                "copy or export it again."
            )
        if channels > MAX_CHANNELS:
            raise AudioFileError(
                f"{name} has {channels} channels; expected is mono or stereo, so mix it down first."
            )
        if not MIN_RATE <= rate <= MAX_RATE:
            raise AudioFileError(
                f"{name} has a sample rate of {rate} Hz; expected are {MIN_RATE} to {MAX_RATE} Hz, "
                "so resample it first."
            )
        if self._file.frames == 0:
            raise AudioFileError(f"{name} has a header but no samples; expected is a file with sound in it.")

    @property
    def sample_rate(self) -> int:
        return int(self._file.samplerate)

    @property
    def samples(self) -> int | None:
        """How many the header promises; None where it doesn't say."""
        frames = int(self._file.frames)
        return frames if frames < _UNKNOWN_FRAMES else None

    @property
    def subtype(self) -> str:
        return str(self._file.subtype)

    def blocks(self, size: int) -> Iterator[Audio]:
        """All samples, `size` at a time."""
        count = 0
        while len(block := self._read(size)):
            if not np.isfinite(block).all():
                raise AudioFileError(
                    f"{shown(self.path)} holds samples that are not numbers (NaN or infinite) "
                    f"after {count / self.sample_rate:.2f} s; repair or export it again."
                )
            count += len(block)
            yield block.mean(axis=1, dtype=np.float32)
        self._check_count(count)

    def _read(self, size: int) -> Audio:
        try:
            block: Audio = self._file.read(size, dtype="float32", always_2d=True)
        except (soundfile.SoundFileError, OSError) as error:
            raise AudioFileError(
                f"{shown(self.path)} is damaged or cut short and can't be read to its end; "
                "copy or export it again."
            ) from error
        return block

    def _check_count(self, count: int) -> None:
        # An MP3's length is an estimate, and it is made to be cut anywhere.
        exact = self.samples is not None and not self.subtype.startswith("MPEG")
        if count == 0 or (exact and count != self.samples):
            raise AudioFileError(
                f"{shown(self.path)} is cut short: {count} of {self.samples} samples are there; "
                "copy or export it again."
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._file.close()


class AudioWriter:
    """A new audio file that appears under its name when it is complete, and not at all otherwise."""

    def __init__(self, path: Path, sample_rate: int, source_subtype: str, samples: int | None) -> None:
        self.path = path.resolve()  # a link to a file keeps being a link
        self._partial = self.path.parent / f".rtvc-{secrets.token_hex(6)}.part"
        container = WRITABLE[path.suffix.lower()]
        subtype = output_subtype(container, source_subtype)
        try:
            self._file = self._open(container, subtype, sample_rate, samples)
        except BaseException as error:
            self._partial.unlink(missing_ok=True)
            if isinstance(error, OSError):
                raise AudioFileError(
                    f"The folder {shown(self.path.parent)} can't be written to: {reason(error)}; "
                    "choose another one."
                ) from error
            if isinstance(error, soundfile.SoundFileError):
                raise AudioFileError(
                    f"{shown(path)} can't be written as {container} at {sample_rate} Hz; "
                    "choose another ending or sample rate."
                ) from error
            raise

    def _open(
        self, container: str, subtype: str, sample_rate: int, samples: int | None
    ) -> soundfile.SoundFile:
        # Made here and not by libsndfile: never over another file, and with the user's umask.
        os.close(os.open(self._partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
        return soundfile.SoundFile(
            _native(self._partial),
            "w",
            samplerate=sample_rate,
            channels=1,
            format=_container(container, subtype, samples),
            subtype=subtype,
        )

    def write(self, block: Audio) -> None:
        try:
            self._file.write(block)
        # soundfile asserts that everything was written, which a full disk prevents
        except (soundfile.SoundFileError, OSError, AssertionError) as error:
            raise self._incomplete() from error

    def _incomplete(self) -> AudioFileError:
        return AudioFileError(
            f"{shown(self.path)} can't be written to its end; make sure there is space left on the disk."
        )

    def _check_end(self, samples: int) -> None:
        """FLAC loses what it still holds when the disk is full, and says nothing."""
        try:
            with soundfile.SoundFile(_native(self._partial)) as written:
                written.seek(max(0, samples - 1))
                complete = written.frames == samples and len(written.read(1)) == min(1, samples)
        except soundfile.SoundFileError as error:
            raise self._incomplete() from error
        if not complete:
            raise self._incomplete()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            samples = int(self._file.frames)
            self._file.close()
            if kind is None:
                self._check_end(samples)
                os.replace(self._partial, self.path)
        except (soundfile.SoundFileError, OSError) as failure:
            raise AudioFileError(
                f"{shown(self.path)} can't be written: {failure}; choose another name."
            ) from failure
        finally:
            self._partial.unlink(missing_ok=True)


def output_subtype(container: str, source_subtype: str) -> str:
    """16 bits unless the source is finer."""
    return _FINER_SOURCES.get(source_subtype, _FROM_16_BIT)[container.lower()]


def _container(container: str, subtype: str, samples: int | None) -> str:
    too_long = (samples or 0) * _BYTES_PER_SAMPLE[subtype] > _WAV_LIMIT_BYTES
    return "RF64" if container == "WAV" and too_long else container


def _native(path: Path) -> str | bytes:
    """Bytes where the system's names are bytes, so that a name needn't be valid text."""
    return str(path) if sys.platform == "win32" else os.fsencode(path)


def reason(error: OSError) -> str:
    """The system's words for it, to stand within a sentence."""
    return (error.strerror or str(error)).lower()
