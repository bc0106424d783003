"""python -m tests.live.ordeal: the live program under random commands and all faults, one after the other.

    python -m tests.live.ordeal --minutes 30

Prints a table, and ends with 1 where something went wrong.
"""

import argparse
import os
import random
import signal
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import soundfile

from rtvc.resample import Resampler
from tests.live.injected_faults import KINDS, Kind
from tests.live.ordeal_report import WITHIN_MS, Report, Survived
from tests.live.soak import SPEECH, resident_mb
from tests.live.sound_marks import delay_and_likeness, noise_bursts
from tests.live.test_control_card import Program, faults, random_setting
from tests.live.virtual_card import RATE, VirtualCard, begin_program
from tests.live.witness import Witness, may_rank

PLAIN = {
    "mode": "speaker",
    "target": "p230",
    "preset": "balanced",
    "bypass": False,
    "mute": False,
    "gate_db": None,
    "input_gain_db": 0.0,
    "output_gain_db": 0.0,
    "noise_reduction": 0.0,
    "pitch_semitones": 0.0,
}
_CALM_SECONDS, _COMMANDS_PER_SECOND = 8.0, 4
_FLOWS_SECONDS = 0.2  # so much sound has to have come in to be believed
_HEARD = 0.003  # linear
_PATIENCE_SECONDS, _SETTLES_SECONDS = 30.0, 6.0
_SPEECH_SECONDS = 120.0


class Mouth:
    """Speaks without an end, also after the sound server was restarted."""

    def __init__(self, card: VirtualCard) -> None:
        self._card, self._path = card, card.folder / "speech.raw"
        samples, rate = soundfile.read(SPEECH, dtype="float32")
        clip = Resampler(rate, RATE).process(samples)
        self._path.write_bytes(clip.tobytes() * round(_SPEECH_SECONDS * RATE / len(clip)))
        self._voice = card.play(self._path)

    def speak(self) -> None:
        if self._voice.poll() is not None:
            self._voice = self._card.play(self._path)

    def hush(self) -> None:
        self._voice.kill()
        self._voice.wait()


