"""python -m tests.live.stalls: what moments of standing still do to the live program and to a plain one.

    python -m tests.live.stalls --awake -- --target p230

In a half hour a machine stands still too seldom to tell whether the program or a plain pass-through has
more of it. So all that makes sound is stopped for 5 to 60 ms, every eight seconds: the sound server, both
programs, or the three of them. Prints a table; behind commas the pass-through, on the same card.
"""

import argparse
import random
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

from tests.live.awake import awake
from tests.live.soak import PASS_THROUGH, ROOT, WARM_UP_SECONDS, Watch, talk
from tests.live.virtual_card import VirtualCard, begin_program, standing_still

_SHORTEST_SECONDS, _LONGEST_SECONDS = 0.005, 0.06
_EVERY_SECONDS = 8.0  # what went wrong is told once a second, and devices that are late are opened again
_COUNTED = ("device_xruns", "underruns", "drops")

Faults = dict[str, int]


@dataclass(frozen=True)
class Stall:
    """Who was stopped, and what went wrong from then on in either program."""

    who: str
    program: Faults
    plain: Faults


def table(stalls: list[Stall]) -> Iterator[str]:
    yield "| stopped | times | something went wrong | device's xruns | own underruns | drops |"
    yield "|---|---|---|---|---|---|"
    for who in dict.fromkeys(stall.who for stall in stalls):
        yield _row(who, [stall for stall in stalls if stall.who == who])
    yield _row("all of it", stalls)


def _row(who: str, stalls: list[Stall]) -> str:
    programs, plains = [stall.program for stall in stalls], [stall.plain for stall in stalls]
    cells = [f"{sum(map(_is_wrong, programs))}, {sum(map(_is_wrong, plains))}"]
    for name in _COUNTED:
        cells.append(f"{sum(p[name] for p in programs)}, {sum(p[name] for p in plains)}")
    return f"| {who} | {len(stalls)} | {' | '.join(cells)} |"


def _is_wrong(faults: Faults) -> bool:
    return any(faults[name] for name in _COUNTED)


def stall(card: VirtualCard, options: list[str], times: int, seed: int) -> list[Stall]:
    dice, pause = random.Random(seed), threading.Event()
    program = card.run([sys.executable, str(ROOT / "main.py"), "--headless", "--json", *options])
    plain = card.run(PASS_THROUGH)
    watches = Watch(program), Watch(plain)
    talk(card, WARM_UP_SECONDS + times * _EVERY_SECONDS)
    pause.wait(WARM_UP_SECONDS)
    victims = {
        "the sound server": [card.server],
        "both programs": [program, plain],
        "all three": [card.server, program, plain],
    }
    found = []
    for number in range(times):
        who = list(victims)[number % len(victims)]
        before = [_faults(watch) for watch in watches]
        with ExitStack() as stack:
            for process in victims[who]:
                stack.enter_context(standing_still(process))
            pause.wait(dice.uniform(_SHORTEST_SECONDS, _LONGEST_SECONDS))
        pause.wait(_EVERY_SECONDS)
        after = [_faults(watch) for watch in watches]
        found.append(Stall(who, *(_since(*both) for both in zip(before, after, strict=True))))
        _show_progress(number + 1, times)
    return found


def _faults(watch: Watch) -> Faults:
    look = watch.look()
    if look is None:
        raise SystemExit("A program said nothing: does it run by itself?")
    return look.faults


def _since(before: Faults, after: Faults) -> Faults:
    return {name: after[name] - before[name] for name in before}


def _show_progress(done: int, of: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{done} of {of}", end="" if done < of else "\n", file=sys.stderr, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.live.stalls", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--times", type=int, default=60, metavar="N")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--awake", action="store_true", help="let no processor rest")
    parser.add_argument("options", nargs="*", help="of the program, after --")
    options = parser.parse_args()
    begin_program()
    with awake(options.awake), VirtualCard() as card:
        card.environment["PYTHONPATH"] = str(ROOT)
        print(*table(stall(card, options.options, options.times, options.seed)), sep="\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
