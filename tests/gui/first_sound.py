"""python -m tests.gui.first_sound: how soon after a click on Start the loudspeaker says something.

The real window on the real engine, which has loaded its voices; the microphone of the virtual card hums all
the while. Counted from the click until sound arrives at somebody who listens to the loudspeaker, which adds
up to 20 ms of its own.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from tests.gui.test_live_window import Window, hum, screen_of_its_own, why_not
from tests.live.virtual_card import RATE, VirtualCard

_LONGEST_SECONDS = 10.0
_AUDIBLE = 0.02
_SLICE_SECONDS = 0.005


def first_sound_seconds(card: VirtualCard, window: Window) -> float:
    """From a click on Start; stopped again afterwards."""
    speaker = card.listen("speaker.monitor")
    path = card.folder / "hum.raw"
    path.write_bytes(hum(_LONGEST_SECONDS, 150.0).tobytes())
    mouth = card.play(path)
    try:
        clicked = window.do("start")["began"]
        return heard_at(speaker, clicked) - clicked
    finally:
        for process in (mouth, speaker):
            process.terminate()
            process.wait()
        window.do("stop")


def heard_at(speaker: "subprocess.Popen[bytes]", clicked: float) -> float:
    """When the first audible slice came; what the pipe still held of the time before is passed over."""
    assert speaker.stdout is not None
    while time.monotonic() < clicked + _LONGEST_SECONDS:
        sound = np.frombuffer(speaker.stdout.read(4 * round(_SLICE_SECONDS * RATE)), np.float32)
        if np.abs(sound).max() > _AUDIBLE:
            return time.monotonic()
    raise TimeoutError(f"nothing was heard for {_LONGEST_SECONDS:.0f} s")


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.gui.first_sound",
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("--times", type=int, default=5, metavar="N")
    options = parser.parse_args()
    if (reason := why_not()) is not None:
        print(f"No window with sound: {reason}.", file=sys.stderr)
        return 2
    with VirtualCard() as card, screen_of_its_own() as screen, tempfile.TemporaryDirectory() as folder:
        window = Window(card, screen, Path(folder))
        window.do("voices")
        seconds = [first_sound_seconds(card, window) for _ in range(options.times)]
        window.end()
    print("  ".join(f"{one:.2f}" for one in seconds) + f" s; median {np.median(seconds):.2f} s")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
