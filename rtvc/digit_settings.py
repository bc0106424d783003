"""DigitSettings, what is to be said in digits and how. Touches no model."""

from dataclasses import dataclass

from rtvc.errors import UsageError

ANY_VOICE = "random"
MOST_DIGITS = 1000  # at once: ten minutes of them
MOST_STEPS = 100  # from one digit to another
DEFAULT_DIGIT_MODEL = "cnn"
FARTHEST_PLACE = 4.0  # standard deviations from the middle of a digit's map
_MOST_SHOWN = 40  # characters of what was asked for, in a sentence about it


@dataclass(frozen=True)
class DigitSettings:
    """One thing to say."""

    digits: str  # 0 to 9; a space is a longer pause
    voice: str | None = None  # one the model knows, ANY_VOICE, or the model's first
    variation: float = 1.0  # 0: every 7 is the same 7; 1: as different as people say it
    seed: int | None = None  # the same one gives the same samples; None: never the same twice
    model: str = DEFAULT_DIGIT_MODEL
    at: tuple[float, float] | None = None  # a place on the map of one digit, in place of chance

    def __post_init__(self) -> None:
        check_digits(self.digits)
        check_variation(self.variation)
        check_seed(self.seed)
        check_place(self.at, self.digits)


def check_digits(digits: str) -> None:
    if not digits.strip() or set(digits) - set("0123456789 "):
        shown = f"{digits!r:.{_MOST_SHOWN}}"
        raise UsageError(f"{shown} is not made of the digits 0 to 9; give some, as in 2024.")
    if (count := len(digits.replace(" ", ""))) > MOST_DIGITS or len(digits) > 2 * MOST_DIGITS:
        raise UsageError(f"{count} digits are too many at once; {MOST_DIGITS} are the most.")


def check_variation(variation: float) -> None:
    if not 0.0 <= variation <= 1.0:
        raise UsageError(f"The variation is {variation:g}; it must lie between 0 and 1.")


def check_seed(seed: int | None) -> None:
    if seed is not None and seed < 0:
        raise UsageError(f"The seed is {seed}; it must be 0 or more.")


def check_place(at: tuple[float, float] | None, digits: str | None) -> None:
    if at is None:
        return
    if digits is None or len(digits) != 1:
        raise UsageError("A place lies on the map of one digit; give that digit, as in 7.")
    if not all(abs(step) <= FARTHEST_PLACE for step in at):
        where = ", ".join(f"{step:g}" for step in at)
        raise UsageError(
            f"The place is {where}; both must lie between -{FARTHEST_PLACE:g} and {FARTHEST_PLACE:g}."
        )
