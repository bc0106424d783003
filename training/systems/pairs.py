"""The same sentence from two speakers, brought into step by dynamic time warping."""

import re
from dataclasses import dataclass

import librosa
import numpy as np
from scipy import fft

from rtvc.errors import UsageError
from training.cache import Entry, FeatureCache

_SENTENCE = re.compile(r"_(\d{3,})")  # SF1_100032 and TM1_100032, p225_001_mic1 and p226_001_mic1
_CEPSTRA = 20
_BAND = 0.25  # of the sentence's length: how far the two may be out of step


@dataclass(frozen=True)
class Pair:
    sentence: str
    split: str
    source: np.ndarray  # (frames, n_mels)
    target: np.ndarray  # (frames, n_mels), frame by frame what the source says


def sentence_of(entry: Entry) -> str:
    stem = entry.path.rpartition("/")[2].rpartition(".")[0]
    found = _SENTENCE.search(stem)
    return found.group(1) if found else stem


def find_pairs(cache: FeatureCache, source: str, target: str) -> list[Pair]:
    clips = {
        name: {sentence_of(e): e for e in cache.entries if e.speaker == name} for name in (source, target)
    }
    both = sorted(clips[source].keys() & clips[target].keys())
    if not both:
        raise UsageError(f"{cache.folder} has no sentence that both {source} and {target} say.")
    return [_pair(cache, sentence, clips[source][sentence], clips[target][sentence]) for sentence in both]


def _pair(cache: FeatureCache, sentence: str, source: Entry, target: Entry) -> Pair:
    before, after = cache.mel(source), cache.mel(target)
    split = source.split if source.split == target.split else "val"
    return Pair(sentence, split, before, after[warp(before, after)])


def warp(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """For each frame of the source the frame of the target that says the same, (frames,)."""
    _, path = librosa.sequence.dtw(
        _cepstra(source).T, _cepstra(target).T, global_constraints=True, band_rad=_BAND
    )
    found = np.zeros(len(source), int)
    for before, after in path:  # from the end backwards: the earliest match of a frame is the last written
        found[before] = after
    return found


def _cepstra(mel: np.ndarray) -> np.ndarray:
    """The envelope without the loudness, each speaker's own average taken out."""
    cepstra = fft.dct(mel.astype(np.float64), axis=1, norm="ortho")[:, 1:_CEPSTRA]
    return cepstra - cepstra.mean(axis=0)
