"""python -m tests.live.soak: the live program for as long as you like on the virtual card, minute by minute.

    python -m tests.live.soak --minutes 30 -- --target p230
    python -m tests.live.soak --minutes 30 --beside-pass-through -- --target p230
    python -m tests.live.soak --minutes 30 --pass-through
    python -m tests.live.soak --minutes 4 --load 2 -- --target p230
    python -m tests.live.soak --minutes 4 --load 2 --ordinary-rank -- --target p230

Prints delay, memory and all that went wrong, and ends with 1 where something did: a drop, a delay that
moved by more than 2 ms, memory that grew, or more interruptions or xruns than the pass-through beside it.
The machine has to be quiet, but for the busy processes of --load, which run for the middle half of the time;
when they end, it waits until the delay is as before and says how long that took. --ordinary-rank gives the
program no real-time priority. --pass-through tells what the sound system alone makes of the time; with
--beside-pass-through one runs on the same card at the same time, because no two half hours of a machine are
the same. --awake lets no processor rest, with work that comes after all other work: some hosts of virtual
machines give a resting one to somebody else, and it is late when it is wanted. Nothing else is done to the
program: for that there is tests.live.ordeal.
"""

import argparse
import json
import os
import subprocess
import sys
import threading
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import soundfile

from rtvc.resample import Resampler
from tests.live.awake import awake, end
from tests.live.test_virtual_card import ROOT
from tests.live.virtual_card import RATE, VirtualCard, begin_program
from tests.live.witness import Witness

SPEECH = ROOT / "rtvc/assets/demo/hello.wav"
PASS_THROUGH = [
    sys.executable,
    str(ROOT / "tests/live/pass_through.py"),
    "balanced",
    "default",
    "default",
]
MOST_DELAY_CHANGE_MS, MOST_GROWTH_MB = 2.0, 5.0
WARM_UP_SECONDS, SETTLES_SECONDS = 30.0, 20.0
ONE_EVENT_SECONDS = 2.0  # a stall, and the devices opened again for it
# What root has by this is what others have who were not given it in limits.conf.
ORDINARY = ["setpriv", "--bounding-set=-sys_nice", "--inh-caps=-sys_nice"]
FAULTS = ("underruns", "overruns", "drops", "repairs", "device_xruns", "recoveries")


@dataclass(frozen=True)
class Look:
    """One look at the program."""

    seconds: float
    delay_ms: float
    resident_mb: float
    load: float
    hop_p99_ms: float
    faults: dict[str, int]

    def __str__(self) -> str:
        faults = " ".join(f"{name}={count}" for name, count in self.faults.items() if count) or "no faults"
        return (
            f"{self.seconds:7.0f} s  {self.delay_ms:6.1f} ms  {self.resident_mb:6.1f} MB  "
            f"load {self.load:.2f}  p99 {self.hop_p99_ms:.1f} ms  {faults}"
        )


class Watch:
    """Reads all that the program says and keeps the last of it."""

    def __init__(self, program: "subprocess.Popen[bytes]") -> None:
        self._program = program
        self._stats: dict[str, Any] = {}
        self.said: list[str] = []
        self.looks: list[Look] = []
        self.went_wrong_at: list[float] = []  # within the second before
        self.interruptions = 0  # since it was warm
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self._program.stdout is not None
        for line in self._program.stdout:
            event = json.loads(line)
            if event["event"] == "stats":
                if any(event[name] > self._stats.get(name, 0) for name in FAULTS):
                    self._note_fault(time.monotonic(), event["seconds"] > WARM_UP_SECONDS)
                self._stats = event
            elif event.get("message"):
                self.said.append(event["message"])

    def _note_fault(self, now: float, is_warm: bool) -> None:
        """One interruption is heard, however many counters tell of it."""
        if not self.went_wrong_at or now - self.went_wrong_at[-1] > ONE_EVENT_SECONDS:
            self.went_wrong_at.append(now)
            self.interruptions += is_warm

    def keep_look(self, name: str = "") -> None:
        """And print it."""
        if (look := self.look()) is not None:
            self.looks.append(look)
            print(name, look, flush=True)

    def look(self) -> Look | None:
        stats = self._stats
        if not stats:
            return None
        return Look(
            seconds=stats["seconds"],
            delay_ms=stats["latency"]["total_ms"],
            resident_mb=resident_mb(self._program.pid),
            load=stats["load"],
            hop_p99_ms=stats["hop_p99_ms"],
            faults={name: stats[name] for name in FAULTS},
        )


def resident_mb(process: int) -> float:
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def talk(card: VirtualCard, seconds: float) -> "subprocess.Popen[bytes]":
    """Let the mouth speak for so long, without a pause longer than the clip's own."""
    samples, rate = soundfile.read(SPEECH, dtype="float32")
    clip = Resampler(rate, RATE).process(samples)
    path = card.folder / "speech.raw"
    with open(path, "wb") as file:
        for _ in range(max(1, round(seconds * RATE / len(clip)))):
            file.write(clip.tobytes())
    return card.play(path)


