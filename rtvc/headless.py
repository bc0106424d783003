"""Live conversion without a window: says what runs and how it goes, ends on Ctrl-C. Parses no arguments."""

import json as json_format
import math
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

from rtvc import catalog, realtime
from rtvc.audio_io import open_audio
from rtvc.audio_link import AudioLink, DeviceChoice, OpenAudio
from rtvc.digit_settings import DigitSettings
from rtvc.engine import Engine
from rtvc.keeper import Notice
from rtvc.key_commands import HELP, KeyCommands, Typed
from rtvc.keys import pressed_keys
from rtvc.measured import Measured
from rtvc.opening import BuildChain
from rtvc.settings import ChainSettings
from rtvc.speaker_memory import SpeakerMemory
from rtvc.stats import State, Stats

_STATUS_SECONDS = 0.25
_JSON_SECONDS = 1.0
_LOOK_SECONDS = 0.1  # how soon a signal is noticed


def run(
    build: BuildChain,
    settings: ChainSettings,
    devices: DeviceChoice | None = None,
    seconds: float | None = None,
    json: bool = False,
    record: tuple[Path, Path] | None = None,
    shows_stats: bool = False,
    open_audio: OpenAudio = open_audio,
    measured: Measured | None = None,
    speakers: SpeakerMemory | None = None,
    typed: Typed = DigitSettings,
) -> int:
    """Convert live until Ctrl-C, SIGTERM or the end of `seconds`, and return the exit code.

    Raises:
        RtvcError: a device or a file to record would not open at the start, or the chain broke.
    """
    show = _JsonReport(sys.stdout) if json else _TextReport(sys.stdout, shows_stats)
    engine = Engine(build, settings, devices, open_audio, measured=measured, speakers=speakers)
    keys = KeyCommands(engine, lambda: list(catalog.voice_paths()), typed=typed)
    with stop_on_signals() as is_stopped, pressed_keys() as read_key:
        try:
            with engine, realtime.raised_thread_priority(realtime.ONLOOKER_PRIORITY):
                show.started(settings.summary, engine.link, engine.stats())
                if not json and sys.stdin is not None and sys.stdin.isatty():
                    show.said(HELP)
                if record is not None:
                    engine.record(*record)
                _watch(engine, show, seconds, lambda: is_stopped() or _obey(keys, read_key(), show))
                last = engine.stats()
            show.stopped(last)
        except BrokenPipeError:
            return _quit_quietly()
        finally:
            show.end_line()
    return 0


def _obey(keys: KeyCommands, key: str, show: Any) -> bool:
    """True when the key said to end."""
    if key:
        show.said(keys.press(key))
    return keys.has_quit


def _watch(engine: Engine, show: Any, seconds: float | None, is_stopped: Callable[[], bool]) -> None:
    shown = 0.0
    while not is_stopped():
        engine.wait(_LOOK_SECONDS)
        while (notice := engine.next_notice()) is not None:
            show.noticed(notice)
        stats = engine.stats()
        if seconds is not None and stats.seconds >= seconds:
            return
        if stats.seconds - shown >= show.every_seconds:
            shown = stats.seconds
            show.running(stats)


