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
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from tests.live.witness import Witness

RATE = 48000
_SOUND = ["--raw", "--format=float32le", f"--rate={RATE}"]
_START_PATIENCE_SECONDS = _END_PATIENCE_SECONDS = 10.0
_LATELY_SECONDS = 60.0  # longer than any try lasts

_DAEMON = f"""
exit-idle-time = -1
flat-volumes = no
realtime-scheduling = yes
default-sample-format = float32le
default-sample-rate = {RATE}
alternate-sample-rate = {RATE}
"""
_MICROPHONE = "module-remap-source source_name=mic master=cable.monitor remix=no channels=1 channel_map=mono"
_SPEAKER = (
    "module-remap-sink sink_name=speaker master=cable remix=no channels=1 channel_map=mono "
    "master_channel_map=front-left"
)
# Without norewinds the null sink renders seconds ahead and then stalls.
_MODULES = f"""
load-module module-native-protocol-unix auth-anonymous=1 socket={{folder}}/socket
load-module module-null-sink sink_name=cable rate={RATE} format=float32le channels=2 norewinds=1
load-module {_SPEAKER}
load-module module-remap-sink sink_name=mouth master=cable remix=no \
  channels=1 channel_map=mono master_channel_map=front-right
load-module module-cli-protocol-unix socket={{folder}}/orders
load-module {_MICROPHONE} master_channel_map=front-right
set-default-sink speaker
set-default-source mic
"""
# Without handle_underrun the plugin hides underruns, and the delay just grows.
_ALSA = """
</usr/share/alsa/alsa.conf>
pcm.!default { type pulse handle_underrun true hint { show on description "Card" } }
ctl.!default { type pulse }
pcm.card_mic { type pulse device mic handle_underrun true }
pcm.card_speaker { type pulse device speaker handle_underrun true }
pcm.CardMic { type asym capture.pcm "card_mic" hint { show on description "Card microphone" } }
pcm.CardSpeaker { type asym playback.pcm "card_speaker" hint { show on description "Card speaker" } }
"""


def why_unavailable() -> str | None:
    """The reason why no virtual card can be had here, if there is one."""
    for tool in ("pulseaudio", "pactl", "pacat", "parec"):
        if shutil.which(tool) is None:
            return f"{tool} is not installed"
    if not any(Path("/usr/lib").glob("*/alsa-lib/libasound_module_pcm_pulse.so")):
        return "ALSA's pulse plugin (libasound2-plugins) is not installed"
    return None


class VirtualCard:
    """Runs as long as the `with` block; everything it starts ends with it."""

    def __enter__(self) -> "VirtualCard":
        self.folder = Path(tempfile.mkdtemp(prefix="card."))
        self._processes: list[subprocess.Popen[bytes]] = []
        self.environment = self._make_environment()
        self.witness = Witness()
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
        self.witness.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def is_quiet(self) -> bool:
        """Whether what goes wrong with the sound is the program's doing.

        Else other programs leave no room for the card, or the machine itself stood still in the last minute.
        """
        is_held_up = bool(self.witness.held_up(time.monotonic() - _LATELY_SECONDS))
        return self.is_realtime and not is_held_up and os.getloadavg()[0] < (os.cpu_count() or 1)

    def start(self) -> None:
        """Let the card be there; again after `kill`."""
        self._start_daemon()
        # A reader that always listens keeps the blocks of the null sink small.
        self._spawn(["parec", "-d", "cable.monitor", "--latency-msec=10", *_SOUND], stdout=subprocess.DEVNULL)

    def kill(self) -> None:
        """Let the card be gone, without a word to those who use it."""
        self._daemon.kill()
        self._daemon.wait()

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
                self._ask("load-module", *_SPEAKER.split())
                self._ask("set-default-sink", "speaker")
            else:
                self._ask("load-module", *_MICROPHONE.split(), "master_channel_map=front-right")
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
        self._ask("load-module", *_MICROPHONE.split(), f"master_channel_map={channel}")
        self._ask("set-default-source", "mic")

    def _ask(self, *command: str) -> str:
        done = subprocess.run(["pactl", *command], env=self.environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """The card neither answers nor ends."""
        self._daemon.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._daemon.send_signal(signal.SIGCONT)

    def _make_environment(self) -> dict[str, str]:
        folder = self.folder
        (folder / "daemon.conf").write_text(_DAEMON)
        (folder / "client.conf").write_text("autospawn = no\n")
        (folder / "modules.pa").write_text(_MODULES.replace("{folder}", str(folder)))
        (folder / "alsa.conf").write_text(_ALSA)
        hidden = ("DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "PULSE_LATENCY_MSEC")
        kept = {name: value for name, value in os.environ.items() if name not in hidden}
        return kept | {
            "HOME": str(folder),
            "XDG_RUNTIME_DIR": str(folder),
            "PULSE_RUNTIME_PATH": str(folder),
            "PULSE_SERVER": f"unix:{folder}/socket",
            "PULSE_COOKIE": str(folder / "cookie"),
            "PULSE_CONFIG": str(folder / "daemon.conf"),
            "PULSE_CLIENTCONFIG": str(folder / "client.conf"),
            "ALSA_CONFIG_PATH": str(folder / "alsa.conf"),
            "JACK_NO_START_SERVER": "1",
        }

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
        self._daemon = daemon
        self._processes.append(daemon)
        deadline = time.monotonic() + _START_PATIENCE_SECONDS
        while subprocess.run(["pactl", "info"], env=self.environment, capture_output=True).returncode:
            if daemon.poll() is not None or time.monotonic() > deadline:
                log_text = (self.folder / "daemon.log").read_text(errors="replace")
                raise RuntimeError(f"PulseAudio did not start: {log_text[-500:]}")
        # It leaves its real-time rank at start, so it has to be given from outside.
        self.is_realtime = _raise_priority(daemon.pid, 8)

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
        assert recorder.stdout is not None
        recorder.stdout.read(4096)  # it runs
        say = ["pacat", "-d", "mouth", "--latency-msec=50", "--channels=1", *_SOUND]
        mouth = self._spawn(say, stdin=subprocess.PIPE)
        assert mouth.stdin is not None
        mouth.stdin.write(sound.tobytes())
        mouth.stdin.close()
        frames = np.frombuffer(recorder.stdout.read(round(seconds * RATE) * 8), np.float32).reshape(-1, 2)
        recorder.terminate()
        return frames[:, 1], frames[:, 0]


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
            pipe.close()


def _raise_priority(process: int, priority: int) -> bool:
    try:
        policy = os.SCHED_RR | os.SCHED_RESET_ON_FORK
        os.sched_setscheduler(process, policy, os.sched_param(priority))
    except PermissionError:
        return False
    return True
