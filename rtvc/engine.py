"""Live conversion for hours: states, commands, and devices that come and go. Knows no model and no DSP.

Four activities. The audio callbacks (threads of the sound system) copy and count. A worker runs the chain
(both in rtvc/session.py). The keeper (rtvc/keeper.py) watches over them, opens devices again and builds what
commands ask for. The caller starts, stops, gives commands and looks at stats and notices.

    stopped -> starting -> running <-> recovering
                              `---------> failed      (the chain broke; devices alone never get here)
"""

import queue
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from rtvc import audio_io, realtime
from rtvc.audio_link import AudioLink, DeviceChoice, OpenAudio
from rtvc.howl_guard import HowlGuard
from rtvc.inlet import Inlet, Utterance
from rtvc.keeper import Keeper, Notice
from rtvc.measured import Measured
from rtvc.monitor import MonitorKeeper, OpenOutput
from rtvc.opening import BuildChain, LoopReport, Opener, Wanted
from rtvc.orders import Orders
from rtvc.recorder import Recorder
from rtvc.runaway import RunawayGuard
from rtvc.scope import Columns, Scope
from rtvc.settings import ChainSettings
from rtvc.speaker_memory import SpeakerMemory
from rtvc.stats import State, Stats
from rtvc.tap import Listener

_WAKE_SECONDS = 0.1


