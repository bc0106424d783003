"""Recorder, what is heard and what is said meanwhile, into two files, without ever keeping sound waiting."""

import queue
import threading
from pathlib import Path

import numpy as np

from rtvc import realtime
from rtvc.errors import RtvcError
from rtvc.resample import Resampler
from rtvc.stage import Audio
from rtvc.wav_writer import WavWriter

_MOST_WAITING = 4096  # blocks; some ten seconds of both ends
_LONGEST_SILENCE_WRITTEN_AT_ONCE = 65536


class Recorder:
    """Two files that begin with the same moment: sample k of the one became sample k of the other.

    `take` is called by the worker. The queue is the interpreter's own, whose `put` waits for nobody; its
    bound is looked at before, and what finds no room becomes silence, so that the files keep their time.
    """

    def __init__(self, input_path: Path, output_path: Path, input_rate: int, output_rate: int) -> None:
        self._tracks = {"input": _Track(input_path, input_rate)}
        try:
            self._tracks["output"] = _Track(output_path, output_rate)
        except BaseException:
            self._tracks["input"].close()
            raise
        self._waiting: queue.SimpleQueue[tuple[str, int, int, Audio] | None] = queue.SimpleQueue()
        # Stored by the worker alone.
        self._owed = {"input": 0, "output": 0}
        self.dropped_blocks = 0
        # Stored once by the writer, which then takes nothing more.
        self.error: RtvcError | None = None
        self._thread = threading.Thread(target=self._write, name="rtvc recorder", daemon=True)
        self._thread.start()

    @property
    def paths(self) -> tuple[Path, Path]:
        return self._tracks["input"].writer.path, self._tracks["output"].writer.path

    @property
    def seconds(self) -> float:
        """Of sound that is in the file."""
        return self._tracks["input"].writer.seconds

    def take(self, end: str, rate: int, samples: Audio, silence: int = 0) -> None:
        """Worker thread. `silence` samples of nothing, then `samples`, which nobody changes any more."""
        if self.error is not None:
            return
        silence += self._owed[end]
        if self._waiting.qsize() >= _MOST_WAITING:
            self._owed[end] = silence + len(samples)
            self.dropped_blocks += 1
            return
        self._owed[end] = 0
        self._waiting.put((end, rate, silence, samples))

    def close(self, patience_seconds: float = 5.0) -> None:
        """Write what waits and end the files. A disk that hangs is waited for no longer than said."""
        self._waiting.put(None)
        self._thread.join(patience_seconds)

    def _write(self) -> None:
        """Recorder's thread."""
        realtime.raise_thread_priority(realtime.ONLOOKER_PRIORITY)
        try:
            while (item := self._waiting.get()) is not None:
                end, rate, silence, samples = item
                self._tracks[end].write(rate, silence, samples)
        except RtvcError as error:
            self.error = error
        finally:
            for track in self._tracks.values():
                track.close()


class _Track:
    """One file, at one rate, also when the device is exchanged for one with another. Recorder's thread."""

    def __init__(self, path: Path, rate: int) -> None:
        self.writer = WavWriter(path, rate)
        self._rate = rate
        self._resampler = Resampler(rate, rate)

    def write(self, rate: int, silence: int, samples: Audio) -> None:
        if rate != self._rate:
            self._rate, self._resampler = rate, Resampler(rate, self.writer.sample_rate)
        while silence:
            count = min(silence, _LONGEST_SILENCE_WRITTEN_AT_ONCE)
            self.writer.write(self._resampler.process(np.zeros(count, np.float32)))
            silence -= count
        self.writer.write(self._resampler.process(samples))

    def close(self) -> None:
        self.writer.close()
