"""What a recording tells of its speaker, found out beforehand, so that its first word comes out right too."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rtvc.clip import read_clip, speech_rms, without_rumble
from rtvc.framer import Framer
from rtvc.mel import MelSpec
from rtvc.pitch import yin
from rtvc.speaker import Speaker
from rtvc.stage import Audio

_LONGEST_SECONDS = 60.0  # of a recording that are looked at
_CLEARLY_VOICED = 0.9  # periodicity
_FEWEST_FRAMES = 10  # of clear voice; below that a recording says nothing
_EVERY = 2  # frames overlap by three quarters; half of them tell as much
_AT_ONCE = 512  # frames


def scan(path: Path) -> Speaker | None:
    """Median pitch and level of speech, or None where hardly any voice is heard."""
    return scan_audio(read_clip(path, MelSpec().sample_rate, _LONGEST_SECONDS))


def scan_audio(raw: Audio) -> Speaker | None:
    """The same of sound that is there already, at the rate of MelSpec()."""
    spec = MelSpec()
    audio = without_rumble(raw, spec)
    if not len(audio):
        return None
    voiced = _voiced_pitch(audio, spec)
    if len(voiced) < _FEWEST_FRAMES:
        return None
    return Speaker(float(np.median(voiced)), speech_rms(audio, spec))


def _voiced_pitch(audio: Audio, spec: MelSpec) -> NDArray[np.float32]:
    raw = Framer(spec).process(audio)[::_EVERY]
    found = []
    for start in range(0, len(raw), _AT_ONCE):
        f0, periodicity = yin(raw[start : start + _AT_ONCE], spec.sample_rate)
        found.append(f0[periodicity > _CLEARLY_VOICED])
    return np.concatenate(found)
