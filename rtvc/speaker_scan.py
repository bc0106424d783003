"""How high somebody speaks in a recording: found out beforehand, so that a file's first word is right too."""

from pathlib import Path

import numpy as np

from rtvc.audio_file import AudioReader
from rtvc.framer import Framer
from rtvc.low_cut import LowCut
from rtvc.mel import MelSpec
from rtvc.pitch import yin
from rtvc.resample import Resampler

_LONGEST_SECONDS = 60.0  # of a recording that are looked at
_CLEARLY_VOICED = 0.9  # periodicity
_FEWEST_FRAMES = 10  # of clear voice; below that a recording says nothing
_EVERY = 2  # frames overlap by three quarters; half of them tell as much
_BLOCK_SECONDS = 1.0


def speaker_pitch(path: Path) -> float | None:
    """Median pitch in Hz of what is clearly voiced, or None where there is too little of it."""
    spec = MelSpec()
    voiced = []
    with AudioReader(path) as reader:
        resampler = Resampler(reader.sample_rate, spec.sample_rate)
        framer = Framer(spec, LowCut(spec.sample_rate, spec.hop))
        taken = 0
        for block in reader.blocks(round(_BLOCK_SECONDS * reader.sample_rate)):
            raw = framer.process(resampler.process(np.nan_to_num(block)))
            f0, periodicity = yin(raw[::_EVERY], spec.sample_rate)
            voiced.append(f0[periodicity > _CLEARLY_VOICED])
            taken += len(block)
            if taken >= _LONGEST_SECONDS * reader.sample_rate:
                break
    heard = np.concatenate([np.zeros(0, np.float32), *voiced])
    return float(np.median(heard)) if len(heard) >= _FEWEST_FRAMES else None
