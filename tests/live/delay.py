"""python -m tests.live.delay: from mouth to ear on the virtual card, measured from outside, with real speech.

    python -m tests.live.delay -- --target p230 --preset low
    python -m tests.live.delay --two-devices -- --target p230 --preset low

Prints what each part of the way takes as the program says, and how late the loudspeaker really is. A
converted voice is another sound, so what is compared is how both swell and fade, which is good for a
millisecond or two. --awake lets no processor rest, as that of tests.live.soak does.
"""

import argparse
import signal
import sys

import numpy as np
import soundfile
from numpy.typing import NDArray

from rtvc.resample import Resampler
from tests.live.awake import awake
from tests.live.soak import SPEECH
from tests.live.test_virtual_card import ROOT, lost, next_event
from tests.live.virtual_card import RATE, VirtualCard, begin_program

Float = NDArray[np.float32]

_STEP = RATE // 4000  # samples between two values of an envelope
_SMOOTH = round(0.01 * RATE)
_PARTS = ("input_ms", "chain_ms", "buffer_ms", "output_ms", "total_ms")


def envelope(sound: Float) -> NDArray[np.float64]:
    window = np.hanning(_SMOOTH) / np.hanning(_SMOOTH).sum()
    level = np.sqrt(np.convolve(sound.astype(np.float64) ** 2, window, "same"))[::_STEP]
    centred: NDArray[np.float64] = level - level.mean()
    return centred


def delay_ms(heard: Float, said: Float) -> float:
    """How much later `said` swells and fades as `heard` does, at most half a second."""
    one, other = envelope(heard), envelope(said)
    size = 2 * len(one)
    alike = np.fft.irfft(np.conj(np.fft.rfft(one, size)) * np.fft.rfft(other, size))
    return float(np.argmax(alike[: RATE // _STEP // 2])) * _STEP / RATE * 1e3


def measure(card: VirtualCard, options: list[str]) -> str:
    program = card.run([sys.executable, str(ROOT / "main.py"), "--headless", "--json", *options])
    next_event(program, "stats")
    samples, rate = soundfile.read(SPEECH, dtype="float32")
    speech = Resampler(rate, RATE).process(samples)
    heard, said = card.say_and_listen(speech, len(speech) / RATE + 0.5)
    program.send_signal(signal.SIGTERM)
    stopped = next_event(program, "stopped")
    program.wait()
    parts = "  ".join(f"{name[:-3]} {stopped['latency'][name]:.1f}" for name in _PARTS)
    return f"{parts}  measured {delay_ms(heard, said):.1f} ms, {lost(stopped)} times sound was lost"


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.live.delay", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--two-devices", action="store_true", help="instead of one that is both")
    parser.add_argument("--times", type=int, default=3, metavar="N")
    parser.add_argument("--awake", action="store_true", help="let no processor rest")
    parser.add_argument("options", nargs="*", help="of the program, after --")
    options = parser.parse_args()
    begin_program()
    devices = ["--input", "CardMic", "--output", "CardSpeaker"] if options.two_devices else []
    with awake(options.awake), VirtualCard() as card:
        for _ in range(options.times):
            print(measure(card, [*options.options, *devices]), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