@contextmanager
def stop_on_signals() -> Iterator[Callable[[], bool]]:
    """Main thread. Ctrl-C and SIGTERM only leave a mark: they cannot cut the closing of devices short."""
    caught: list[int] = []
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {
        number: signal.signal(number, lambda caught_one, _: caught.append(caught_one)) for number in numbers
    }
    try:
        yield lambda: bool(caught)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _quit_quietly() -> int:
    """The reader of our output has gone. Python must not complain about that at exit either."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


class _TextReport:
    """Sentences for people; the status line only where it can be written over."""

    every_seconds = _STATUS_SECONDS

    def __init__(self, stream: TextIO, shows_stats: bool = False) -> None:
        self._stream, self._is_terminal = stream, stream.isatty()
        self._shows_stats = shows_stats
        if shows_stats:
            self.every_seconds = _JSON_SECONDS
        self._line_is_open = self._is_recovering = False

    def started(self, summary: str, link: AudioLink, stats: Stats) -> None:
        """Say what runs, from where to where, and how late it will be."""
        rates = f"{link.input_rate} Hz"
        if link.output_rate != link.input_rate:
            rates += f" to {link.output_rate} Hz"
        way = "one stream" if link.is_duplex else "two streams"
        print(
            f"{summary}: '{link.input}' to '{link.output}', {rates}, {way}, "
            f"{stats.latency.total_ms:.0f} ms of delay. Ctrl-C ends it.",
            file=self._stream,
            flush=True,
        )

    def running(self, stats: Stats) -> None:
        if self._shows_stats:
            print(stats_line(stats), file=self._stream, flush=True)
        elif self._is_terminal:
            self._line_is_open = True
            self._stream.write("\r" + status_line(stats) + "\x1b[K")
            self._stream.flush()

    def noticed(self, notice: Notice) -> None:
        """Only what a person has to know: trouble, its end, and what was refused."""
        if notice.kind == "state" and notice.state is State.RECOVERING:
            self._is_recovering = True
            self.said(notice.message)
        elif notice.kind == "state" and notice.state is State.RUNNING and self._is_recovering:
            self._is_recovering = False
            self.said("It is back; sound flows again.")
        elif notice.kind in ("refused", "recording", "monitor", "howl"):
            self.said(notice.message)

    def said(self, sentence: str) -> None:
        self.end_line()
        print(sentence, file=self._stream, flush=True)

    def end_line(self) -> None:
        if self._line_is_open:
            self._line_is_open = False
            self._stream.write("\n")

    def stopped(self, stats: Stats) -> None:
        self.said(
            f"{stats.seconds:.1f} s converted; {stats.underruns} underruns, {stats.overruns} overruns, "
            f"{stats.drops} drops ({stats.dropped_ms:.0f} ms), {stats.device_xruns} xruns of the devices, "
            f"{stats.recoveries} recoveries."
        )


class _JsonReport:
    """One object a line, for programs."""

    every_seconds = _JSON_SECONDS

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def started(self, summary: str, link: AudioLink, stats: Stats) -> None:
        devices = {
            "input": link.input,
            "output": link.output,
            "input_rate": link.input_rate,
            "output_rate": link.output_rate,
            "duplex": link.is_duplex,
        }
        self._write("started", {"settings": summary, **devices, **stats_as_json(stats)})

    def running(self, stats: Stats) -> None:
        self._write("stats", stats_as_json(stats))

    def said(self, sentence: str) -> None:
        self._write("key", {"message": sentence})

    def noticed(self, notice: Notice) -> None:
        self._write("notice" if notice.kind != "state" else "state", asdict(notice))

    def end_line(self) -> None:
        pass

    def stopped(self, stats: Stats) -> None:
        self._write("stopped", stats_as_json(stats))

    def _write(self, event: str, content: dict[str, Any]) -> None:
        print(json_format.dumps({"event": event, **content}), file=self._stream, flush=True)


def status_line(stats: Stats) -> str:
    """One line of at most 79 characters."""
    faults = f"{stats.underruns} underruns {stats.drops} drops"
    return (
        f"{stats.seconds:.1f} s  in {_meter(stats.input_peak)} out {_meter(stats.output_peak)}  "
        f"{stats.latency.total_ms:.0f} ms  load {stats.load:.0%}  {faults}"
    )[:79]


def stats_line(stats: Stats) -> str:
    """All that is counted and measured, as name=value."""
    plain = stats_as_json(stats)
    latency = plain.pop("latency")
    plain.pop("message")
    return " ".join(f"{name}={value}" for name, value in (plain | latency).items())


def _meter(peak: float) -> str:
    full = 8
    decibels = 20 * math.log10(max(peak, 1e-6))
    bars = round(min(1.0, max(0.0, (decibels + 60) / 60)) * full)
    return "[" + "#" * bars + "-" * (full - bars) + "]"


def stats_as_json(stats: Stats) -> dict[str, Any]:
    """Numbers rounded to what they are good for."""
    latency = {name: round(value, 1) for name, value in asdict(stats.latency).items() if name.endswith("_ms")}
    latency["is_measured"] = stats.latency.is_measured
    latency["total_ms"] = round(stats.latency.total_ms, 1)
    plain = asdict(stats) | {"latency": latency}
    return {name: round(value, 4) if isinstance(value, float) else value for name, value in plain.items()}
