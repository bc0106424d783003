"""A sound card made of software: a private PulseAudio whose microphone and speaker a test can reach behind.

One null sink of two channels is the whole card. Its left channel is the speaker, its right one feeds the
microphone, so one recording of both shows how late the speaker says what the microphone heard:

    mouth -> right ---.               .-> right -> mic -> program under test -> speaker -> left --.
                       `-- cable ----'<-----------------------------------------------------------'
                              `-- monitor: left and right, sample by sample
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from tests.live import card_setup
from tests.live.card_setup import RATE

_SOUND = ["--raw", "--format=float32le", f"--rate={RATE}"]
_START_PATIENCE_SECONDS = _END_PATIENCE_SECONDS = _ANSWER_PATIENCE_SECONDS = 10.0


class Spoilt(AssertionError):
    """Sound was lost, or late. Other failures are tried again only where the machine stood still for long.

    `load` is what the chain took of real time before anything was asked, where more than it had to run.
    """

    def __init__(self, what: str, load: float = 0.0) -> None:
        super().__init__(what)
        self.load = load


@contextmanager
def standing_still(process: "subprocess.Popen[bytes]") -> Iterator[None]:
    """It stands still, as on a machine that sleeps."""
    process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


def why_unavailable() -> str | None:
    """The reason why no virtual card can be had here, if there is one."""
    for tool in ("pulseaudio", "pactl", "pacat", "parec"):
        if shutil.which(tool) is None:
            return f"{tool} is not installed"
    if not any(Path("/usr/lib").glob("*/alsa-lib/libasound_module_pcm_pulse.so")):
        return "ALSA's pulse plugin (libasound2-plugins) is not installed"
    return None


def begin_program() -> None:
    """For programs: end here where there can be no card; and later as on Ctrl-C when told to end, so that no
    sound server stays behind and disturbs who comes after.
    """
    if (reason := why_unavailable()) is not None:
        print(f"No virtual card: {reason}.", file=sys.stderr)
        raise SystemExit(2)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


class VirtualCard:
    """Runs as long as the `with` block; everything it starts ends with it."""

    def __enter__(self) -> "VirtualCard":
        self.folder = Path(tempfile.mkdtemp(prefix="card."))
        self._processes: list[subprocess.Popen[bytes]] = []  # what makes up the card, and runs on it
        self.environment = card_setup.write(self.folder)
        try:
            self.start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in reversed(self._processes):
            _end(process)
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self) -> None:
        """Let the card be there; again after `kill`."""
        self._start_daemon()
        # A reader that always listens keeps the blocks of the null sink small.
        listen = ["parec", "-d", "cable.monitor", "--latency-msec=10", *_SOUND]
        self._spawn(listen, stdout=subprocess.DEVNULL)

    def kill(self) -> None:
        """Let the card be gone, without a word to those who use it."""
        self.server.kill()
        self.server.wait()

    @contextmanager
    def without(self, device: str) -> Iterator[None]:
        """The speaker or the microphone is pulled out meanwhile, and what was open on it ends."""
        kind, users = ("sinks", "sink-inputs") if device == "speaker" else ("sources", "source-outputs")
        name, verb = ("speaker", "kill-sink-input") if device == "speaker" else ("mic", "kill-source-output")
        number = self._row(kind, f"\t{name}\t")[0]
        victims = [
            row.split()[0]
            for row in self._ask("list", "short", users).splitlines()
            if row.split()[1] == number
        ]
        module = self._row("modules", f"name={name} ")[0]
        self._order(*(f"{verb} {victim}" for victim in victims), f"unload-module {module}")
        try:
            yield
        finally:
            if device == "speaker":
                self._ask("load-module", *card_setup.SPEAKER.split())
                self._ask("set-default-sink", "speaker")
            else:
                self._ask("load-module", *card_setup.MICROPHONE.split(), "master_channel_map=front-right")
                self._ask("set-default-source", "mic")

    def _row(self, kind: str, text: str) -> list[str]:
        return next(row for row in self._ask("list", "short", kind).splitlines() if text in row).split()

    def _order(self, *lines: str) -> None:
        """To the daemon itself, all at once: between two calls of pactl streams find another device."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(self.folder / "orders"))
            connection.sendall("".join(line + "\n" for line in lines).encode())
            connection.settimeout(0.5)
            try:
                while connection.recv(4096):
                    pass
            except TimeoutError:
                pass  # it has no more to say

    @contextmanager
    def echoing(self) -> Iterator[None]:
        """The microphone hears the speaker instead of the mouth. Nobody may be listening meanwhile."""
        self._let_microphone_hear("front-left")
        try:
            yield
        finally:
            self._let_microphone_hear("front-right")

    def _let_microphone_hear(self, channel: str) -> None:
        self._ask("unload-module", self._row("modules", "source_name=mic ")[0])
        self._ask("load-module", *card_setup.MICROPHONE.split(), f"master_channel_map={channel}")
        self._ask("set-default-source", "mic")

    def _ask(self, *command: str) -> str:
        done = subprocess.run(
            ["pactl", *command],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=_ANSWER_PATIENCE_SECONDS,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def frozen(self) -> AbstractContextManager[None]:
        """The card neither answers nor ends."""
        return standing_still(self.server)

    def _start_daemon(self) -> None:
        environment = {name: value for name, value in self.environment.items() if name != "PULSE_SERVER"}
        command = [
            "pulseaudio",
            "-n",
            "--daemonize=no",
            "--use-pid-file=no",
            "-F",
            f"{self.folder}/modules.pa",
        ]
        with open(self.folder / "daemon.log", "wb") as log:
            daemon = subprocess.Popen(command, env=environment, stderr=log)
        self.server = daemon
        self._processes.append(daemon)
        deadline = time.monotonic() + _START_PATIENCE_SECONDS
        while subprocess.run(["pactl", "info"], env=self.environment, capture_output=True).returncode:
            if daemon.poll() is not None or time.monotonic() > deadline:
                log_text = (self.folder / "daemon.log").read_text(errors="replace")
                raise RuntimeError(f"PulseAudio did not start: {log_text[-500:]}")
        # It leaves its real-time rank at start, so it has to be given from outside.
        _raise_priority(daemon.pid, 8)

    def _spawn(self, command: list[str], **options: object) -> "subprocess.Popen[bytes]":
        process = subprocess.Popen(command, env=self.environment, **options)  # type: ignore[call-overload]
        self._processes.append(process)
        return process  # type: ignore[no-any-return]

    def run(self, command: list[str], errors: Path | None = None) -> "subprocess.Popen[bytes]":
        """Start the program under test, with its standard input and output in pipes, errors in a file.

        It has the rank it gives itself. With a rank for all of its threads, those of the sound library were
        seen to spin and to starve the card they were waiting for, and with it the whole machine.
        """
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        with open(errors, "wb") if errors else nullcontext() as file:
            process = subprocess.Popen(command, env=self.environment, stderr=file, **pipes)
        self._processes.append(process)
        return process

    def play(self, path: Path) -> "subprocess.Popen[bytes]":
        """Raw sound from a file into the microphone, for as long as it lasts."""
        with open(path, "rb") as sound:
            say = ["pacat", "-d", "mouth", "--latency-msec=50", "--channels=1", *_SOUND]
            return self._spawn(say, stdin=sound)

    def listen(self, source: str) -> "subprocess.Popen[bytes]":
        """One channel of raw sound on standard output, from when this returns."""
        command = ["parec", "-d", source, "--latency-msec=20", "--channels=1", *_SOUND]
        process = self._spawn(command, stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.read(4096)  # it runs
        return process

    def say_and_listen(self, sound: NDArray[np.float32], seconds: float) -> tuple[NDArray[np.float32], ...]:
        """Play into the microphone; return what the microphone and the speaker had to say meanwhile."""
        listen = ["parec", "-d", "cable.monitor", "--latency-msec=20", "--channels=2", *_SOUND]
        recorder = self._spawn(listen, stdout=subprocess.PIPE)
        say = ["pacat", "-d", "mouth", "--latency-msec=50", "--channels=1", *_SOUND]
        patience = seconds + _ANSWER_PATIENCE_SECONDS
        assert recorder.stdout is not None
        with ended_after(patience, recorder):
            recorder.stdout.read(4096)  # it runs
            mouth = self._spawn(say, stdin=subprocess.PIPE)
            assert mouth.stdin is not None
            with ended_after(patience, mouth), suppress(BrokenPipeError), mouth.stdin:
                mouth.stdin.write(sound.tobytes())
            raw = recorder.stdout.read(round(seconds * RATE) * 8)
        recorder.terminate()
        if len(raw) < round(seconds * RATE) * 8:
            self.kill()
            self.start()
            raise Spoilt(f"the card fell silent after {len(raw) / 8 / RATE:.2f} of {seconds:.2f} s")
        frames = np.frombuffer(raw, np.float32).reshape(-1, 2)
        return frames[:, 1], frames[:, 0]


@contextmanager
def ended_after(seconds: float, process: "subprocess.Popen[bytes]") -> Iterator[None]:
    """Who no longer answers would let whoever waits for it wait for good."""
    timer = threading.Timer(seconds, process.kill)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Ask, then insist, and close the pipes."""
    process.terminate()
    try:
        process.wait(_END_PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(BrokenPipeError):
                pipe.close()


def _raise_priority(process: int, priority: int) -> None:
    """Where that is allowed."""
    with suppress(PermissionError):
        policy = os.SCHED_RR | os.SCHED_RESET_ON_FORK
        os.sched_setscheduler(process, policy, os.sched_param(priority))
