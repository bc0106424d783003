"""convert_file: a file through the same pipeline that runs live. Knows no folders and no options.

What a pipeline puts out is aligned in time with what it took in, only later:

    in   |---- the file ----|-- silence --|
    out  |---- the result --|             cut where the file ended
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rtvc.audio_file import MAX_RATE, MIN_RATE, AudioReader, AudioWriter, check_places, shown
from rtvc.errors import AudioFileError, UsageError
from rtvc.speaker_scan import scan
from rtvc.stage import Audio, Pipeline

MakePipeline = Callable[[int, int], Pipeline]  # input rate, output rate
Progress = Callable[[int, int | None], None]  # samples taken, samples in all; None: not known

_BLOCK_SAMPLES = 8192


@dataclass(frozen=True)
class Conversion:
    """What was made of a file."""

    source: Path
    destination: Path
    input_rate: int
    output_rate: int
    input_samples: int
    output_samples: int
    elapsed_seconds: float

    @property
    def seconds(self) -> float:
        return self.input_samples / self.input_rate

    @property
    def real_time_factor(self) -> float:
        return self.elapsed_seconds / self.seconds


def convert_file(
    source: Path,
    destination: Path,
    make_pipeline: MakePipeline,
    *,
    output_rate: int | None = None,
    progress: Progress | None = None,
) -> Conversion:
    """Convert one audio file; the result has its length to the sample.

    Args:
        source: anything soundfile reads, mono or stereo (mixed to mono).
        destination: a .wav or .flac file; it appears when it is complete.
        make_pipeline: called once with the file's rate and the rate of the result.
        output_rate: samples per second of the result; the source's own unless given.
        progress: called after each block; whatever it raises ends the conversion and leaves no file.

    Raises:
        AudioFileError: with a sentence for the user; nothing has been written then.
    """
    started = time.perf_counter()
    check_output_rate(output_rate)
    check_places(source, destination)
    with AudioReader(source) as reader:
        rate = output_rate or reader.sample_rate
        pipeline = make_pipeline(reader.sample_rate, rate)
        if pipeline.wants_speaker:
            # A file can be listened to beforehand: its first word need not pay for finding out.
            pipeline.know_speaker(scan(source))
        expected = None if reader.samples is None else _scaled(reader.samples, reader.sample_rate, rate)
        with AudioWriter(destination, rate, reader.subtype, expected) as writer:
            taken, given = _stream(reader, writer, pipeline, rate, progress)
    return Conversion(
        source, destination, reader.sample_rate, rate, taken, given, time.perf_counter() - started
    )


def check_output_rate(rate: int | None) -> None:
    if rate is not None and not MIN_RATE <= rate <= MAX_RATE:
        raise UsageError(
            f"The sample rate asked for is {rate} Hz; it must lie between {MIN_RATE} and {MAX_RATE} Hz."
        )


def _stream(
    reader: AudioReader, writer: AudioWriter, pipeline: Pipeline, rate: int, progress: Progress | None
) -> tuple[int, int]:
    """Everything through the pipeline; returns samples taken and given."""
    taken = given = 0
    held = np.zeros(0, dtype=np.float32)

    def give(block: Audio) -> None:
        """Write what lies before the end of the input so far; a resampler may be a sample ahead of it."""
        nonlocal given, held
        held = np.concatenate((held, pipeline.process(block)))
        due = held[: _scaled(taken, reader.sample_rate, rate) - given]
        _check_numbers(due, reader.path)
        writer.write(due)
        given += len(due)
        held = held[len(due) :]

    for block in reader.blocks(_BLOCK_SAMPLES):
        taken += len(block)
        give(block)
        if progress:
            progress(taken, reader.samples)
    length = _scaled(taken, reader.sample_rate, rate)
    for silence in _silence(pipeline, reader.sample_rate):
        if given < length:
            give(silence)
    assert given == length, f"{length - given} samples never came: a stage holds back more than it declares"
    return taken, given


def _silence(pipeline: Pipeline, input_rate: int) -> list[Audio]:
    """Blocks enough to push out all that the pipeline holds back."""
    blocks = 1 + math.ceil((pipeline.latency_seconds * input_rate + 1) / _BLOCK_SAMPLES)
    return [np.zeros(_BLOCK_SAMPLES, dtype=np.float32)] * blocks


def _check_numbers(block: Audio, source: Path) -> None:
    if not np.isfinite(block).all():
        raise AudioFileError(
            f"{shown(source)} became samples that are not numbers, as sound far too loud would; "
            "bring it down to a normal level."
        )


def _scaled(samples: int, rate_in: int, rate_out: int) -> int:
    return round(samples * rate_out / rate_in)
