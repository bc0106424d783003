"""How far the pitch of a shipped instrument is from the melody it was given: made up, sung and recorded."""

from collections.abc import Sequence

import numpy as np

from training import hums
from training.played import Row, Sounds, played
from training.sound_measures import HOP, RATE, is_agreed, pitch_at, pitch_by_librosa

_CENTS = 1200.0
_OCTAVE_WITHIN = 100.0  # cents of a whole number of octaves that are not none
_EDGE_SECONDS = 0.06  # of a made-up melody, where it begins and ends


def pitch_row(name: str, cents: Sequence[np.ndarray]) -> Row:
    """Of signed errors, nan where there is no pitch that should be one."""
    every = np.concatenate(cents)
    found = every[~np.isnan(every)]
    octaves = np.round(found / _CENTS)
    is_octave = (octaves != 0) & (np.abs(found - _CENTS * octaves) < _OCTAVE_WITHIN)
    return {
        "input": name,
        "frames": len(every),
        "median error, cents": float(np.median(np.abs(found))),
        "off by more than 50, %": 100.0 * float(np.mean(np.abs(found) > 50.0)),
        "octave errors, %": 100.0 * float(np.mean(is_octave)),
        "not heard, %": 100.0 * float(np.mean(np.isnan(every))),
    }


def made_up_errors(hum: hums.Hum, timbre: str, model: str) -> np.ndarray:
    """In cents, at each hop where the melody is under way."""
    out = played(hum.sound, timbre, model)
    times = np.arange(0, len(out), HOP)
    edge = int(_EDGE_SECONDS * RATE)
    inside = np.array([hum.f0_hz[max(0, t - edge) : t + edge].all() for t in times])
    times = times[inside]
    found, has_pitch = pitch_at(out, times)
    return np.where(has_pitch, _CENTS * np.log2(found / hum.f0_hz[times]), np.nan)


def recorded_errors(sound: np.ndarray, timbre: str, model: str) -> np.ndarray:
    """The same against what other methods hear in the recording, where two surely hear one pitch."""
    before, is_sung = pitch_by_librosa(sound)
    after, is_heard = pitch_by_librosa(played(sound, timbre, model))
    count = min(len(before), len(after))
    is_sung &= is_agreed(sound, before)
    before, after = before[:count], after[:count]
    # What they say at the edges of a note is a guess.
    sure = np.convolve(is_sung[:count], np.ones(5), "same") == 5.0
    return np.where(is_heard[:count], _CENTS * np.log2(after / before), np.nan)[sure]


def pitch_figures(model: str, instruments: list[str], val: Sounds, sung: list[np.ndarray]) -> list[Row]:
    glides = [
        hums.glide(80.0, 1000.0, 6.0),
        hums.glide(1000.0, 80.0, 4.0),
        hums.glide(150.0, 600.0, 3.0, 40.0),
    ]
    rows = []
    for index, glide in enumerate(glides):
        errors = [made_up_errors(glide, name, model) for name in instruments]
        rows.append(pitch_row(("glide up", "glide down", "glide with vibrato")[index], errors))
    phrases = [hums.phrase(110.0, 1), hums.phrase(220.0, 2), hums.phrase(440.0, 3)]
    rows.append(pitch_row("hummed phrases", [made_up_errors(x, instruments[0], model) for x in phrases]))
    if sung:
        rows.append(pitch_row("sung recordings", [recorded_errors(x, instruments[0], model) for x in sung]))
    recorded = {name: [recorded_errors(x, name, model) for x in clips] for name, clips in val.items()}
    rows += [pitch_row(f"{name}, val clips", errors) for name, errors in recorded.items()]
    if recorded:
        rows.append(pitch_row("all val clips", [one for errors in recorded.values() for one in errors]))
    return rows
