"""HowlGuard, which notices that the microphone hears the loudspeaker and both feed each other, and ends it.

What goes in is compared with what came out up to most of a second before. A likeness is only a suspicion, for
a held note is like itself as well. So the output is turned down a little for half a second: if the input
sinks with it, it was feedback, and the output is turned down a lot, for a while.
"""

import queue
from enum import Enum

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from rtvc.errors import RtvcError
from rtvc.stage import Audio

PROBE_DB, DUCK_DB = -12.0, -30.0
_RATE = 4000  # where a voice has most of its energy; higher notes fold down, alike at both ends
_WINDOW_SECONDS, _LONGEST_LAG_SECONDS = 0.5, 0.9
_SHORTEST_LAG_SECONDS = 0.008  # no device is quicker; at no lag at all, one's own voice passes through
_KEPT_SECONDS = 1.5
_MOST_WAITING = 2048  # blocks

_LOOK_SECONDS = 0.3
_LOUD = 0.05  # RMS at both ends; what is quieter hurts nobody, and often dies away
_LIKENESS = 0.6
_SUSPICIONS = 3  # in a row
_PROBE_SECONDS, _LEVEL_SECONDS = 0.7, 0.2
_SINKS_BY = 0.4  # the input, in a probe, if it is fed by the output: 8 dB of the 12
_FALSE_ALARM_SECONDS = 20.0  # no probe for so long after one that showed nothing
_DUCK_SECONDS, _LONGEST_DUCK_SECONDS = 4.0, 60.0
_FORGOTTEN_SECONDS = 30.0

MESSAGE = (
    "The microphone hears the loudspeaker, and both feed each other: the output is turned down for a while. "
    "Headphones help, or less output gain."
)


class _Doing(Enum):
    LISTENING = 0
    PROBING = 1
    DUCKING = 2


class HowlGuard:
    """`take` is called by the worker and waits for nobody; `look` by the keeper, a few times a second."""

    error: RtvcError | None = None  # it never stops listening

    def __init__(self) -> None:
        self._waiting: queue.SimpleQueue[tuple[str, int, int, Audio]] = queue.SimpleQueue()
        self._ends = {"input": _End(), "output": _End()}
        self._doing = _Doing.LISTENING
        self._suspicions = 0
        self._look_at = self._until = self._released_at = 0.0
        self._level_before = 0.0
        self._duck_seconds = _DUCK_SECONDS
        # Stored by the keeper, read by others.
        self.duck_db = 0.0
        self.howls = 0

    def take(self, end: str, rate: int, samples: Audio, silence: int = 0) -> None:
        """Worker thread."""
        if self._waiting.qsize() < _MOST_WAITING:
            self._waiting.put((end, rate, silence, samples))

    def look(self, now: float) -> str | None:
        """Keeper's thread. Sets `duck_db`; a sentence for the user when there is one."""
        if self._doing is _Doing.LISTENING and now < self._look_at:
            return None
        self._take_in()
        if self._doing is _Doing.LISTENING:
            self._look_at = now + _LOOK_SECONDS
            self._listen(now)
        elif now >= self._until and self._doing is _Doing.PROBING:
            return self._judge(now)
        elif now >= self._until:
            self._do(_Doing.LISTENING, 0.0, now)
            self._released_at = now
        return None

    def _take_in(self) -> None:
        while not self._waiting.empty():
            end, rate, silence, samples = self._waiting.get()
            self._ends[end].gather(rate, silence, samples)
        for each in self._ends.values():
            each.add_gathered()

    def _listen(self, now: float) -> None:
        self._suspicions = self._suspicions + 1 if self._sounds_like_feedback() else 0
        if self._suspicions >= _SUSPICIONS:
            self._level_before = self._ends["input"].level()
            self._do(_Doing.PROBING, PROBE_DB, now + _PROBE_SECONDS)

    def _judge(self, now: float) -> str | None:
        if self._ends["input"].level() > _SINKS_BY * self._level_before:
            self._do(_Doing.LISTENING, 0.0, now)
            self._look_at = now + _FALSE_ALARM_SECONDS
            return None
        again = now - self._released_at < _FORGOTTEN_SECONDS and self.howls > 0
        self._duck_seconds = min(_LONGEST_DUCK_SECONDS, 2 * self._duck_seconds) if again else _DUCK_SECONDS
        self.howls += 1
        self._do(_Doing.DUCKING, DUCK_DB, now + self._duck_seconds)
        return MESSAGE

    def _do(self, doing: _Doing, duck_db: float, until: float) -> None:
        self._doing, self.duck_db, self._until, self._suspicions = doing, duck_db, until, 0

    def _sounds_like_feedback(self) -> bool:
        heard, said = self._ends["input"], self._ends["output"]
        if heard.level() < _LOUD or said.level() < _LOUD:
            return False
        return _likeness(heard.sound, said.sound, heard.count - said.count) >= _LIKENESS


class _End:
    """The last second and a half of one end, at a low rate.

    Blocks are gathered first and summed all at once: one by one they would keep the interpreter's lock from
    the worker for longer than the speaker can wait.
    """

    def __init__(self) -> None:
        self.sound: Audio = np.zeros(round(_KEPT_SECONDS * _RATE), np.float32)
        self.count = 0  # samples so far; those of both ends belong to the same moments
        self._step = 1
        self._gathered: list[Audio] = [np.zeros(0, np.float32)]

    def gather(self, rate: int, silence: int, samples: Audio) -> None:
        step = max(1, rate // _RATE)
        if step != self._step:
            self.add_gathered()
            self._step = step
        if silence:
            self._gathered.append(np.zeros(min(silence, len(self.sound) * step), np.float32))
        self._gathered.append(samples)

    def add_gathered(self) -> None:
        audio, step = np.concatenate(self._gathered), self._step
        fresh = len(audio) // step
        self._gathered = [audio[fresh * step :]]
        self.count += fresh
        means = audio[: fresh * step].reshape(fresh, step).mean(axis=1)
        self.sound = np.concatenate((self.sound, means))[-len(self.sound) :]

    def level(self) -> float:
        """RMS of the last moments, without what does not swing."""
        return float(np.std(self.sound[-round(_LEVEL_SECONDS * _RATE) :]))


def _likeness(heard: Audio, said: Audio, ahead: int) -> float:
    """How much the end of `heard` is like some stretch of `said`, 0 to 1. `ahead`: samples it came earlier.

    said   |-----[ same length ]---------|
    heard                       |--------[ window ]
                  <------- lag -------->
    """
    window = heard[-round(_WINDOW_SECONDS * _RATE) :]
    longest = round(_LONGEST_LAG_SECONDS * _RATE) - max(0, ahead)
    past = said[-(len(window) + max(0, longest)) :]
    past = past[: len(past) - max(0, round(_SHORTEST_LAG_SECONDS * _RATE) - ahead)]
    size = fft.next_fast_len(len(past) + len(window), real=True)
    match = fft.irfft(fft.rfft(past, size) * np.conj(fft.rfft(window, size)), size)
    match = match[: len(past) - len(window) + 1]
    power = np.concatenate(([0.0], np.cumsum(past.astype(np.float64) ** 2)))
    energies: NDArray[np.float64] = power[len(window) :] - power[: -len(window)]
    own = float(np.sum(window.astype(np.float64) ** 2))
    return float(np.max(np.abs(match) / np.sqrt(np.maximum(energies * own, 1e-12))))
