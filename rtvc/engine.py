"""Live conversion: devices, a worker thread and the states between start and stop. Knows no model and no DSP.

Three activities. The audio callbacks (threads of the sound system) copy and count. The worker thread runs the
chain. The caller's thread starts, stops, waits and looks at the stats.
"""

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType

from rtvc import audio_io, realtime
from rtvc.errors import DeviceError, RtvcError
from rtvc.live_chain import LiveChain
from rtvc.presets import Preset
from rtvc.stage import Audio, Pipeline
from rtvc.stats import Latency, State, Stats

MakePipeline = Callable[[int, int], Pipeline]  # input rate, output rate

_WAKE_SECONDS = 0.1  # how often the worker looks around when no sound comes in
_DEAD_AFTER_SECONDS = 1.0  # a device that does not call for so long is gone
_START_PATIENCE_SECONDS = 3.0  # but the first call may take: Bluetooth has to wake up
_COLLECT_EVERY_SECONDS = 5.0
_FADE_OUT_SECONDS = 0.01


class Engine:
    """Sound from one device through a pipeline to another, until stopped.

    with Engine(make_pipeline, preset) as engine:
        engine.wait()
    """

    def __init__(
        self,
        make_pipeline: MakePipeline,
        preset: Preset,
        input_device: str | int | None = None,
        output_device: str | int | None = None,
        sample_rate: int | None = None,
        open_audio: audio_io.OpenAudio = audio_io.open_audio,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._make_pipeline, self._preset = make_pipeline, preset
        self._wanted = input_device, output_device, sample_rate
        self._open_audio, self._clock = open_audio, clock
        self._link: audio_io.AudioLink | None = None
        self._chain: LiveChain | None = None
        self._worker: threading.Thread | None = None
        self._surroundings = ExitStack()
        # Set once by the worker or the caller, then only read.
        self._ended = threading.Event()
        self._is_stopping = False
        # Stored by the worker when it fails, before `_ended` is set; and by the caller when no worker runs.
        self._state = State.STOPPED
        self._error: RtvcError | None = None
        # One float each, stored by one callback, read by the worker.
        self._last_capture = self._last_play = 0.0
        # A bare lock as a binary semaphore: locked means nothing to do. Only the worker locks it, only the
        # input callback unlocks it (and `stop`, when there are no more callbacks), and unlocking never waits.
        # A Condition or an Event would make the callback wait for a lock that the worker may just hold.
        self._work_to_do = threading.Lock()

    # ---- the caller's side

    def __enter__(self) -> "Engine":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def state(self) -> State:
        return self._state

    @property
    def link(self) -> audio_io.AudioLink:
        assert self._link is not None, "the engine has no devices before it starts"
        return self._link

    def start(self) -> None:
        """Open the devices, build the chain for their rates, warm it up and let sound flow."""
        assert self._state is State.STOPPED, "an engine is started once, then stopped"
        self._state = State.STARTING
        self._ended.clear()
        self._is_stopping, self._error = False, None
        try:
            self._link = self._open_audio(self._preset, *self._wanted)
            self._chain = self._build_chain(self._link)
            self._surroundings.enter_context(realtime.punctual_interpreter())
            self._start_threads(self._link)
        except BaseException:
            self._shut_down()
            raise

    def _build_chain(self, link: audio_io.AudioLink) -> LiveChain:
        pipeline = self._make_pipeline(link.input_rate, link.output_rate)
        assert pipeline.output_rate == link.output_rate, "the pipeline speaks at another rate than the device"
        chain = LiveChain(
            pipeline, link.input_rate, link.input_block, link.output_block, self._preset, link.is_duplex
        )
        chain.warm_up()
        return chain

    def _start_threads(self, link: audio_io.AudioLink) -> None:
        self._work_to_do.acquire(blocking=False)
        self._last_capture = self._last_play = self._clock() + _START_PATIENCE_SECONDS - _DEAD_AFTER_SECONDS
        self._state = State.RUNNING
        self._worker = threading.Thread(target=self._work, name="rtvc worker", daemon=True)
        self._worker.start()
        link.start(self._on_capture, self._on_play)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the end; True when it came, an error when it was a failure."""
        ended = self._ended.wait(_WAKE_SECONDS if timeout is None else timeout)
        while timeout is None and not ended:  # now and then the main thread must see to its signals
            ended = self._ended.wait(_WAKE_SECONDS)
        if self._error is not None:
            raise self._error
        return ended

    def stop(self) -> None:
        """Fade out, close the devices and end the worker. May be called at any time, and twice."""
        if self._state is State.RUNNING and self._chain is not None:
            self._chain.output.mute()
            time.sleep(_FADE_OUT_SECONDS + min(0.2, self.link.output_latency_seconds))  # lets it be heard
        self._shut_down()

    def _shut_down(self) -> None:
        self._is_stopping = True
        if self._link is not None:
            self._link.close()
        if self._worker is not None:
            if self._work_to_do.locked():
                self._work_to_do.release()
            self._worker.join()
            self._worker = None
        self._surroundings.close()
        self._state = State.STOPPED
        self._ended.set()

    def stats(self) -> Stats:
        """What happens now. Cheap, and safe on any thread: every number has one writer and is read once."""
        chain, link = self._chain, self._link
        if chain is None or link is None:
            return Stats(self._state)
        return Stats(
            state=self._state,
            seconds=chain.captured_seconds,
            latency=self._latency(chain, link),
            load=chain.hops.load,
            hop_p99_ms=chain.hops.p99_ms(),
            underruns=chain.output.underruns,
            overruns=chain.overruns,
            drops=chain.cuts + chain.output.cuts,
            dropped_ms=chain.dropped_seconds * 1e3,
            repairs=chain.repairs,
            device_xruns=link.device_xruns,
            input_peak=chain.input_level.level,
            output_peak=chain.output_level.level,
        )

    def _latency(self, chain: LiveChain, link: audio_io.AudioLink) -> Latency:
        return Latency(
            input_ms=link.input_latency_seconds * 1e3,
            chain_ms=chain.latency_seconds * 1e3,
            buffer_ms=chain.buffer_seconds * 1e3,
            output_ms=link.output_latency_seconds * 1e3,
        )

    # ---- audio callbacks

    def _on_capture(self, block: Audio) -> None:
        """Input callback."""
        assert self._chain is not None
        self._chain.capture(block)
        self._last_capture = self._clock()
        if self._work_to_do.locked():
            self._work_to_do.release()

    def _on_play(self, out: Audio) -> None:
        """Output callback."""
        assert self._chain is not None
        self._chain.play(out)
        self._last_play = self._clock()

    # ---- worker

    def _work(self) -> None:
        """Worker thread. The border of the chain: whatever happens in it ends here, as a sentence."""
        realtime.raise_thread_priority(realtime.WORKER_PRIORITY)
        try:
            self._work_until_stopped()
        except RtvcError as error:
            self._fail(error)
        except Exception as error:
            sentence = RtvcError(f"The conversion broke off: {type(error).__name__}: {error}")
            sentence.__cause__ = error
            self._fail(sentence)

    def _work_until_stopped(self) -> None:
        """Worker thread."""
        assert self._chain is not None
        collected = self._clock()
        while not self._is_stopping:
            if self._chain.work_once():
                self._check_devices()
                continue
            if self._clock() - collected > _COLLECT_EVERY_SECONDS:
                realtime.collect_garbage()
                collected = self._clock()
            self._work_to_do.acquire(timeout=_WAKE_SECONDS)
            self._check_devices()

    def _check_devices(self) -> None:
        """Worker thread. A device that vanishes does not say so: its callbacks just stop.

        This is where reopening it belongs, once the engine can recover; for now it fails with a sentence.
        """
        now = self._clock()
        if self._is_stopping:
            return
        is_deaf = now - self._last_capture > _DEAD_AFTER_SECONDS
        is_dumb = now - self._last_play > _DEAD_AFTER_SECONDS
        if is_deaf and is_dumb and self.link.input == self.link.output:
            raise DeviceError(f"The sound device '{self.link.input}' went away or hangs; start again.")
        if is_deaf and is_dumb:
            raise DeviceError(f"'{self.link.input}' and '{self.link.output}' went away, or hang.")
        if is_deaf:
            raise DeviceError(f"The microphone '{self.link.input}' went away; connect it and start again.")
        if is_dumb:
            raise DeviceError(f"The output device '{self.link.output}' went away; connect it, start again.")

    def _fail(self, error: RtvcError) -> None:
        """Worker thread. Silence first, then the news; the devices stay open until the caller stops."""
        assert self._chain is not None
        self._chain.output.mute()
        self._error = error
        self._state = State.FAILED
        self._ended.set()
