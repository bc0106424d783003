"""--mode digits from the command line: what was asked for becomes sound, in a file or out of the speaker."""

import argparse
import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from rtvc import audio_io
from rtvc.audio_file import AudioWriter, check_destination, check_places, shown
from rtvc.chain import build_chain
from rtvc.digit_conversion import through
from rtvc.digit_models import load_listener, load_speaker
from rtvc.digit_settings import DEFAULT_DIGIT_MODEL, DigitSettings
from rtvc.digit_sound import LEAD_SECONDS, in_a_row, pieces, settled
from rtvc.digits import DigitSpeaker
from rtvc.errors import DeviceError
from rtvc.mel import MelSpec
from rtvc.offline import check_output_rate
from rtvc.playback import play
from rtvc.settings import ChainSettings
from rtvc.stage import Audio

_STEPS = 8
_SUBTYPE = "PCM_16"


def run(options: argparse.Namespace, settings: ChainSettings) -> int:
    started = time.perf_counter()
    check_output_rate(options.sample_rate)
    _check_places(options)
    speaker = load_speaker(options.model or DEFAULT_DIGIT_MODEL)
    told, parts = _asked_for(options, speaker)
    # With a target the sound is converted like any other voice's; without it only its rate may change.
    is_converted = bool(options.target or options.blend)
    settings = replace(settings, mode="speaker" if is_converted else "bypass")
    made_at = speaker.spec.sample_rate
    rate = options.sample_rate or (MelSpec().sample_rate if is_converted else made_at)
    told |= {"target": settings.target if is_converted else None}
    if options.destination:
        path = Path(options.destination)
        with AudioWriter(path, rate, _SUBTYPE, None) as writer:
            pipeline = build_chain(settings, made_at, rate)
            count = sum(_written(writer, part) for part in through(parts, pipeline, made_at))
        told |= {"destination": str(path), "rate": rate, "seconds": round(count / rate, 3)}
    else:
        count = _play(parts, settings, made_at, options)
        told |= {"destination": None, "seconds": round(count / made_at, 3)}
    _tell(told | {"elapsed_seconds": round(time.perf_counter() - started, 3)}, options.json)
    return 0


def _check_places(options: argparse.Namespace) -> None:
    """Before anything is made: a long number is not said into nowhere."""
    if options.destination and options.regenerate:
        check_places(Path(options.regenerate), Path(options.destination))
    elif options.destination:
        check_destination(Path(options.destination))


def _asked_for(options: argparse.Namespace, speaker: DigitSpeaker) -> tuple[dict[str, Any], Iterable[Audio]]:
    """What is said, in names and values, and the sound of it at the model's rate, piece by piece."""
    variation = 1.0 if options.variation is None else options.variation
    told: dict[str, Any] = {"model": speaker.name}
    if options.regenerate:
        return _regenerated(options, speaker, told)
    digits = options.digits or options.from_digit + options.to_digit
    asked = settled(speaker, DigitSettings(digits, options.voice, variation, options.seed, at=options.at))
    told |= {"voice": asked.voice, "variation": asked.variation, "seed": asked.seed}
    if options.from_digit:
        random, steps = np.random.default_rng(asked.seed), options.steps or _STEPS
        first, last = int(options.from_digit), int(options.to_digit)
        words = speaker.walk(first, last, steps, asked.voice, random, asked.variation)
        return told | {"from": first, "to": last, "steps": steps}, [in_a_row(words, speaker.spec)]
    lead = np.zeros(round(LEAD_SECONDS * speaker.spec.sample_rate), np.float32)
    return told | {"digits": digits, "at": asked.at}, chain([lead], pieces(speaker, asked))


def _regenerated(
    options: argparse.Namespace, speaker: DigitSpeaker, told: dict[str, Any]
) -> tuple[dict[str, Any], Iterable[Audio]]:
    digit = int(options.digits) if options.digits else None
    random = np.random.default_rng(options.seed)
    voice = None if options.voice is None else speaker.pick_voice(options.voice, random)
    listener = load_listener(speaker)
    heard = listener.listen(Path(options.regenerate), digit, voice)
    word = listener.regenerate(heard, options.variation or 0.0, random)
    told |= {"digits": str(heard.digit), "voice": heard.voice, "regenerated": options.regenerate}
    told |= {"x": round(heard.x, 2), "y": round(heard.y, 2), "seed": options.seed}
    return told, [in_a_row([word], speaker.spec)]


def _written(writer: AudioWriter, part: Audio) -> int:
    writer.write(part)
    return len(part)


def _play(parts: Iterable[Audio], settings: ChainSettings, rate: int, options: argparse.Namespace) -> int:
    """Out of the speaker; returns how many samples there were, at the model's rate."""
    try:
        link = audio_io.open_output(settings.preset, options.output)
    except DeviceError as error:
        raise DeviceError(f"{error} The name of a .wav file at the end writes one instead.") from error
    given = 0

    def counted() -> Iterator[Audio]:
        nonlocal given
        for part in through(parts, build_chain(settings, rate, link.rate), rate):
            given += len(part)
            yield part

    play(counted(), link)
    return round(given * rate / link.rate)


def _tell(told: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print(json.dumps(told))
        return
    where = f"Wrote {shown(told['destination'])}" if told["destination"] else "Said"
    who = f"{told['voice']} of {told['model']}" + (f" as {told['target']}" if told["target"] else "")
    chance = "" if told["seed"] is None else f", seed {told['seed']}"
    print(
        f"{where}: {_what(told)} by {who}{chance}; "
        f"{told['seconds']:.1f} s of sound in {told['elapsed_seconds']:.1f} s."
    )


def _what(told: dict[str, Any]) -> str:
    if "regenerated" in told:
        place = f"{told['x']:+g}, {told['y']:+g} on its map"
        return f"{told['digits']} as in {shown(told['regenerated'])} ({place})"
    if "steps" in told:
        return f"{told['from']} to {told['to']} in {told['steps']} steps"
    digits = str(told["digits"])
    return digits if len(digits) <= 40 else f"{digits[:37]}..."
