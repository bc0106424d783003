"""Keeper, the thread that keeps sound flowing: follows commands, and reopens devices that went away.

It is the only one that opens, closes or exchanges sessions while the engine runs, so nothing here needs a
lock against itself. What others may read is replaced whole (`now`) or guarded (rtvc/orders.py).
"""

import logging
import queue
import threading
import time
from dataclasses import dataclass, replace
from typing import NamedTuple

from rtvc import realtime
from rtvc.errors import DeviceError, RtvcError
from rtvc.growing_pause import GrowingPause
from rtvc.howl_guard import HowlGuard
from rtvc.inlet import Inlet
from rtvc.log import LOGGER
from rtvc.monitor import MonitorKeeper
from rtvc.opening import Opener, Wanted, by_name
from rtvc.orders import Orders
from rtvc.session import Session
from rtvc.stats import Counts, State
from rtvc.tap import Listener

_LOOK_SECONDS = 0.1
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.1, 0.5  # between attempts to reopen
_LETTING_GO_SECONDS = 0.3  # what hung because a sound server was frozen ends when it is not
_TAKEOVER_SECONDS = 4.0  # how long a new session may take to be heard
_REST_SECONDS, _SHORT_REST_SECONDS = 0.25, 0.03
_NOTICES_KEPT = 256


@dataclass(frozen=True)
class Notice:
    """Something that happened by itself, or what became of a command.

    `kind` is state, applied, refused, recording, monitor or howl.
    """

    kind: str
    message: str
    state: State


class Now(NamedTuple):
    """What the stats are read from: one reference, replaced whole by the keeper."""

    state: State
    message: str = ""
    session: Session | None = None
    past: Counts = Counts()  # of sessions that have ended
    recoveries: int = 0


