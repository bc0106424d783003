"""What the shipped models make, as pictures: `python -m training.result_pictures docs/pictures/results`.

Of each digit model every digit in every voice, and the other model's digits before and after they went
through its latent; of `timbre` an accordion, and the flute that plays what it played. `training.evaluate`
draws the like of a run that is not exported, from recordings. `--run checkpoints/gan` adds what that run
told of clips it was not trained on, over its steps.
"""

import argparse
import sys
import tempfile
from functools import partial
from pathlib import Path

import numpy as np
import soundfile

from rtvc.chain import build_chain
from rtvc.digit_models import load_listener, load_speaker
from rtvc.digit_sound import word_sound
from rtvc.digits import DIGITS, DigitSpeaker, Float, silence
from rtvc.errors import RtvcError, UsageError
from rtvc.offline import convert_file
from rtvc.settings import ChainSettings
from rtvc.spectrogram_png import write_spectrograms
from training.evaluate import curve_of, judged
from training.pictures import write_curves, write_mels
from training.render_instruments import PARTS, render_one

_DIGIT_MODELS = ("cnn", "mlp")
_SEED = 0
_GAP_FRAMES = 4
_MELODY = ("accordion", "phrase", 0)  # instrument, kind of score and its number
_PLAYED_BY = "flute"
_MELODY_SECONDS = 6.0


def draw(folder: Path, runs: list[Path]) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    drawn = []
    for name, other in (_DIGIT_MODELS, _DIGIT_MODELS[::-1]):
        drawn += [draw_words(name, folder), draw_again(name, other, folder)]
    return [*drawn, draw_instrument(folder), *(draw_curves(run, folder) for run in runs)]


def draw_words(name: str, folder: Path) -> Path:
    """A row for each voice, the digits 0 to 9 in it."""
    speaker, random = load_speaker(name), np.random.default_rng(_SEED)
    rows = []
    for voice in speaker.voices:
        rows.append((voice, in_a_row([speaker.word(d, voice, random) for d in range(DIGITS)], speaker)))
    path = folder / f"digits-{name}.png"
    write_mels(path, rows)
    return path


def draw_again(name: str, other: str, folder: Path) -> Path:
    """Sounds of another model, and what this one makes of them by way of its latent."""
    speaker, teller, random = load_speaker(name), load_speaker(other), np.random.default_rng(_SEED)
    listener = load_listener(speaker)
    given, again = [], []
    with tempfile.TemporaryDirectory() as scratch:
        for digit in range(DIGITS):
            word = teller.word(digit, teller.voices[digit % len(teller.voices)], random)
            path = Path(scratch) / f"{digit}.wav"
            soundfile.write(path, word_sound(word, teller.spec), teller.spec.sample_rate)
            heard = listener.listen(path)
            given.append(word)
            again.append(speaker.decode(heard.latent, heard.digit, heard.voice))
    path = folder / f"digits-{name}-again.png"
    rows = [(f"said by digits-{other}", given), (f"the same through the latent of digits-{name}", again)]
    write_mels(path, [(title, in_a_row(words, speaker)) for title, words in rows])
    return path


def in_a_row(words: list[Float], speaker: DigitSpeaker) -> Float:
    """Each in a field as wide as the model's image."""
    width = speaker.image.frames + _GAP_FRAMES
    fields = [np.concatenate([w, silence(width - len(w), speaker.spec)]) for w in words]
    return np.concatenate(fields)


def draw_instrument(folder: Path) -> Path:
    instrument, kind, number = _MELODY
    path = folder / f"{instrument}-{_PLAYED_BY}.png"
    with tempfile.TemporaryDirectory() as scratch:
        before, after = Path(scratch) / "before.wav", Path(scratch) / "after.wav"
        render_one(PARTS[instrument], kind, number, before)
        sound, rate = soundfile.read(before, dtype="float32")
        soundfile.write(before, sound[: round(_MELODY_SECONDS * rate)], rate)
        convert_file(before, after, partial(build_chain, ChainSettings(mode="timbre", timbre=_PLAYED_BY)))
        write_spectrograms(path, before, after)
    return path


def draw_curves(run: Path, folder: Path) -> Path:
    rows = curve_of(run)
    if not rows:
        raise UsageError(f"{run} is no run that has ended an epoch; name a folder that training made.")
    path = folder / f"curves-{run.resolve().name}.png"
    write_curves(path, rows, judged(rows))
    return path


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m training.result_pictures", description=__doc__)
    parser.add_argument("folder", type=Path, help="for the pictures")
    parser.add_argument(
        "--run", type=Path, action="append", default=[], help="folder of a run, several times"
    )
    args = parser.parse_args()
    try:
        for path in draw(args.folder, args.run):
            print(path)
    except RtvcError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
