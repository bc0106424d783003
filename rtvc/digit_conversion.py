"""Digits through a chain, as whoever it turns them into. Makes no digits and opens no device."""

from collections.abc import Iterable, Iterator
from itertools import chain, islice

import numpy as np
import soxr

from rtvc.mel import MelSpec
from rtvc.speaker_scan import scan_audio
from rtvc.stage import Audio, Pipeline

_INTRODUCED_BY = 4  # pieces: so many tell a conversion who is speaking


def through(parts: Iterable[Audio], pipeline: Pipeline, rate: int) -> Iterator[Audio]:
    """Sound through a chain that is new, to its last sample and no further.

    Args:
        parts: sound at `rate`, in pieces of any length.
        pipeline: from `rate` to whatever it puts out.
        rate: samples a second that go in.
    """
    waiting = iter(parts)
    if pipeline.wants_speaker:
        first = list(islice(waiting, _INTRODUCED_BY))
        sound = np.concatenate([np.zeros(0, np.float32), *first])
        speaker = scan_audio(soxr.resample(sound, rate, MelSpec().sample_rate, quality="VHQ"))
        pipeline.know_speaker(speaker)
        waiting = chain(first, waiting)
    taken = given = 0
    held = np.zeros(int(np.ceil(pipeline.latency_seconds * rate)) + 1, np.float32)
    for part in waiting:
        taken += len(part)
        out = pipeline.process(part)
        given += len(out)
        yield out
    yield pipeline.process(held)[: max(0, round(taken * pipeline.output_rate / rate) - given)]
