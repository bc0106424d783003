"""Session, one pair of open devices with a chain between them and the thread that runs it. Never reopens."""

import math
import threading
import time
from collections.abc import Callable

from rtvc import realtime
from rtvc.audio_link import AudioLink
from rtvc.bell import Bell
from rtvc.errors import RtvcError
from rtvc.fades import SINK_SECONDS
from rtvc.live_chain import LiveChain
from rtvc.presets import Preset
from rtvc.stage import Audio, Pipeline
from rtvc.stats import Counts, Latency

_WAKE_SECONDS = 0.1  # how often the worker looks around when no sound comes in
_DEAD_AFTER_SECONDS = 1.0  # a device that does not call for so long is gone
_START_PATIENCE_SECONDS = 3.0  # but the first call may take: Bluetooth has to wake up
_COLLECT_EVERY_SECONDS = 5.0
_REST_EVERY_SECONDS, _REST_SECONDS = 0.05, 0.0001  # also where there is more to do than time
_LONGEST_WAY_OUT_SECONDS = 0.2  # more is not waited for when sound is to end
_LONGEST_HOP_SECONDS = 0.05
_UNBEARABLY_LATE_SECONDS, _PATIENCE_SECONDS = 0.1, 5.0


class Session:
    """Sound flows from `start` to `close`, unless `error` or `trouble` says otherwise."""

    def __init__(
        self,
        link: AudioLink,
        pipeline: Pipeline,
        preset: Preset,
        latency_seconds: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
        loop_seconds: float | None = None,
    ) -> None:
        """`loop_seconds` is what both devices were measured to take, instead of what they say."""
        assert pipeline.output_rate == link.output_rate, "the pipeline speaks at another rate than the device"
        self.link, self._clock = link, clock
        self._loop_seconds = loop_seconds
        self.chain = LiveChain(
            pipeline,
            link.input_rate,
            link.input_block,
            link.output_block,
            preset,
            link.is_duplex,
            latency_seconds,
            clock,
        )
        # Stored once by the worker, which then ends; read by others.
        self.error: RtvcError | None = None
        # Stored once by whoever closes the session; the worker reads it.
        self._is_closing = False
        # One float each, stored by one callback, read by the watchdog.
        self._last_capture = self._last_play = 0.0
        self._work_to_do = Bell()  # rung by one callback, and by `close` when no more callbacks come
        self._hop_done, self._block_done = Bell(), Bell()  # rung by the worker, for keeper and callback
        self._worker = threading.Thread(target=self._work, name="rtvc worker", daemon=True)

    def now(self) -> float:
        """On the clock that `trouble` uses."""
        return self._clock()

    def start(self) -> None:
        self._last_capture = self._last_play = self._clock() + _START_PATIENCE_SECONDS - _DEAD_AFTER_SECONDS
        self._worker.start()
        try:
            self.link.start(self._on_capture, self._on_play)
        except BaseException:
            self.close(fades_out=False)
            raise

    def close(self, fades_out: bool = True) -> None:
        """Fade out, close the devices and end the worker. May be called at any time, and twice."""
        if fades_out and self._worker.is_alive() and not self.trouble():
            self._fade_out()
        self._is_closing = True
        self.link.close()
        if self._worker.is_alive():
            self._work_to_do.ring()
            self._worker.join()

    def _fade_out(self) -> None:
        """End the sound and let that be heard: it begins a block later, and goes out in whole blocks."""
        self.chain.output.end()
        blocks = 2 * self.link.output_block / self.link.output_rate
        time.sleep(SINK_SECONDS + blocks + min(_LONGEST_WAY_OUT_SECONDS, self.link.output_latency_seconds))

    def trouble(self) -> str | None:
        """What is wrong with the devices, as a sentence. One that vanishes says nothing: calls just stop."""
        now = self._clock()
        is_deaf = not self.link.is_input_alive or now - self._last_capture > _DEAD_AFTER_SECONDS
        is_dumb = not self.link.is_output_alive or now - self._last_play > _DEAD_AFTER_SECONDS
        if is_deaf and is_dumb and self.link.input == self.link.output:
            return f"The sound device '{self.link.input}' went away or hangs."
        if is_deaf and is_dumb:
            return f"'{self.link.input}' and '{self.link.output}' went away, or hang."
        if is_deaf:
            return f"The microphone '{self.link.input}' went away or hangs."
        if is_dumb:
            return f"The output device '{self.link.output}' went away or hangs."
        return None

    def is_late(self) -> bool:
        """After a stall the sound system may keep what it recorded meanwhile, and be late from then on."""
        return self.link.backlog_seconds > 0.0

    @property
    def patience_seconds(self) -> float:
        """How long at most it may stay that late once more. To open again costs a fifth of a second."""
        return _PATIENCE_SECONDS if self.link.backlog_seconds > _UNBEARABLY_LATE_SECONDS else math.inf

    def await_rest(self) -> None:
        """Keeper's thread. Wait until the worker has just done a hop: what is computed now disturbs none.

        Where no sound comes it does not wait, so that a device that went away is noticed in time.
        """
        if self._clock() - self._last_capture < _LONGEST_HOP_SECONDS:
            self._hop_done.hush()
            self._hop_done.wait(_LONGEST_HOP_SECONDS)

    def latency(self) -> Latency:
        into, out = self.link.input_latency_seconds, self.link.output_latency_seconds
        if self._loop_seconds is not None:  # measured as one; shared out as the sound system would
            share = into / (into + out) if into + out > 0 else 0.5
            into, out = self._loop_seconds * share, self._loop_seconds * (1.0 - share)
        return Latency(
            input_ms=(into + self.link.backlog_seconds) * 1e3,
            chain_ms=self.chain.latency_seconds * 1e3,
            buffer_ms=self.chain.buffer_seconds * 1e3,
            output_ms=out * 1e3,
            is_measured=self._loop_seconds is not None,
        )

    def counts(self) -> Counts:
        chain = self.chain
        return Counts(
            seconds=chain.captured_seconds,
            underruns=chain.output.underruns,
            overruns=chain.overruns,
            drops=chain.cuts + chain.output.cuts,
            dropped_ms=chain.dropped_seconds * 1e3,
            repairs=chain.repairs,
            device_xruns=self.link.device_xruns,
            drift_ms=chain.output.stretched_samples / self.link.output_rate * 1e3,
        )

    # ---- audio callbacks

    def _on_capture(self, block: Audio) -> None:
        """Input callback."""
        self.chain.capture(block)
        self._last_capture = self._clock()
        if not self.link.is_duplex:
            self._work_to_do.ring()

    def _on_play(self, out: Audio) -> None:
        """Output callback. Where one stream serves both ends it comes right after the other callback, and the
        worker has to see what the speaker took."""
        if self.chain.output.lacks(len(out)):
            self._await_sound(len(out), self.link.spare_seconds)
        self.chain.play(out)
        self._last_play = self._clock()
        if self.link.is_duplex:
            self._work_to_do.ring()

    def _await_sound(self, count: int, longest_seconds: float) -> None:
        """Output callback. Sound that is only a moment late is waited for, as long as the device has some.

        It asks before it needs to, and after a moment in which the machine stood still for several blocks at
        once. What is given to it is the block, or silence.
        """
        end = self._clock() + longest_seconds
        self._block_done.hush()
        if self.link.is_duplex:
            self._work_to_do.ring()  # what came in with this very call may be what lacks
        while self.chain.output.lacks(count) and (left := end - self._clock()) > 0.0:
            if not self._block_done.wait(left):
                break

    # ---- worker thread

    def _work(self) -> None:
        """Worker thread. The border of the chain: whatever happens in it ends here, as a sentence."""
        realtime.raise_thread_priority(realtime.WORKER_PRIORITY)
        try:
            self._work_until_closed()
        except RtvcError as error:
            self._fail(error)
        except Exception as error:
            sentence = RtvcError(f"The conversion broke off: {type(error).__name__}: {error}")
            sentence.__cause__ = error
            self._fail(sentence)

    def _work_until_closed(self) -> None:
        """Worker thread."""
        collected = rested = self._clock()
        hops = 0
        while not self._is_closing:
            if self.chain.work_once():
                self._block_done.ring()
                rested = self._rest_after(rested)
                continue
            if self.chain.hops.count != hops:
                self._hop_done.ring()
            hops = self.chain.hops.count
            if self._clock() - collected > _COLLECT_EVERY_SECONDS:
                realtime.collect_garbage()
                collected = self._clock()
            self._work_to_do.wait(_WAKE_SECONDS)
            rested = self._clock()

    def _rest_after(self, rested: float) -> float:
        """Worker thread. A thread that never rests would lose its rank, and all others theirs with it."""
        if self._clock() - rested < _REST_EVERY_SECONDS:
            return rested
        time.sleep(_REST_SECONDS)
        return self._clock()

    def _fail(self, error: RtvcError) -> None:
        """Worker thread. Silence first, then the news; the devices stay open until the session is closed."""
        self.chain.output.end()
        self.error = error