class Ordeal:
    def __init__(self, card: VirtualCard, seed: int) -> None:
        self._card, self._dice, self._asked = card, random.Random(seed), 0
        self._errors = card.folder / "errors.txt"
        card.environment["PYTHONFAULTHANDLER"] = "1"  # a program that hangs can be asked where
        self.report = Report(may_rank() and os.getloadavg()[0] < (os.cpu_count() or 1))
        self._program = Program(card, "--input", "CardMic", "--output", "CardSpeaker", errors=self._errors)
        assert self._ask(cmd="start")["ok"]
        self._mouth = Mouth(card)

    def run(self, seconds: float) -> None:
        """As many rounds as there is time for, each with one fault; all kinds come before one comes again."""
        until = time.monotonic() + seconds
        paths = [str(self._card.folder / f"{end}.wav") for end in ("input", "output")]
        assert self._ask(cmd="record", input=paths[0], output=paths[1])["ok"]
        self._measure()
        self.report.load = self._program.await_seconds(_SETTLES_SECONDS)["load"]
        self._usual_ms = self._shown_ms
        waiting: list[str] = []
        while time.monotonic() < until:
            waiting = waiting or self._dice.sample(list(KINDS), len(KINDS))
            self._live_calmly()
            if not self._survives(waiting.pop()):
                self._ask_where_it_hangs()
                return
        self._measure()
        self._ask(cmd="record")
        self.report.recorded_seconds = min(soundfile.info(path).duration for path in paths)
        self._end()

    def _ask(self, **command: Any) -> dict[str, Any]:
        self._asked += 1
        return self._program.ask(f"ordeal {self._asked}", **command)

    def _make_plain(self) -> None:
        self._ask(cmd="set", **PLAIN)
        self._program.await_seconds(1.0)

    def _live_calmly(self) -> None:
        """Random commands, and no fault."""
        before, began = self._program.await_seconds(0.5), time.monotonic()
        for _ in range(round(_CALM_SECONDS * _COMMANDS_PER_SECOND)):
            self._mouth.speak()
            self._program.tell(**self._command())
            time.sleep(1 / _COMMANDS_PER_SECOND)
            self.report.commands += 1
        self._make_plain()
        self.report.lost_outside += faults(self._program.stats) - faults(before)
        self.report.calm_seconds += time.monotonic() - began
        self.report.resident_mb.append(resident_mb(self._program.process.pid))

    def _command(self) -> dict[str, Any]:
        dice = self._dice
        special = [
            {"cmd": "set", "preset": dice.choice(["low", "balanced", "quality"])},
            {"cmd": "set", "mode": "timbre", "timbre": dice.choice(["flute", "violin"])},
            {"cmd": "say", "digits": str(dice.randrange(100))},
        ]
        return dice.choice(special) if dice.random() < 0.15 else {"cmd": "set", **random_setting(dice)}

    def _survives(self, name: str) -> bool:
        kind: Kind = KINDS[name]
        before_ms = self._settled_ms()
        with kind.during(self._card, self._program):
            time.sleep(kind.seconds)
        back = self._seconds_until_sound()
        if back is not None:
            self._make_plain()
        fault = Survived(name, back, before_ms, self._settled_ms() if back is not None else 0.0)
        self.report.faults.append(fault)
        print(fault, f"{self.report.resident_mb[-1]:.0f} MB", flush=True)
        return back is not None

    @property
    def _shown_ms(self) -> float:
        return float(self._program.stats["latency"]["total_ms"])

    def _settled_ms(self) -> float:
        """The delay that is shown, when it is the usual one again, or after a while."""
        until = time.monotonic() + _SETTLES_SECONDS
        while abs(self._shown_ms - self._usual_ms) > WITHIN_MS and time.monotonic() < until:
            time.sleep(0.2)
        return self._shown_ms

    def _seconds_until_sound(self) -> float | None:
        """From now until sound has come in and gone out again."""
        began = time.monotonic()
        self._program.stats = {}
        first: float | None = None
        while (passed := time.monotonic() - began) < _PATIENCE_SECONDS:
            self._mouth.speak()
            stats = self._program.stats
            if stats:
                first = stats["seconds"] if first is None else first
                flows = stats["state"] == "running" and stats["seconds"] >= first + _FLOWS_SECONDS
                if flows and stats["output_peak"] > _HEARD:
                    return passed
            time.sleep(0.02)
        return None

    def _measure(self) -> None:
        """From outside: what goes through the program unchanged comes out how much later."""
        self._mouth.hush()
        self._ask(cmd="set", **PLAIN | {"mode": "bypass"})
        self._program.await_seconds(3.0)
        heard, said = self._card.say_and_listen(noise_bursts(1.5), 2.2)
        delay_ms, _ = delay_and_likeness(heard, said)
        self.report.measured_ms.append((delay_ms, self._shown_ms))
        self._make_plain()
        self._mouth.speak()

    def _ask_where_it_hangs(self) -> None:
        """All that may help to find out."""
        print(*self._program.states[-5:], self._program.stats, sep="\n")
        self._program.process.send_signal(signal.SIGABRT)
        self._program.process.wait(20.0)
        logs = self._card.folder.rglob("rtvc.log")
        print(*(path.read_text(errors="replace")[-4000:] for path in (self._errors, *logs)), sep="\n")

    def _end(self) -> None:
        self._program.tell(cmd="quit")
        self.report.ended_well = self._program.process.wait(20.0) == 0
        self.report.refused = self._program.refused
        self.report.exceptions = exceptions_in(self._errors)


def exceptions_in(errors: Path) -> list[str]:
    """The last line of each traceback on standard error."""
    lines, found, is_within = errors.read_text(errors="replace").splitlines(), list[str](), False
    for line in lines:
        if line.startswith("Traceback"):
            is_within = True
        elif is_within and not line.startswith(" "):
            found.append(line)
            is_within = False
    return found


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.live.ordeal", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--seed", type=int, default=1, help="of commands and of the order of faults")
    options = parser.parse_args()
    begin_program()
    with closing(Witness()) as witness, VirtualCard() as card:
        ordeal = Ordeal(card, options.seed)
        ordeal.run(60.0 * options.minutes)
        ordeal.report.held_up = witness.held_up()
    print("", *ordeal.report.lines(), sep="\n")
    wrong = ordeal.report.wrong()
    print("", *(wrong or ["All is well."]), sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
