"""The wait between worker and speaker: starts the sound when it is due, and keeps its delay from growing.

Every output sample has a number: sample k belongs to input time k / rate, whatever happened in between (what
is lost on the way is replaced by as much silence). The callback counts what it plays with the same numbers,
so "late" is a plain comparison and the delay is a difference of two counters:

    0 ........ played ............ floor ......... written ........ captured
                 |<-- headroom ---->|               |<-- chain holds back -->|
                 |<-------------------- delay ------------------------------>|

`floor` is where the chain's promise stands: all sound before it is out by now, whatever the phase of the hop.
Headroom has no saw-tooth from the hops, so its minimum says exactly what could be saved or is missing.
Played moves on in real time even when there is nothing to play: sound that comes late is skipped, not played
late. Only where it does so again a few milliseconds are given way to, because devices may deliver less evenly
than they did at the start; they flow off, unheard, as soon as they prove needless. Refuses to know the
devices and the chain.
"""

import math

import numpy as np

from rtvc.fades import FADE_SECONDS, EdgeFader, read_across_cut, rising_ramp
from rtvc.first_delay import FirstDelay
from rtvc.outflow import Outflow
from rtvc.patience import Patience
from rtvc.ring import Ring
from rtvc.stage import Audio
from rtvc.value_range import Range

_CAPACITY_SECONDS = 4.0  # more than the watchdog lets a dead speaker stay
_SETTLE_SECONDS = 0.05  # devices start unevenly; this much is not looked at
_WATCH_SECONDS = 0.12  # how long headroom is watched before the first sound
_TRIM_SECONDS = 0.4  # how long headroom must be too large before it is cut
_GIVE_WAY_SECONDS = 0.010  # the most that late sound may add to the delay
_TOLERANCE_SECONDS = 0.003


