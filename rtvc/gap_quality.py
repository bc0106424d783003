"""python -m rtvc.gap_quality FOLDER: speech that lacks moments, as we play it and with holes.

Four times a second the end of a block is missing, or some blocks, as when the worker is late. The sound goes
through what the output buffer uses (`rtvc/fades.py`); no model and no device takes part.
"""

import argparse
import sys
from collections.abc import Iterator

import numpy as np

from rtvc.errors import RtvcError
from rtvc.fades import EdgeFader
from rtvc.judged_speech import JUDGED_RATE, clips, imported, resampled, speech_parser
from rtvc.presets import PRESETS
from rtvc.stage import Audio

_RATE, _BLOCK = 48_000, PRESETS["balanced"].block_samples
_EVERY_SECONDS = 0.25


def with_holes(sound: Audio, gap: int) -> Audio:
    out = sound.copy()
    for at in _places(len(sound), gap):
        out[at : at + gap] = 0.0
    return out


def as_played(sound: Audio, gap: int) -> Audio:
    """Block by block; what is missing of a block is at its end, or at its start, or all of it."""
    out, fader = with_holes(sound, gap), EdgeFader(_RATE)
    at = np.array([-gap, *_places(len(sound), gap)])
    for start in range(0, len(out), _BLOCK):
        block = out[start : start + _BLOCK]
        first = int(at[np.searchsorted(at, start + _BLOCK) - 1]) - start
        last = first + gap
        if first >= 0:
            fader.shape(block, 0, first)
        else:
            fader.shape(block, min(len(block), max(0, last)), len(block))
    return out


def _places(length: int, gap: int) -> range:
    """Where gaps begin: they end with a block, or begin with one."""
    every = round(_EVERY_SECONDS * _RATE / _BLOCK) * _BLOCK
    return range(every - min(gap, _BLOCK), length - gap, every)


def measure(speech: list[Audio], gaps_ms: list[float]) -> Iterator[tuple[float, float, float]]:
    """For each length of a gap: PESQ-WB with holes and as played."""
    pesq = imported("pesq").pesq
    for gap_ms in gaps_ms:
        gap = round(gap_ms * _RATE / 1e3)
        scores = [
            [
                pesq(JUDGED_RATE, *(resampled(x, _RATE, JUDGED_RATE) for x in (clip, heard(clip, gap))), "wb")
                for heard in (with_holes, as_played)
            ]
            for clip in speech
        ]
        holes, played = np.mean(scores, axis=0)
        yield gap_ms, float(holes), float(played)


def main(argv: list[str] | None = None) -> int:
    options = _parser().parse_args(argv)
    try:
        speech = list(clips(options.folder, _RATE, options.seconds))
        print("gaps of     PESQ-WB with holes   as played")
        for gap_ms, holes, played in measure(speech, options.gaps):
            print(f"{gap_ms:5.1f} ms     {holes:18.2f}   {played:9.2f}", flush=True)
    except RtvcError as error:
        print(f"rtvc.gap_quality: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = speech_parser("rtvc.gap_quality", __doc__, seconds=60.0)
    parser.add_argument(
        "--gaps", type=float, nargs="+", default=[0.6, 1.5, 3.0, 6.0, 10.0], metavar="MS", help="how long"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
