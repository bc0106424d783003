"""--control: the live program steered by another, in JSON lines. docs/control.md describes the lines.

Four threads beside those of the engine, none of which sound waits for: a reader of commands, a writer of
events, one that does what takes its time (devices are opened there), and the main thread, which checks
commands, answers, and tells stats.
"""

import base64
import queue
import time
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from rtvc import changes, realtime, say_command, scope
from rtvc.audio_io import look_afresh, open_audio
from rtvc.audio_link import DeviceChoice, OpenAudio
from rtvc.control_lines import expect, number_of, parsed
from rtvc.engine import Engine
from rtvc.errands import Errands
from rtvc.errors import RtvcError, UsageError
from rtvc.event_writer import EventWriter
from rtvc.headless import stats_as_json, stop_on_signals
from rtvc.line_reader import LineReader
from rtvc.log import LOGGER
from rtvc.measured import Measured
from rtvc.opening import BuildChain
from rtvc.settings import ChainSettings
from rtvc.speaker_memory import SpeakerMemory
from rtvc.stats import State
from rtvc.talker import Said, Talker

PROTOCOL = 1
_STATS_SECONDS = 0.04


def run(
    build: BuildChain,
    settings: ChainSettings,
    devices: DeviceChoice | None = None,
    open_audio: OpenAudio = open_audio,
    commands: int = 0,
    events: int = 1,
    measured: Measured | None = None,
    speakers: SpeakerMemory | None = None,
    stamp: Callable[[], object] = lambda: None,
) -> int:
    """Do as the lines on standard input say until they end, and return the exit code.

    Args:
        commands, events: file descriptors to read from and to write to.
    """
    writer = EventWriter(events)
    engine = Engine(build, settings, devices, open_audio, measured=measured, speakers=speakers, stamp=stamp)
    control = _Control(engine, writer)
    with stop_on_signals() as is_stopped, realtime.punctual_interpreter():
        with realtime.raised_thread_priority(realtime.ONLOOKER_PRIORITY):
            writer.send("hello", protocol=PROTOCOL, settings=changes.current(engine.wanted))
            control.serve(LineReader(commands), is_stopped)
            control.errands.end()
        engine.stop()
        writer.send("bye")
        writer.close()
    return 0