class Engine:
    """Sound from one device through a chain to another, until stopped. One thread at a time gives commands.

    with Engine(build_chain, ChainSettings()) as engine:
        engine.apply(ChainSettings(target="p225"))
        engine.wait()
    """

    def __init__(
        self,
        build: BuildChain,
        settings: ChainSettings,
        devices: DeviceChoice | None = None,
        open_audio: OpenAudio = audio_io.open_audio,
        clock: Callable[[], float] = time.monotonic,
        open_output: OpenOutput = audio_io.open_output,
        measured: Measured | None = None,
        speakers: SpeakerMemory | None = None,
        stamp: Callable[[], object] = lambda: None,
    ) -> None:
        """`measured` knows how late devices really are; without it their sound system is believed.

        `speakers` knows who spoke before; without it every start finds out anew. `stamp` differs from before
        where `build` would build something else for the same settings.
        """
        self._opener = Opener(build, open_audio, clock, measured, speakers, stamp)
        self._orders = Orders(Wanted(settings, devices or DeviceChoice()))
        self._howl_guard = HowlGuard()
        self._listeners: dict[str, Listener] = {"howl guard": self._howl_guard}
        self._monitors = MonitorKeeper(open_output, self._listeners, clock)
        self._inlet = Inlet()
        self._keeper = self._new_keeper()
        self._surroundings = ExitStack()
        self._recorder: Recorder | None = None
        self._scope: Scope | None = None

    def __enter__(self) -> "Engine":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _new_keeper(self) -> Keeper:
        return Keeper(
            self._opener, self._orders, self._listeners, self._monitors, self._howl_guard, self._inlet
        )

    @property
    def state(self) -> State:
        return self._keeper.now.state

    @property
    def link(self) -> AudioLink:
        session = self._keeper.now.session
        assert session is not None, "the engine has no devices before it starts"
        return session.link

    @property
    def wanted(self) -> Wanted:
        """What was asked for last and not refused; it may not be in effect yet."""
        return self._orders.wanted

    # ---- start and stop

    def prepare(self) -> None:
        """While stopped: build what the next start will want, so that it need not. May take a second."""
        assert self.state is State.STOPPED, "what runs was built already"
        self._opener.prepare(self.wanted)

    def start(self) -> None:
        """Open the devices, build the chain for their rates unless it is prepared, and let sound flow."""
        assert self.state is State.STOPPED, "an engine is started once, then stopped"
        self._keeper = self._new_keeper()
        self._surroundings.enter_context(realtime.punctual_interpreter())
        self._surroundings.enter_context(RunawayGuard())
        try:
            self._keeper.start()
        except BaseException:
            self._surroundings.close()
            raise

    def measure_latency(self) -> LoopReport:
        """Chirps through the devices that are wanted, for some seconds; used from the next start on."""
        assert self.state is State.STOPPED, "the devices are in use"
        return self._opener.measure(self.wanted)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the end; True when it came, an error when it was a failure."""
        ended = self._keeper.ended.wait(_WAKE_SECONDS if timeout is None else timeout)
        while timeout is None and not ended:  # now and then the main thread must see to its signals
            ended = self._keeper.ended.wait(_WAKE_SECONDS)
        if self._keeper.error is not None:
            raise self._keeper.error
        return ended

    def stop(self) -> None:
        """Fade out, close the devices and end all threads. May be called at any time, and twice."""
        self._keeper.stop()
        self.stop_recording()
        self._surroundings.close()

    # ---- commands: each returns at once; a notice tells when it is in effect, or why it is not

    def apply(self, settings: ChainSettings) -> None:
        """Change the sound, across a fade. Of what is asked for while a chain is built the last counts."""
        self._orders.give(replace(self.wanted, settings=settings))

    def use(self, devices: DeviceChoice) -> None:
        """Change to other devices; the present ones are heard until the others are."""
        self._orders.give(replace(self.wanted, devices=devices))

    def bypass(self, is_bypassed: bool) -> None:
        """One's own voice instead of the other, as late as it, to compare the two."""
        self._orders.give(replace(self.wanted, is_bypassed=is_bypassed))

    def mute(self, is_muted: bool) -> None:
        self._orders.give(replace(self.wanted, is_muted=is_muted))

    def give(self, wanted: Wanted) -> None:
        """All of these at once. Before the start it is what the start is made with."""
        self._orders.give(wanted)

    def insert(self, utterance: Utterance) -> None:
        """Let sound in that no microphone heard; whoever inserts it fills it and sees when it is over."""
        self._inlet.put(utterance)

    # ---- recording

    def record(self, input_path: Path, output_path: Path) -> None:
        """Write both ends to WAV files from now on; an error here is one of the files'."""
        self.stop_recording()
        link = self.link
        self._recorder = Recorder(input_path, output_path, link.input_rate, link.output_rate)
        self._listeners["recorder"] = self._recorder
        self._orders.given.set()

    def stop_recording(self) -> Recorder | None:
        """End the files; returns what was recording, to be asked for paths and seconds."""
        recorder, self._recorder = self._recorder, None
        if recorder is not None:
            del self._listeners["recorder"]
            self._orders.given.set()
            recorder.close()
        return recorder

    # ---- what it looks like

    def look(self, is_on: bool) -> None:
        """Begin or end to take spectrograms of both ends; before the start, too."""
        if is_on and self._scope is None:
            self._listeners["scope"] = self._scope = Scope()
        elif not is_on:
            self._scope = None
            self._listeners.pop("scope", None)
        self._orders.given.set()

    def spectrogram(self) -> Columns:
        """What is new since the last call, which should not be long ago. The summing is done here."""
        return self._scope.columns() if self._scope else {}

    # ---- what happens

    def next_notice(self, timeout: float = 0.0) -> Notice | None:
        """The oldest thing that happened and was not yet asked for; None when there is nothing new."""
        try:
            return self._keeper.notices.get(timeout=timeout) if timeout else self._keeper.notices.get_nowait()
        except queue.Empty:
            return None

    def stats(self) -> Stats:
        """What happens now. Cheap, and safe on any thread: every number has one writer and is read once."""
        now = self._keeper.now
        if now.session is None:
            return Stats(state=now.state, message=now.message)
        chain, recorder, monitoring = now.session.chain, self._recorder, self._monitors.now
        latency, heard_along = now.session.latency(), monitoring.delay_seconds
        return Stats(
            **vars(now.past + now.session.counts()),
            state=now.state,
            message=now.message,
            latency=latency,
            load=chain.hops.load,
            hop_p99_ms=chain.hops.p99_ms(),
            effort=chain.pace.effort,
            recorded_seconds=recorder.seconds if recorder else 0.0,
            recording_drops=recorder.dropped_blocks if recorder else 0,
            howls=self._howl_guard.howls,
            ducked_db=self._howl_guard.duck_db,
            drift_ppm=chain.output.drift_ppm,
            recoveries=now.recoveries,
            monitor_ms=None if heard_along is None else latency.before_output_ms + heard_along * 1e3,
            monitor_underruns=monitoring.underruns,
            monitor_drops=monitoring.drops,
            f0_hz=chain.pipeline.f0_hz,
            input_peak=chain.input_level.level,
            output_peak=chain.output_level.level,
        )