class OutputBuffer:
    """Written by the worker, played by the output callback; each attribute has one writer, named below.

    For two ends that one clock serves; ElasticOutputBuffer is for those that have one each.
    """

    def __init__(self, rate: int, block: int, margin_seconds: float) -> None:
        self._rate = rate
        self.target_samples = block + round(margin_seconds * rate)  # headroom wanted just before a block
        self._tolerance = round(_TOLERANCE_SECONDS * rate)
        self._most_given_way = round(_GIVE_WAY_SECONDS * rate)
        self._chance = max(self._tolerance, round(1.1 * block))  # it may begin a block too late
        self._much = self._tolerance + self._most_given_way
        self._ring = Ring(round(_CAPACITY_SECONDS * rate))
        self._fader = EdgeFader(rate)
        self._rise = rising_ramp(round(FADE_SECONDS * rate))
        self._scratch = np.zeros(len(self._rise), np.float32)
        # Stored by the worker, read by the callback. Single references, replaced whole; `_floor` is stored
        # after the samples it promises are in the ring, so the callback never counts on sound not yet there.
        self._floor = 0
        self._owed = 0  # silence that did not fit yet (worker only)
        self._joints = EdgeFader(rate)  # where sound meets such silence (worker only)
        self._is_muted = self._has_ended = False  # each stored by one thread, read by the callback
        self._calls_for_haste = 0  # how often the worker said so
        # Stored by the callback. Others read the counters for display only.
        self._played = 0
        self._is_playing = self._is_starving = False
        self._starved = False  # at all, in the present watch
        self._headroom, self._delay = Range(), Range()
        spare = self.target_samples - block
        self._first = FirstDelay(self.target_samples, self._much, min(self._chance, spare))
        self._usual_delay = 0.0
        self._given_way = 0  # samples of delay added for late sound
        self._outflow = Outflow()
        self._hastened = 0  # calls for haste that were followed or declined
        self._patience = Patience(rate, self._chance, spare, _TRIM_SECONDS)
        self.underruns = self.cuts = self.cut_samples = 0
        self.stretched_samples = 0  # sound added for the delay to stay the same, below 0 taken out
        self.delay_samples = 0.0  # from captured to played, on average; 0 until that is known

    @property
    def drift_ppm(self) -> float:
        """Any thread. How much faster the speaker's clock runs."""
        return 0.0

    # ---- worker thread

    @property
    def seconds_left(self) -> float:
        """Worker thread. How long the speaker has sound for; below 0 where it waits for some."""
        return (self._ring.written - self._played) / self._rate if self._is_playing else math.inf

    def write(self, audio: Audio, floor: int) -> None:
        """Worker thread. Append sound and say up to which number the chain has kept its promise."""
        self._owed -= self._ring.write_silence(self._owed)
        if len(audio):
            audio = audio if self._joints.is_settled else audio.copy()  # the chain may still need its array
            self._joints.shape(audio, 0, len(audio))
        self._put(audio)
        self._promise(floor)

    def write_silence(self, count: int) -> None:
        """Worker thread. Stand in for sound that will never come, so that the numbers stay true."""
        silence = np.empty(count, np.float32)
        self._joints.shape(silence, 0, 0)
        self._put(silence)

    def _put(self, audio: Audio) -> None:
        """Worker thread."""
        self._owed += len(audio) - self._ring.write(audio)

    def _promise(self, floor: int) -> None:
        """Worker thread. After the samples are there."""
        self._floor = min(floor, self._ring.written)

    @property
    def written(self) -> int:
        """Worker thread. The number the next sample will have."""
        return self._ring.written + self._owed

    def hasten(self) -> None:
        """Worker thread. What made sound late is over: what was given way to need not be kept any longer."""
        self._calls_for_haste += 1

    def mute(self, is_muted: bool) -> None:
        """Keeper's thread. Silence while the sound runs on unheard: one flag, read once a block."""
        self._is_muted = is_muted

    @property
    def is_muted(self) -> bool:
        """Any thread."""
        return self._is_muted

    def end(self) -> None:
        """Any thread. Fade to silence and stay there: one flag, only ever set."""
        self._has_ended = True

    @property
    def is_playing(self) -> bool:
        """Any thread. Whether the delay is chosen and sound flows, muted or not."""
        return self._is_playing

    @property
    def is_starving(self) -> bool:
        """Any thread. Whether less was there than was due when the speaker asked last."""
        return self._is_starving

    def know_machine(self, previous: "OutputBuffer", longer: float = 0.0) -> None:
        """Before the first block. The same devices, opened again: what proved wrong there need not again.

        The delay is to be as before, but for `longer` samples by which the chain holds back more now.
        """
        self._patience.learn_from(previous._patience)
        if previous._usual_delay and previous._rate == self._rate:
            self._usual_delay = previous._usual_delay - previous._given_way + longer
            self._first.recall(self._usual_delay)
            self.delay_samples = previous.delay_samples - previous._given_way + longer
            self._patience.go_on_from(previous._patience)

    # ---- output callback

    def lacks(self, count: int) -> bool:
        """Output callback. Whether it would fall silent now, after it has not been."""
        is_heard = self._is_playing and not (self._is_starving or self._is_muted or self._has_ended)
        return is_heard and self._ring.written - self._played < count

    def play(self, out: Audio, captured: float) -> None:
        """Output callback. Fill `out`; `captured` counts the input so far, at the output rate."""
        headroom, delay = self._floor - self._played, captured - self._played
        self._headroom.add(headroom, len(out))
        self._delay.add(delay, len(out))
        if not self._is_playing:
            self._wait(out)
        elif self._is_muted or self._has_ended:
            self._pass_over(out)
        else:
            self._emit(out)

    def _wait(self, out: Audio) -> None:
        """Output callback. Before the first sound: watch how evenly sound comes in, then choose the delay."""
        self._fader.shape(out, 0, 0)
        self._played += len(out)
        settle, watch = round(_SETTLE_SECONDS * self._rate), round(_WATCH_SECONDS * self._rate)
        if self._floor <= settle:
            self._restart_watch()
        elif self._headroom.samples >= watch:
            shift, given_way = self._first_shift()
            delay = self._delay.most - shift
            if self._first.is_believable(delay):
                self._choose(shift, given_way)
                self._played += shift
                self._is_playing = True
            else:
                self._first.note_look(delay)
            self._restart_watch()

    def _first_shift(self) -> tuple[int, int]:
        """Output callback. By how much to play earlier, or below 0, later; and what is given way to."""
        return self._first.shift(self._headroom, self._delay)

    def _choose(self, shift: int, given_way: int) -> None:
        """Output callback. Call usual what the watch has shown, less `shift`."""
        self._usual_delay, self.delay_samples = self._delay.most - shift, self._delay.mean - shift
        self._given_way = given_way

    def _pass_over(self, out: Audio) -> None:
        """Output callback. What is due goes by unheard, so that unmuting goes on with what is due then."""
        self._fader.shape(out, 0, 0)
        self._played += len(out)
        self._ring.skip(self._played - self._ring.consumed)

    def _emit(self, out: Audio) -> None:
        """Output callback. Play what is due; what is missing becomes silence, what is late is skipped."""
        if self._headroom.samples >= round(_TRIM_SECONDS * self._rate):
            if self._trim(out):
                return
        if self._is_starving:
            self._give_way()
        self._hasten_where_told()
        due = self._played
        self._played += len(out)
        self._patience.pass_time(len(out))
        self._ring.skip(due - self._ring.consumed)
        early = min(len(out), max(0, self._ring.consumed - due))  # only after the delay was put back up
        stop = len(out) if self._flow_faster(out) else early + self._ring.read_into(out[early:])
        self._fader.shape(out, early, stop)
        self._note_starving(stop < len(out))

    def _hasten_where_told(self) -> None:
        """Output callback."""
        is_told, self._hastened = self._hastened != self._calls_for_haste, self._calls_for_haste
        if is_told and self._given_way and not self._is_starving and self._patience.may_hasten():
            self._patience.note_haste()
            self._outflow.begin(min(self._given_way, self._most_given_way), in_haste=True)

    def _flow_faster(self, out: Audio) -> bool:
        """Output callback. Take some samples of delay back, if any are to be; True if `out` is filled."""
        if self._ring.consumed > self._played - len(out):
            return False
        count = self._outflow.squeeze_into(out, self._ring)
        if count:
            self._played += count
            self.delay_samples -= count
            self._take_back(count)
            self._note_taken_out(count)
            if not self._outflow.left:
                self._restart_watch()
        return count > 0

    def _take_back(self, count: int) -> None:
        """Output callback. So much less delay is wanted from now on."""
        self._usual_delay -= count
        self._given_way = max(0, self._given_way - count)
        self._patience.note_less()

    def _note_taken_out(self, count: int) -> None:
        """Output callback."""
        self.stretched_samples -= count

    def _give_way(self) -> None:
        """Output callback. Sound came late again: play what the allowance permits, skip the rest."""
        if not self._patience.is_late_again:
            return
        late = min(self._played - self._ring.consumed, self._ring.available)
        given = min(late, self._most_given_way - self._given_way)
        if given > 0:
            self._given_way += given
            self._played -= given
            self._usual_delay += given
            self.delay_samples += given

    def _note_starving(self, is_starving: bool) -> None:
        """Output callback. Count, and learn from less delay that was regretted soon after."""
        if is_starving and not self._is_starving:
            self.underruns += 1
            self._outflow.end()
            self._patience.note_late()
        self._is_starving = is_starving
        self._starved = self._starved or is_starving

    def _trim(self, out: Audio) -> bool:
        """Output callback. After a watch bring the delay back to what it was; True if `out` is filled."""
        excess, flowing = int(self._headroom.least) - self.target_samples, self._outflow.left
        if excess > self._most_left and self._choose_anew(out):
            return True
        missing, starved = int(self._usual_delay - self._delay.most), self._starved
        if not flowing:  # else the mean is of some time ago
            self.delay_samples = self._delay.mean
        self._restart_watch()
        if starved and missing > self._tolerance:
            # The device lost input. The delay shrank by as much, and the buffer runs dry at every hop.
            self._played -= missing
        elif not flowing:
            self._outflow.begin(self._patience.needless(excess, self._given_way))
        return False

    @property
    def _most_left(self) -> int:
        """Output callback. More headroom than wanted up to this is no reason to cut.

        What was given way to flows off in time, a block of what was chosen first may be chance, and once it
        is settled the machine may be faster than it was.
        """
        explained = min(self._given_way, self._most_given_way)
        return max(self._much, explained + (self._chance if self._patience.is_settling else self._much))

    def _choose_anew(self, out: Audio) -> bool:
        """Output callback. Cut to the delay that would be chosen now; False if too little sound is there."""
        shift, given_way = self._first.shift(self._headroom, self._delay)
        if self._ring.available < shift + len(out):
            return False
        self._choose(shift, given_way)
        self._restart_watch()
        self._cut(out, shift)
        return True

    def _cut(self, out: Audio, count: int) -> None:
        """Output callback. Skip so many samples, and fill `out` with what comes before and after them."""
        self._ring.skip(self._played - self._ring.consumed)
        self._fader.shape(out, 0, read_across_cut(self._ring, out, count, self._rise, self._scratch))
        self._played += count + len(out)
        self._outflow.end()
        self._patience.note_cut()
        self.cuts += 1
        self.cut_samples += count

    def _restart_watch(self) -> None:
        self._headroom.clear()
        self._delay.clear()
        self._starved = False