def soak(
    card: VirtualCard, witness: Witness, command: list[str], minutes: float, busy: int, beside: list[str]
) -> tuple[Watch, Watch | None]:
    """Run the command, and another beside it; one look a minute at each, or ten where the time is short."""
    seconds = 60.0 * minutes
    program = card.run(command)
    _begin(program)
    watch, other = Watch(program), Watch(card.run(beside)) if beside else None
    loads = list[subprocess.Popen[bytes]]()
    talk(card, seconds + WARM_UP_SECONDS)
    began, pause = time.monotonic(), threading.Event()
    while (passed := time.monotonic() - began) < seconds and program.poll() is None:
        is_middle = seconds / 4 < passed < 3 * seconds / 4
        while is_middle and len(loads) < busy:
            loads.append(subprocess.Popen([sys.executable, "-c", "while True: pass"]))
        if not is_middle and loads:
            end(loads)
            settled = how_soon(watch, watch.looks[0].delay_ms)
            print(f"After the busy processes had ended {settled}", flush=True)
        pause.wait(min(60.0, seconds / 10))
        watch.keep_look()
        if other is not None:
            other.keep_look("pass-through")
    end(loads)
    print(*watch.said, whose_fault(watch.went_wrong_at, witness), sep="\n")
    if other is not None:
        print("The pass-through:", whose_fault(other.went_wrong_at, witness))
    program.terminate()
    program.wait()
    return watch, other


def _begin(program: "subprocess.Popen[bytes]") -> None:
    """A program that is steered waits for this; others do not read it."""
    assert program.stdin is not None
    program.stdin.write(b'{"cmd": "start"}\n')
    program.stdin.flush()


def whose_fault(went_wrong_at: list[float], witness: Witness) -> str:
    """Stats come once a second: what went wrong did so in the second before, or a moment longer ago."""
    excused = sum(any(at - 1.1 < still_at < at for still_at in witness.times()) for at in went_wrong_at)
    late = witness.held_up()
    return (
        f"The machine stood still {len(late)} times, for up to {1e3 * max(late, default=0.0):.0f} ms; "
        f"of {len(went_wrong_at)} times that something went wrong it did so in {excused}."
    )


def how_soon(watch: Watch, usual_ms: float) -> str:
    """When the delay is the usual one again."""
    began, pause = time.monotonic(), threading.Event()
    while (passed := time.monotonic() - began) < SETTLES_SECONDS:
        look = watch.look()
        if look and abs(look.delay_ms - usual_ms) <= MOST_DELAY_CHANGE_MS:
            return f"the delay was {look.delay_ms:.1f} ms within {passed:.1f} s."
        pause.wait(0.02)
    return f"the delay did not come back in {passed:.0f} s."


def xruns(looks: list[Look]) -> int:
    """Ours and the device's, since it was warm."""
    steady = [look.faults for look in looks if look.seconds > WARM_UP_SECONDS]
    return sum(steady[-1][name] - steady[0][name] for name in ("underruns", "device_xruns")) if steady else 0


def verdict(watch: Watch, other: Watch | None, busy: int) -> list[str]:
    """What went wrong, as sentences."""
    steady = [look for look in watch.looks if look.seconds > WARM_UP_SECONDS]
    if len(steady) < 2:
        return ["The program did not live long enough to be judged."]
    wrong = []
    drops = steady[-1].faults["drops"] - steady[0].faults["drops"]
    if drops:
        wrong.append(f"{drops} drops")
    delays = [steady[0].delay_ms, steady[-1].delay_ms] if busy else [look.delay_ms for look in steady]
    if max(delays) - min(delays) > MOST_DELAY_CHANGE_MS:
        wrong.append(f"the delay moved by {max(delays) - min(delays):.1f} ms")
    if other is not None and watch.interruptions > other.interruptions:
        wrong.append(f"{watch.interruptions} interruptions where the pass-through had {other.interruptions}")
    if other is not None and xruns(watch.looks) > xruns(other.looks):
        wrong.append(f"{xruns(watch.looks)} xruns where the pass-through had {xruns(other.looks)}")
    growth = steady[-1].resident_mb - steady[0].resident_mb
    if growth > MOST_GROWTH_MB:
        wrong.append(f"memory grew by {growth:.1f} MB")
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.live.soak", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--load", type=int, default=0, metavar="N", help="busy processes for the middle half")
    parser.add_argument("--ordinary-rank", action="store_true", help="no real-time priority for the program")
    parser.add_argument("--pass-through", action="store_true", help="a chain that changes nothing")
    parser.add_argument("--beside-pass-through", action="store_true", help="with one on the same card")
    parser.add_argument("--awake", action="store_true", help="let no processor rest")
    parser.add_argument("options", nargs="*", help="of the program, after --")
    options = parser.parse_args()
    begin_program()
    # One that is steered tells its delay 25 times a second instead of once.
    told = "--control" if options.load else "--json"
    command = [sys.executable, str(ROOT / "main.py"), "--headless", told, *options.options]
    if options.pass_through:
        command = PASS_THROUGH
    if options.ordinary_rank:
        command = [*ORDINARY, *command]
    with awake(options.awake), closing(Witness()) as witness, VirtualCard() as card:
        card.environment["PYTHONPATH"] = str(ROOT)
        beside = PASS_THROUGH if options.beside_pass_through else []
        watch, other = soak(card, witness, command, options.minutes, options.load, beside)
    wrong = verdict(watch, other, options.load)
    print("; ".join(wrong) if wrong else "All is well.")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
