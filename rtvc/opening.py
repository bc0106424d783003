"""From what the user wants to sound that flows: opens devices and builds the chain for their rates."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from rtvc.audio_link import AudioLink, DeviceChoice, DeviceSpec, OpenAudio
from rtvc.handover import nap, warm_up
from rtvc.log import LOGGER
from rtvc.measured import Measured, reported_seconds
from rtvc.preparation import Preparation, Rates
from rtvc.session import Session
from rtvc.settings import ChainSettings
from rtvc.speaker import Speaker
from rtvc.speaker_memory import CERTAINTY, SpeakerMemory
from rtvc.stage import Pipeline

_MEASURE_TRIES = 3

BuildChain = Callable[[ChainSettings, int, int], Pipeline]  # settings, input rate, output rate


@dataclass(frozen=True)
class Wanted:
    """All that commands can change."""

    settings: ChainSettings
    devices: DeviceChoice = DeviceChoice()
    is_bypassed: bool = False  # one's own voice, as late as the other one
    is_muted: bool = False

    @property
    def heard(self) -> ChainSettings:
        return replace(self.settings, mode="bypass") if self.is_bypassed else self.settings

    @property
    def summary(self) -> str:
        summary = self.settings.summary
        return summary + ", bypassed" * self.is_bypassed + ", muted" * self.is_muted

    def opens_like(self, other: "Wanted") -> bool:
        """Whether streams opened for one serve the other."""
        mine, its = self.settings.preset, other.settings.preset
        devices = replace(self.devices, monitor=other.devices.monitor)
        return (devices, mine.block_samples, mine.output_margin_ms) == (
            other.devices,
            its.block_samples,
            its.output_margin_ms,
        )

    def builds_like(self, other: "Wanted") -> bool:
        return self.heard.builds_like(other.heard)


@dataclass(frozen=True)
class LoopReport:
    """What was measured through a pair of devices."""

    input: str
    output: str
    loop_ms: float  # out of the loudspeaker and back into the microphone
    reported_ms: float  # what the sound system says of that
    total_ms: float  # from mouth to ear, with the chain that is wanted


class Opener:
    """Makes sessions and pipelines. Used by the caller at the start, then by the keeper alone."""

    def __init__(
        self,
        build: BuildChain,
        open_audio: OpenAudio,
        clock: Callable[[], float] = time.monotonic,
        measured: Measured | None = None,
        speakers: SpeakerMemory | None = None,
        stamp: Callable[[], object] = lambda: None,
    ) -> None:
        self._build, self._open_audio, self._clock = build, open_audio, clock
        self._measured, self._speakers = measured, speakers
        self._preparation = Preparation(self._warm_pipeline, stamp)
        self.bypass_latency_seconds = 0.0  # as late as the conversion was that is bypassed

    def prepare(self, wanted: Wanted) -> None:
        """Build what the next session will want while none is open."""
        self._preparation.prepare(wanted.heard)

    def open(self, wanted: Wanted, afresh: bool = False, before: Session | None = None) -> Session:
        """A session in which sound flows. `before` is one that has ended, whose pipeline may go on."""
        link = self._open_audio(wanted.settings.preset, wanted.devices, afresh)
        LOGGER.info("open: '%s' to '%s', %s", link.input, link.output, (link.input_rate, link.output_rate))
        try:
            if before is not None and _rates(before) == (link.input_rate, link.output_rate):
                pipeline = before.chain.pipeline
                pipeline.reset()
            else:
                pipeline = self._preparation.pipeline(wanted.heard, (link.input_rate, link.output_rate))
            if pipeline.wants_speaker and (speaker := self._recall(link.input)):
                pipeline.know_speaker(speaker, CERTAINTY)
            session = Session(
                link,
                pipeline,
                wanted.settings.preset,
                self.least_latency_seconds(wanted),
                self._clock,
                self._measured.loop_seconds(link) if self._measured else None,
            )
            session.chain.output.mute(wanted.is_muted)
            if before is not None:
                session.chain.know_machine(before.chain)
            session.start()
        except BaseException:
            link.close()
            raise
        return session

    def learn(self, session: Session) -> None:
        """Keep what a session has found out about the speaker, before it is closed or another is opened."""
        speaker = session.chain.pipeline.speaker
        if self._speakers and speaker:
            self._speakers.remember(session.link.input, speaker)

    def _recall(self, microphone: str) -> Speaker | None:
        return self._speakers.recall(microphone) if self._speakers else None

    def _warm_pipeline(
        self, settings: ChainSettings, rates: Rates, await_rest: Callable[[], None] = nap
    ) -> Pipeline:
        """Ready to be heard."""
        await_rest()
        pipeline = self._build(settings, *rates)
        warm_up(pipeline, rates[0], await_rest=await_rest)
        return pipeline

    def look_up(self, session: Session, before: Wanted, wanted: Wanted) -> None:
        """Build what is bypassed, for nothing but to hear now, not when the bypass ends, that it can't be."""
        if wanted.is_bypassed and wanted.settings.names != before.settings.names:
            session.await_rest()
            self._build(wanted.settings, *_rates(session))

    def swap(self, session: Session, before: Wanted, wanted: Wanted) -> None:
        """Let another pipeline take over in a session that runs."""
        if not before.is_bypassed:
            self.bypass_latency_seconds = session.chain.latency_seconds
        pipeline = self._warm_pipeline(wanted.heard, _rates(session), session.await_rest)
        session.chain.swap(pipeline, self.least_latency_seconds(wanted))

    def measure(self, wanted: Wanted) -> LoopReport:
        """Chirps through the devices, which must not be in use; what is found is remembered."""
        link = self._open_audio(wanted.settings.preset, wanted.devices, True)
        reported = reported_seconds(link)
        loop = self._measured_loop(link, wanted)
        if self._measured is not None:
            self._measured.remember(link, loop)
        chain = self._build(wanted.heard, link.input_rate, link.output_rate).latency_seconds
        buffer = link.output_block / link.output_rate + wanted.settings.preset.output_margin_ms / 1e3
        return LoopReport(
            input=link.input,
            output=link.output,
            loop_ms=round(loop * 1e3, 1),
            reported_ms=round(reported * 1e3, 1),
            total_ms=round((loop + chain + buffer) * 1e3, 1),
        )

    def _measured_loop(self, link: AudioLink, wanted: Wanted) -> float:
        """The shortest way round of some tries, the first if nothing went wrong in it.

        A block that a device loses, as it may at its start, makes it late by one from then on.
        """
        from rtvc.loopback import UnsteadyError, measure

        loops, unsteady = list[float](), UnsteadyError()
        for attempt in range(_MEASURE_TRIES):
            if attempt:
                link = self._open_audio(wanted.settings.preset, wanted.devices, True)
            try:
                loops.append(measure(link, self._clock))
            except UnsteadyError as error:
                unsteady = error
                continue
            if not (link.device_xruns or link.backlog_seconds):
                break
        if not loops:
            raise unsteady
        return min(loops)

    def least_latency_seconds(self, wanted: Wanted) -> float:
        return self.bypass_latency_seconds if wanted.is_bypassed else 0.0


def by_name(devices: DeviceChoice, session: Session) -> DeviceChoice:
    """The same devices, found again when numbers have changed: a number becomes the name it stood for."""

    def named(spec: DeviceSpec, name: str) -> DeviceSpec:
        is_number = isinstance(spec, int) or (isinstance(spec, str) and spec.strip().isdigit())
        return name if is_number else spec

    link = session.link
    return replace(devices, input=named(devices.input, link.input), output=named(devices.output, link.output))


def _rates(session: Session) -> Rates:
    return session.link.input_rate, session.link.output_rate