class Keeper:
    """Runs as a thread from `start` to `stop`; ends by itself when the chain breaks."""

    def __init__(
        self,
        opener: Opener,
        orders: Orders,
        listeners: dict[str, Listener],
        monitors: MonitorKeeper,
        howl_guard: HowlGuard,
        inlet: Inlet,
    ) -> None:
        """`listeners` is the caller's: entries come and go at any time, each in one step."""
        self._opener, self._orders, self._listeners = opener, orders, listeners
        self._monitors, self._howl_guard, self._inlet = monitors, howl_guard, inlet
        self.now = Now(State.STOPPED)
        self.error: RtvcError | None = None  # stored before `ended` is set
        self.ended = threading.Event()
        self.notices: queue.Queue[Notice] = queue.Queue(_NOTICES_KEPT)
        self._in_effect = orders.wanted
        self._mourned: set[Listener] = set()  # whose end was told
        self._is_stopping = threading.Event()
        self._until_cure = GrowingPause()  # a backlog that comes back may be a clock that lies
        self._thread = threading.Thread(target=self._keep, name="rtvc keeper", daemon=True)

    def start(self) -> None:
        """Caller's thread. Open and start; an error here is the caller's."""
        self._become(State.STARTING)
        wanted = self._orders.wanted
        try:
            self._monitors.follow(wanted.devices.monitor, wanted.settings.preset)
            session = self._opener.open(wanted)
        except BaseException:
            self._monitors.follow(None, wanted.settings.preset)
            self._become(State.STOPPED)
            raise
        self._in_effect = wanted
        session.chain.inlet = self._inlet
        self.now = self.now._replace(session=session)
        self._become(State.RUNNING)
        self._thread.start()

    def stop(self, patience_seconds: float = 2.0) -> None:
        """Caller's thread. Where the sound system hangs, the keeper is left behind waiting for it."""
        self._is_stopping.set()
        self._orders.given.set()
        if self._thread.is_alive():
            self._thread.join(patience_seconds)
        if self.now.session is not None:
            self._opener.learn(self.now.session)
            self.now.session.close()
        self._monitors.follow(None, self._in_effect.settings.preset)
        self._become(State.STOPPED)
        self.ended.set()

    def _become(self, state: State, message: str = "") -> None:
        changed = (state, message) != self.now[:2]
        self.now = self.now._replace(state=state, message=message)
        if changed:
            self._notify("state", message)

    def _notify(self, kind: str, message: str) -> None:
        """The oldest gives way when nobody reads."""
        level = logging.DEBUG if kind == "applied" else logging.INFO
        LOGGER.log(level, "%s %s %s", kind, self.now.state if kind == "state" else "", message)
        while True:
            try:
                self.notices.put_nowait(Notice(kind, message, self.now.state))
                return
            except queue.Full:
                try:
                    self.notices.get_nowait()
                except queue.Empty:
                    pass

    # ---- keeper's thread

    def _keep(self) -> None:
        """Keeper's thread."""
        realtime.raise_thread_priority(realtime.ONLOOKER_PRIORITY)
        try:
            while not self._is_stopping.is_set():
                self._look_after(self._session)
                self._orders.given.wait(_LOOK_SECONDS)
                self._orders.given.clear()
        except RtvcError as error:
            self._fail(error)
        except Exception as error:
            sentence = RtvcError(f"Live conversion broke off: {type(error).__name__}: {error}")
            sentence.__cause__ = error
            self._fail(sentence)

    def _fail(self, error: RtvcError) -> None:
        if not self._is_stopping.is_set():
            self.error = error
            LOGGER.error("the chain broke", exc_info=error)
            self._become(State.FAILED, str(error))
            self.ended.set()

    @property
    def _session(self) -> Session:
        assert self.now.session is not None
        return self.now.session

    def _look_after(self, session: Session) -> None:
        wanted = self._orders.wanted
        self._serve_listeners(session)
        if session.error is not None:
            raise session.error
        self._tell("monitor", self._monitors.look_after(self._in_effect.settings.preset))
        self._tell("howl", self._howl_guard.look(session.now()))
        session.chain.duck(self._howl_guard.duck_db)
        trouble = session.trouble()
        if trouble is not None:
            self._recover(trouble)
        elif wanted != self._in_effect:
            self._follow(wanted)
        elif session.is_late() and self._until_cure.is_over(session.now(), session.patience_seconds):
            self._cure_backlog(session)

    def _tell(self, kind: str, news: str | None) -> None:
        if news is not None:
            self._notify(kind, news)

    def _serve_listeners(self, session: Session) -> None:
        given = tuple(self._listeners.values())
        for listener in given:
            if listener.error is not None and listener not in self._mourned:
                self._mourned.add(listener)
                self._notify("recording", f"The recording has ended: {listener.error}")
        self._mourned.intersection_update(given)
        well = tuple(listener for listener in given if listener.error is None)
        if well != session.chain.tap.listeners:
            session.chain.tap.listeners = well

    def _cure_backlog(self, late: Session) -> None:
        """Close, then open: two streams at once were seen to take all of a busy machine for seconds."""
        self._until_cure.begin(late.now())
        LOGGER.info("'%s' is %.0f ms late and is opened again", late.link.input, late.latency().total_ms)
        self._opener.learn(late)
        late.close()
        try:
            session = self._opener.open(self._named(self._in_effect, late), before=late)
        except DeviceError:
            return  # the watch finds the devices gone
        self._exchange(session)
        self.now = self.now._replace(recoveries=self.now.recoveries + 1)

    def _recover(self, trouble: str) -> None:
        """Close, then try to open until it works. The same name may be another number by now."""
        before = self._session
        self._become(State.RECOVERING, f"{trouble} Waiting for it to come back.")
        self._opener.learn(before)
        before.close(fades_out=False)
        self._monitors.let_go()  # a fresh look ends all streams
        pause, patient_until = 0.0, time.monotonic() + _LETTING_GO_SECONDS
        while not self._is_stopping.wait(pause):
            pause = min(_LONGEST_PAUSE_SECONDS, max(_FIRST_PAUSE_SECONDS, 2 * pause))
            if not before.link.has_let_go() and time.monotonic() < patient_until:
                continue  # where the whole sound system hangs, a new look at it would too
            monitor = self._in_effect.devices.monitor  # which has its own way back
            devices = replace(self._orders.wanted.devices, monitor=monitor)
            wanted = replace(self._in_effect, devices=devices)
            try:
                session = self._opener.open(self._named(wanted, before), afresh=True, before=before)
            except DeviceError:
                continue
            self._exchange(session)
            self._in_effect = wanted
            self.now = self.now._replace(recoveries=self.now.recoveries + 1)
            self._become(State.RUNNING)
            return

    def _named(self, wanted: Wanted, before: Session) -> Wanted:
        """Numbers mean other devices after a fresh look; unless the user gave them just now."""
        if wanted.devices != self._in_effect.devices:
            return wanted
        return replace(wanted, devices=by_name(wanted.devices, before))

    def _exchange(self, session: Session) -> None:
        """Let another session be the present one; the one before has ended or is about to."""
        past = self.now.past + self._session.counts()
        self._session.chain.tap.listeners = ()
        self._session.chain.inlet, session.chain.inlet = None, self._inlet
        self.now = self.now._replace(session=session, past=past)

    def _follow(self, wanted: Wanted) -> None:
        """Do what is new in what is wanted, or say why not and stay with what is."""
        try:
            if wanted.devices.monitor != self._in_effect.devices.monitor:
                self._monitors.follow(wanted.devices.monitor, wanted.settings.preset)
                self._in_effect = replace(
                    self._in_effect, devices=replace(self._in_effect.devices, monitor=wanted.devices.monitor)
                )
            self._opener.look_up(self._session, self._in_effect, wanted)
            if not wanted.opens_like(self._in_effect):
                self._switch(wanted)
            elif not wanted.builds_like(self._in_effect):
                self._opener.swap(self._session, self._in_effect, wanted)
            elif wanted.heard != self._in_effect.heard:
                self._session.chain.tune(wanted.heard)
        except RtvcError as error:
            self._refuse(wanted, str(error))
        except Exception as error:  # a chain that cannot be built must not end the one that runs
            self._refuse(wanted, f"This could not be done ({type(error).__name__}: {error}).")
        else:
            self._session.chain.output.mute(wanted.is_muted)
            is_built = not (wanted.opens_like(self._in_effect) and wanted.builds_like(self._in_effect))
            self._in_effect = wanted
            self._notify("applied", wanted.summary)
            # To build one chain after the other would take time from the one that is heard, and so would to
            # follow every one of a thousand commands.
            self._is_stopping.wait(_REST_SECONDS if is_built else _SHORT_REST_SECONDS)

    def _refuse(self, wanted: Wanted, sentence: str) -> None:
        self._orders.take_back(wanted, self._in_effect)
        self._notify("refused", sentence)

    def _switch(self, wanted: Wanted) -> None:
        """Other devices, or other blocks. The old session is heard until the new one is."""
        old = self._session
        self._opener.learn(old)
        try:
            new = self._opener.open(wanted)
        except DeviceError:
            if wanted.devices != self._in_effect.devices:
                raise
            new = self._reopen(wanted, old)  # some devices cannot be opened twice
        else:
            self._await_sound(new)
            old.close()
        self._exchange(new)

    def _reopen(self, wanted: Wanted, old: Session) -> Session:
        """One after the other, at the price of a gap. When it fails, the watch finds the old session dead."""
        old.close()
        return self._opener.open(self._named(wanted, old))

    def _await_sound(self, new: Session) -> None:
        deadline = new.now() + _TAKEOVER_SECONDS
        while not new.chain.output.is_playing:
            trouble = new.error or new.trouble()
            if trouble is not None or new.now() > deadline or self._is_stopping.wait(0.02):
                new.close(fades_out=False)
                raise DeviceError(f"{trouble or 'No sound comes from there.'} The devices stay as they were.")