class _Control:
    """The main thread's side; `_do` and what it calls run on the errands' thread."""

    def __init__(self, engine: Engine, writer: EventWriter) -> None:
        self._engine, self._writer = engine, writer
        self._talker = Talker(engine, self._has_said)
        self._has_quit = False
        self.errands = Errands("rtvc control errands", when_idle=self._prepare)
        self._quick = {"set": self._set, "get": self._get, "spectrum": self._spectrum, "quit": self._quit}
        self._slow = {
            "start": self._start,
            "stop": self._stop,
            "record": self._record,
            "say": self._say,
            "measure": self._measure,
            "devices": self._devices,
            "voices": self._voices,
            "models": self._models,
            "timbres": self._timbres,
        }

    def serve(self, reader: LineReader, is_stopped: Callable[[], bool]) -> None:
        """Until told to quit, the commands end or nobody reads the answers any more."""
        next_stats = time.monotonic()
        while not (self._has_quit or is_stopped() or self._writer.is_broken):
            try:
                line = reader.next(max(0.001, next_stats - time.monotonic()))
            except queue.Empty:
                pass
            else:
                if line is None:
                    return
                self._handle(line)
            if time.monotonic() >= next_stats:
                next_stats = max(next_stats + _STATS_SECONDS, time.monotonic())
                self._tell()

    def _tell(self) -> None:
        while (notice := self._engine.next_notice()) is not None:
            self._writer.send(notice.kind, state=notice.state, message=notice.message)
        if self._engine.state is not State.STOPPED:
            self._writer.send_if_room("stats", **stats_as_json(self._engine.stats()))
        columns = self._engine.spectrogram()
        if any(columns.values()):
            plain = {end: base64.b64encode(data).decode("ascii") for end, data in columns.items()}
            self._writer.send_if_room("spectrum", **plain)

    # ---- commands

    def _handle(self, line: bytes) -> None:
        """Whatever the line is, it is answered with one sentence or with what it asked for."""
        number: Any = None
        try:
            command = parsed(line)
            number = number_of(command.pop("id", None))
            name = command.pop("cmd", None)
            if isinstance(name, str) and name in self._quick:
                self._answer(number, self._quick[name](command))
            elif isinstance(name, str) and name in self._slow:
                self.errands.add(partial(self._do, number, name, command))
            else:
                known = ", ".join([*self._quick, *self._slow])
                raise UsageError(f"There is no command {name!r:.40}; 'cmd' is one of {known}.")
        except RtvcError as error:
            self._refuse(number, error)

    def _do(self, number: Any, name: str, command: dict[str, Any]) -> None:
        """Errands' thread."""
        try:
            self._answer(number, self._slow[name](command))
        except RtvcError as error:
            self._refuse(number, error)
        except Exception as error:
            self._refuse(number, RtvcError(f"This went wrong ({type(error).__name__}: {error})."))

    def _answer(self, number: Any, content: dict[str, Any]) -> None:
        self._writer.send("answer", id=number, ok=True, **content)

    def _refuse(self, number: Any, error: RtvcError) -> None:
        self._writer.send("answer", id=number, ok=False, error=str(error), code=error.exit_code)

    # ---- quick commands

    def _set(self, command: dict[str, Any]) -> dict[str, Any]:
        wanted = changes.changed(self._engine.wanted, command)
        self._engine.give(wanted)
        if self._engine.state is State.STOPPED:
            self.errands.nudge()
        return {}

    def _get(self, command: dict[str, Any]) -> dict[str, Any]:
        expect(command)
        return {"state": self._engine.state, "settings": changes.current(self._engine.wanted)}

    def _spectrum(self, command: dict[str, Any]) -> dict[str, Any]:
        expect(command, "on")
        if type(is_on := command.get("on")) is not bool:
            raise UsageError("'spectrum' takes 'on', which is true or false.")
        self._engine.look(is_on)
        return {
            "bands": scope.BANDS,
            "columns_per_second": scope.COLUMNS_PER_SECOND,
            "lowest_hz": scope.LOWEST_HZ,
            "highest_hz": scope.HIGHEST_HZ,
            "floor_db": scope.FLOOR_DB,
        }

    def _quit(self, command: dict[str, Any]) -> dict[str, Any]:
        expect(command)
        self._has_quit = True
        return {}

    # ---- commands that take their time, one after the other

    def _prepare(self) -> None:
        """Errands' thread. What the next start will want; what can't be built is for the start to tell."""
        if self._engine.state is State.STOPPED:
            try:
                self._engine.prepare()
            except Exception as error:
                LOGGER.info("nothing was prepared: %s", error)

    def _start(self, command: dict[str, Any]) -> dict[str, Any]:
        """Errands' thread."""
        expect(command)
        if self._engine.state is State.FAILED:
            self._engine.stop()
        if self._engine.state is not State.STOPPED:
            raise UsageError("Sound is running already; 'stop' ends it.")
        self._engine.start()
        link = self._engine.link
        return {
            "input": link.input,
            "output": link.output,
            "input_rate": link.input_rate,
            "output_rate": link.output_rate,
            "duplex": link.is_duplex,
        }

    def _stop(self, command: dict[str, Any]) -> dict[str, Any]:
        """Errands' thread."""
        expect(command)
        self._engine.stop()
        return {}

    def _record(self, command: dict[str, Any]) -> dict[str, Any]:
        """Errands' thread."""
        expect(command, "input", "output")
        if not command:
            recorder = self._engine.stop_recording()
            return {"seconds": round(recorder.seconds, 2) if recorder else 0.0}
        paths = command.get("input"), command.get("output")
        if not all(isinstance(path, str) and path for path in paths):
            raise UsageError("'record' takes two paths, 'input' and 'output', or none to end the recording.")
        if self._engine.state not in (State.RUNNING, State.RECOVERING):
            raise UsageError("There is no sound to record; 'start' comes first.")
        self._engine.record(Path(str(paths[0])), Path(str(paths[1])))
        return {}

    def _say(self, command: dict[str, Any]) -> dict[str, Any]:
        """Errands' thread."""
        if not command:
            self._talker.hush()
            return {}
        expect(command, *say_command.NAMES)
        digits, how = say_command.parsed(command)
        number, settled = self._talker.say(digits, **how)
        return {"number": number, "voice": settled.voice, "seed": settled.seed}

    def _has_said(self, said: Said) -> None:
        """Talker's thread."""
        self._writer.send(
            "said", number=said.number, digits=said.digits, seconds=said.seconds, whole=said.is_whole
        )

    def _measure(self, command: dict[str, Any]) -> dict[str, Any]:
        """Errands' thread."""
        expect(command)
        if self._engine.state is not State.STOPPED:
            raise UsageError("The devices are in use; 'stop' comes before 'measure'.")
        return asdict(self._engine.measure_latency())

    def _devices(self, command: dict[str, Any]) -> dict[str, Any]:
        """Errands' thread. While sound runs the sound system tells what it knew when it was opened."""
        from rtvc.listings import device_rows

        expect(command)
        is_fresh = self._engine.state is State.STOPPED
        if is_fresh:
            look_afresh()
        return {"devices": device_rows(), "fresh": is_fresh}

    def _voices(self, command: dict[str, Any]) -> dict[str, Any]:
        """Errands' thread."""
        from rtvc.listings import voice_rows

        expect(command)
        return {"voices": voice_rows()}

    def _models(self, command: dict[str, Any]) -> dict[str, Any]:
        """Errands' thread."""
        from rtvc.listings import model_rows

        expect(command)
        return {"models": model_rows()}

    def _timbres(self, command: dict[str, Any]) -> dict[str, Any]:
        """Errands' thread."""
        from rtvc.listings import timbre_rows

        expect(command)
        return {"timbres": timbre_rows()}
