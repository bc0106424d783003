"""A pipeline between two audio callbacks: rings around it, meters beside it. Owns no thread, no device.

    input callback: capture -> ring -> worker: work_once -> output buffer -> output callback: play

Each method says which thread may call it. Tests call all three by hand.
"""

import math
import time
from collections.abc import Callable

import numpy as np

from rtvc.crowding import Crowding
from rtvc.dynamics import Gain
from rtvc.elastic_buffer import ElasticOutputBuffer
from rtvc.fades import FADE_SECONDS, read_across_cut, rising_ramp
from rtvc.handover import Handover
from rtvc.inlet import Inlet
from rtvc.output_buffer import OutputBuffer
from rtvc.pace import Pace
from rtvc.presets import Preset
from rtvc.ring import Ring
from rtvc.stage import Audio, Pipeline
from rtvc.stats import HopMeter, PeakMeter
from rtvc.tap import Tap

_CAPACITY_SECONDS = 2.0
_MOST_BEHIND_SECONDS = 0.25  # more sound than this is not caught up with
_LONGEST_BUSY_SECONDS = 0.1  # of a processor's time; nor, when that did not reach the end
_LONGEST_BLOCK_SECONDS = 0.1  # bursts included; a microphone that is late for longer has stopped


class LiveChain:
    """Sound taken in by `capture` comes out of `play`, always the same time later, or not at all."""

    def __init__(
        self,
        pipeline: Pipeline,
        input_rate: int,
        input_block: int,
        output_block: int,
        preset: Preset,
        is_duplex: bool = True,
        latency_seconds: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
        own_clock: Callable[[], float] = time.thread_time,
    ) -> None:
        """`latency_seconds` is the least delay wanted, where sound is to be as late as another chain's.

        `own_clock` runs while a processor works for the thread that asks.
        """
        self._pipeline, self._is_duplex = pipeline, is_duplex
        self._given_last = pipeline  # stored by the thread that swaps and tunes
        self._input_rate, self._input_block, self._output_block = input_rate, input_block, output_block
        self._output_rate = pipeline.output_rate
        self._ratio = self._output_rate / input_rate
        # The output's numbers are those of the input, at its own rate, plus a shift that changes when another
        # pipeline takes over: by as much as it holds back more. So the buffer never notices a difference.
        self._latency_samples = max(pipeline.latency_seconds, latency_seconds) * self._output_rate
        self._ring = Ring(round(_CAPACITY_SECONDS * input_rate))
        self._clock, self._own_clock = clock, own_clock
        self.output = self._output_buffer(output_block, preset.output_margin_ms / 1e3)
        self._rise = rising_ramp(round(FADE_SECONDS * input_rate))
        self._scratch = np.zeros(len(self._rise), np.float32)
        # Stored by the input callback, read by the worker, which only ever sees a lost block a little late.
        self._lost_samples = 0
        self.overruns = 0
        self._captured = 0, 0.0  # samples, and when the last of them came: one reference, replaced whole
        # Stored by another thread, taken by the worker between two blocks: one reference, replaced whole. The
        # worker empties it with `pop`, so that what is stored meanwhile is not lost.
        self._successors: list[tuple[Pipeline, float]] = []
        self._tuning: object = None  # prepared for the pipeline that was given last; replaced whole
        self._duck_db = 0.0
        self.inlet: Inlet | None = None  # looked at once a block
        # Stored by the worker; others read the meters and counters for display only.
        self._tuned: object = None
        self._lost_samples_seen = 0
        self._shift = 0
        self._handover: Handover | None = None
        self._taken = 0  # input samples the chain is through with, those dropped included
        self._restart_floor = 0  # the chain's promise holds from here on
        self._busy_since: float | None = None  # by its own clock; None once it found the ring empty
        self.tap = Tap(input_rate, self._output_rate)
        self._ducking = Gain(self._output_rate)
        self.hops, self.pace, self._crowding = HopMeter(), Pace(), Crowding()
        self.input_level = PeakMeter(input_rate)
        self.output_level = PeakMeter(self._output_rate)
        self.cuts = 0
        self.cut_samples = 0
        self.repairs = 0

    @property
    def latency_seconds(self) -> float:
        return (self._latency_samples + self._shift) / self._output_rate

    @property
    def pipeline(self) -> Pipeline:
        """The one heard, or about to be. To be touched by others only when the worker has ended."""
        return self._handover.new if self._handover else self._pipeline

    def _output_buffer(self, block: int, margin_seconds: float) -> OutputBuffer:
        if self._is_duplex:
            return OutputBuffer(self._output_rate, block, margin_seconds)
        step = self._input_block * self._ratio
        return ElasticOutputBuffer(self._output_rate, block, margin_seconds, step, self._latency_samples)

    @property
    def buffer_seconds(self) -> float:
        """How long sound waits for the speaker beyond what the chain declares; measured, bursts included."""
        if not self.output.delay_samples:
            return self.output.target_samples / self._output_rate
        block = self._input_block * self._ratio
        return (self.output.delay_samples - block - self._latency_samples) / self._output_rate

    @property
    def captured_seconds(self) -> float:
        return (self._ring.written + self._lost_samples) / self._input_rate

    @property
    def dropped_seconds(self) -> float:
        return self.cut_samples / self._input_rate + self.output.cut_samples / self._output_rate

    def know_machine(self, previous: "LiveChain") -> None:
        """Before the first block. The same devices, opened again after a fault."""
        longer_seconds = self.latency_seconds - previous.latency_seconds
        self.output.know_machine(previous.output, longer_seconds * self._output_rate)

    def swap(self, pipeline: Pipeline, latency_seconds: float = 0.0) -> None:
        """Another thread. Let a warmed up pipeline take over from the present one, with a cross-fade."""
        assert pipeline.output_rate == self._output_rate, "the pipeline speaks at another rate"
        self._tuning, self._given_last = None, pipeline
        self._successors[:] = [(pipeline, max(pipeline.latency_seconds, latency_seconds))]

    def tune(self, settings: object) -> None:
        """The same other thread. Let the pipeline that was given last take settings on as it runs; an error
        where it can't."""
        self._tuning = self._given_last.prepared(settings)

    def duck(self, gain_db: float) -> None:
        """Another thread. Turn the output down, or up again at 0: one float, looked at once a block."""
        self._duck_db = gain_db

    def capture(self, block: Audio) -> None:
        """Input callback. Take one block; what finds no room is counted and later replaced by silence."""
        lost = len(block) - self._ring.write(block)
        if lost:
            self._lost_samples += lost
            self.overruns += 1
        self._captured = self._ring.written + self._lost_samples, self._clock()

    def play(self, out: Audio) -> None:
        """Output callback. Fill `out` with what is due now."""
        samples, at = self._captured
        captured = samples * self._ratio
        if not self._is_duplex:  # blocks of another clock have any phase; between them time goes on evenly
            captured += min(self._clock() - at, _LONGEST_BLOCK_SECONDS) * self._output_rate
        self.output.play(out, captured)

    def work_once(self) -> bool:
        """Worker thread. Put at most one block through the chain; False if there was none."""
        block = self._next_block()
        if not len(block):
            self._busy_since = None
            return False
        self.tap.begin_block(self._due() - self.output.written)
        self.tap.heard(block)
        self.input_level.add(block)
        effort = self._set_effort()
        began, own_began = time.perf_counter(), self._own_clock()
        self._busy_since = own_began if self._busy_since is None else self._busy_since
        audio = self._processed(block)
        seconds, own_seconds = time.perf_counter() - began, self._own_clock() - own_began
        sound_seconds = len(block) / self._input_rate
        self.hops.add(seconds, sound_seconds, len(audio) > 0)
        if self._crowding.has_ended_with(seconds, own_seconds, sound_seconds):
            self.output.hasten()
        if len(audio) and effort is not None:
            self.pace.add_hop(seconds, effort)
        self._taken += len(block)
        if np.isfinite(self.output_level.add(audio)):
            self.tap.said(audio, self.output.is_muted)
            self.output.write(audio, self._floor())
        else:
            self._repair()
        return True

    def _set_effort(self) -> float | None:
        """Worker thread. Let the chain work as much as there is time for; None while there are two."""
        left = self.output.seconds_left - self._seconds_into_block()
        if self._handover is None:
            return self._pipeline.set_effort(self.pace.effort_for(left))
        self._handover.set_effort(self.pace.effort_for(left / 2))
        return None

    def _seconds_into_block(self) -> float:
        """Worker thread. How much of the block that the speaker took last is played; at worst all of it."""
        block_seconds = self._output_block / self._output_rate
        return min(block_seconds, self._clock() - self._captured[1]) if self._is_duplex else block_seconds

    def _processed(self, block: Audio) -> Audio:
        """Worker thread. The chain, with what comes in beside the microphone mixed in."""
        inlet = self.inlet
        if inlet is None:
            return self._ducked(self._process(block))
        audio = self._ducked(self._process(inlet.mixed("input", self._input_rate, block)))
        return inlet.mixed("output", self._output_rate, audio)

    def _ducked(self, audio: Audio) -> Audio:
        """Worker thread."""
        if self._duck_db != self._ducking.gain_db:
            self._ducking.gain_db = self._duck_db
        return self._ducking.process(audio)

    def _process(self, block: Audio) -> Audio:
        """Worker thread. Through the pipeline, or through two while one takes over from the other."""
        if self._handover is None and self._successors:
            self._begin_handover(*self._successors.pop())
        if self._tuning is not self._tuned and not self._successors:
            self._tuned = self._tuning
            if self._tuned is not None:
                self.pipeline.tune(self._tuned)
        if self._handover is None:
            return self._pipeline.process(block)
        audio = self._handover.process(block)
        if self._handover.is_done:
            self._pipeline, self._handover = self._handover.new, None
        return audio

    def _begin_handover(self, pipeline: Pipeline, latency_seconds: float) -> None:
        """Worker thread. The new pipeline's first sample belongs to the input that comes now."""
        self._shift = math.ceil(latency_seconds * self._output_rate - self._latency_samples - 1e-6)
        self._handover = Handover(self._pipeline, pipeline, lead=self._due() - self.output.written)

    def _next_block(self) -> Audio:
        """Worker thread. The next input samples, in a fresh array; older ones may be dropped."""
        lost = self._lost_samples - self._lost_samples_seen
        if lost:
            self._lost_samples_seen += lost
            self._replace_by_silence(lost)
        waiting = self._ring.available
        block = np.empty(min(waiting, self._input_block), np.float32)
        if self._is_too_far_behind(waiting):
            self._drop(block, waiting - len(block))
        else:
            self._ring.read_into(block)
        return block

    def _is_too_far_behind(self, waiting: int) -> bool:
        """Whether what waits would come out too late to be played, now and in future.

        A short stall is worked off, because the models remember what they hear and its sound is skipped in
        the output anyway. A chain that is too slow never catches up, and is late all the time: it has to be
        given less to do. One that is in time may be as busy as it likes, and one that others kept from
        running will soon have caught up.
        """
        busy_seconds = 0.0 if self._busy_since is None else self._own_clock() - self._busy_since
        is_slow = busy_seconds > _LONGEST_BUSY_SECONDS and waiting > self._input_block
        return waiting > _MOST_BEHIND_SECONDS * self._input_rate or (is_slow and self.output.is_starving)

    def _drop(self, block: Audio, count: int) -> None:
        """Worker thread. Skip to the newest block, with a short fade so that the chain hears no click."""
        read_across_cut(self._ring, block, count, self._rise, self._scratch)
        self._replace_by_silence(count)
        self._busy_since = None
        self.cuts += 1
        self.cut_samples += count

    def _replace_by_silence(self, count: int) -> None:
        """Worker thread. Input that the chain never sees still takes its time in the output."""
        before = self._due()
        self._taken += count
        self.tap.missed("input", count)
        self._write_silence(self._due() - before)

    def _write_silence(self, count: int) -> None:
        """Worker thread."""
        self.tap.missed("output", count)
        self.output.write_silence(count)

    def _due(self) -> int:
        """Worker thread. The number that the output would have, if nothing were held back."""
        return round(self._taken * self._ratio) + self._shift

    def _repair(self) -> None:
        """Worker thread. One NaN stays in a chain's memory for good: forget all and go on from here."""
        self._pipeline, self._handover = self.pipeline, None
        self._pipeline.reset()
        self._write_silence(max(0, self._due() - self.output.written))
        self._restart_floor = self.output.written
        self.repairs += 1

    def _floor(self) -> int:
        return max(self._restart_floor, int(self._taken * self._ratio - self._latency_samples))
