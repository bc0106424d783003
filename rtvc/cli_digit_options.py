"""What can be asked of --mode digits on the command line, and in which combinations. Says nothing itself."""

import argparse
from collections.abc import Callable
from functools import partial

from rtvc.cli_values import count, number, place, shown
from rtvc.digit_settings import (
    ANY_VOICE,
    DEFAULT_DIGIT_MODEL,
    MOST_STEPS,
    DigitSettings,
    check_digits,
    check_place,
    check_seed,
    check_variation,
)
from rtvc.errors import UsageError
from rtvc.settings import DIGITS_MODE

_ONLY_DIGITS = ("digits", "voice", "variation", "at", "regenerate", "from_digit", "to_digit", "steps")
_NOT_FOR_DIGITS = ("input", "monitor_device", "seconds", "record", "jobs")


def add_digits(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--digits", metavar="DIGITS", help="what to say, e.g. 2024; a space is a pause")
    group.add_argument(
        "--voice", help=f"one of those the model learned from, or {ANY_VOICE} (default: the first)"
    )
    group.add_argument(
        "--variation", type=number, metavar="0..1", help="how different one 7 is from the next (default: 1)"
    )
    group.add_argument(
        "--at",
        type=place,
        metavar="X,Y",
        help="the digit at this place of its map, in standard deviations from the middle; as in --at=-1,0.5",
    )
    group.add_argument(
        "--regenerate",
        metavar="RECORDING",
        help="your own digit through the model and back; --digits says which",
    )
    group.add_argument("--from", dest="from_digit", metavar="DIGIT", help="walk from this digit ...")
    group.add_argument("--to", dest="to_digit", metavar="DIGIT", help="... to this one")
    group.add_argument("--steps", type=count, metavar="N", help="words on the way (default: 8)")


def typed_digits(options: argparse.Namespace) -> Callable[[str], DigitSettings]:
    """How digits are said that are typed while sound runs."""
    is_digits = options.mode == DIGITS_MODE
    return partial(
        DigitSettings,
        voice=options.voice,
        variation=1.0 if options.variation is None else options.variation,
        model=(options.model if is_digits else None) or DEFAULT_DIGIT_MODEL,
    )


def check_digit_options(options: argparse.Namespace, is_list: bool) -> None:
    """What is said must be said once; a single name is the file for it. `is_list`: nothing is to be said."""
    if options.mode != DIGITS_MODE:
        for name in _ONLY_DIGITS:
            if getattr(options, name) is not None:
                raise UsageError(f"{shown(name)} belongs to --mode {DIGITS_MODE}; add that.")
        return
    if options.destination:
        raise UsageError(f"With --mode {DIGITS_MODE} one name is enough: the file for the result.")
    options.source, options.destination = None, options.source
    walks = options.from_digit is not None or options.to_digit is not None
    says = [name for name in ("digits", "regenerate") if getattr(options, name) is not None]
    says += ["from"] * walks
    _check_digit_values(options)
    lives = options.headless or options.control
    if not says and not lives and not is_list:
        raise UsageError("There is nothing to say; add --digits 2024, --regenerate WAV or --from 3 --to 8.")
    if walks and len(says) > 1:
        raise UsageError(f"--from and {shown(says[0])} exclude each other; give one of them.")
    if options.control and (options.voice is not None or options.variation is not None):
        raise UsageError("With --control each 'say' brings its own voice and variation; leave that out.")
    if says and lives:
        raise UsageError("Digits are said live when they are typed; leave --headless and --control out.")
    if options.destination and (lives or options.output is not None):
        raise UsageError("A file for the result and sound devices exclude each other; give one of them.")
    for name in _NOT_FOR_DIGITS if says else ():
        if getattr(options, name) is not None:
            raise UsageError(f"{shown(name)} is not for digits; leave it out.")


def _check_digit_values(options: argparse.Namespace) -> None:
    if options.digits is not None:
        check_digits(options.digits)
    if options.regenerate is not None and options.digits is not None and len(options.digits) != 1:
        raise UsageError("--regenerate takes a recording of one digit; --digits may say which.")
    for name in ("from", "to"):
        digit = getattr(options, f"{name}_digit")
        other = options.to_digit if name == "from" else options.from_digit
        if (digit is None) != (other is None):
            raise UsageError("--from and --to belong together, as in --from 3 --to 8.")
        if digit is not None and (len(digit) != 1 or digit not in "0123456789"):
            raise UsageError(f"--{name} is {digit!r:.20}; one digit is expected.")
    if options.steps is not None and (options.from_digit is None or not 2 <= options.steps <= MOST_STEPS):
        raise UsageError(f"--steps goes with --from and --to, and is 2 to {MOST_STEPS}.")
    if options.variation is not None:
        check_variation(options.variation)
    check_seed(options.seed)
    check_place(options.at, None if options.regenerate else options.digits)
