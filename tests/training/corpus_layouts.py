"""Small trees of made-up sound in the layouts that corpora really have."""

import json
from pathlib import Path

import numpy as np
import soundfile
import soxr

from tests.training.synthetic_corpus import RATE, utterance


def _write(path: Path, audio: np.ndarray, rate: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, soxr.resample(audio, RATE, rate) if rate != RATE else audio, rate)


def write_vctk_080(root: Path, clips: int = 5) -> Path:
    (root / "txt").mkdir(parents=True)
    (root / "speaker-info.txt").write_text(
        "ID  AGE  GENDER  ACCENTS  REGION\n225  23  F    English\n226  22  M  English\n"
    )
    for speaker, f0 in (("p225", 200.0), ("p226", 105.0)):
        for index in range(1, clips + 1):
            name = f"{speaker}_{index:03d}"
            _write(root / "wav48" / speaker / f"{name}.wav", utterance(f0, index, 1.0), 48000)
            text = root / "txt" / speaker / f"{name}.txt"
            text.parent.mkdir(exist_ok=True)
            text.write_text(f"Sentence {index}.\n")
    return root


def write_vctk_092(root: Path, clips: int = 3) -> Path:
    (root / "txt" / "p225").mkdir(parents=True)
    (root / "speaker-info.txt").write_text("ID  AGE  GENDER\np225  23  F    English\n")
    for index in range(1, clips + 1):
        for microphone in ("mic1", "mic2"):
            name = f"p225_{index:03d}_{microphone}.flac"
            _write(root / "wav48_silence_trimmed" / "p225" / name, utterance(200.0, index, 0.8), 48000)
        (root / "txt" / "p225" / f"p225_{index:03d}.txt").write_text("Please call Stella.")
    return root


def spoken_digit(digit: int, f0_hz: float, seed: int) -> np.ndarray:
    """A digit is one vowel, a speaker one pitch."""
    return utterance(f0_hz * (1.0 + 0.01 * (seed % 5)), 1000 + digit, 0.4 + 0.02 * (seed % 4))


def write_fsdd(root: Path, takes: tuple[int, ...] = (0, 5, 6, 7, 8, 9), digits: int = 10) -> Path:
    for digit in range(digits):
        for speaker, f0 in (("george", 110.0), ("theo", 150.0)):
            for take in takes:
                path = root / "recordings" / f"{digit}_{speaker}_{take}.wav"
                _write(path, spoken_digit(digit, f0, take), 8000)
    return root


def write_audiomnist(root: Path, takes: int = 5, digits: int = 3) -> Path:
    meta = {"01": {"gender": "male", "age": 30}, "02": {"gender": "female", "age": 29}}
    (root / "data").mkdir(parents=True)
    (root / "data" / "audioMNIST_meta.txt").write_text(json.dumps(meta))
    for speaker, f0 in (("01", 110.0), ("02", 190.0)):
        for digit in range(digits):
            for take in range(takes):
                path = root / "data" / speaker / f"{digit}_{speaker}_{take}.wav"
                _write(path, spoken_digit(digit, f0, take), 48000)
    return root


def write_folders(root: Path, clips: int = 5, names: tuple[str, ...] = ("flute", "violin")) -> Path:
    for number, name in enumerate(names):
        for index in range(clips):
            suffix = "wav" if index % 2 else "flac"
            _write(root / name / f"take{index}.{suffix}", utterance(220.0 + 110 * number, index, 0.9), RATE)
    return root


def write_parallel(root: Path, clips: int = 5) -> Path:
    """Two speakers, same sentences: the second says them in another voice and slower."""
    for speaker, f0, seconds in (("SF1", 210.0, 1.2), ("TM1", 110.0, 1.4)):
        for index in range(clips):
            _write(root / speaker / f"{speaker}_10000{index}.wav", utterance(f0, index, seconds), RATE)
    return root
