"""A corpus small enough for a test: three made-up speakers, buzzing vowels, a manifest beside them."""

import csv
from pathlib import Path

import numpy as np
import soundfile

RATE = 22050
SPEAKERS = {"low": ("M", 100.0), "high": ("F", 210.0), "unseen": ("M", 130.0)}
COLUMNS = "path kind corpus speaker gender split transcript same_person_as".split()
SETS = """
dev_unseen = ["unseen"]
shipped_voices = ["low", "high"]
target_references = []
"""
STREAM_CONFIG = """
system = "stream"
seed = 5
[network]
content_channels = 24
content_width = 12
decoder_channels = 24
lookahead = {lookahead}
[data]
cache = "{folder}/cache"
sets = "{folder}/corpus/sets.toml"
batch = 4
frames = 48
reference_frames = 48
shipped_share = 0.5
[perturb]
warp = [0.8, 1.25]
level_spread = 0.2
[loss]
[optimiser]
learning_rate = 3e-3
warmup_steps = 5
clip = 1.0
minutes = 1.0
critic_from = 0.5
critic_learning_rate = 2e-4
trained = ["stream", "speaker_encoder", "known", "speaker_head", "adversary", "phone_head"]
average = 0.9
"""


def stream_config(folder: Path, lookahead: int = 1) -> str:
    """Of a `stream` small enough for a test, trained on the corpus in this folder."""
    return STREAM_CONFIG.format(folder=folder.as_posix(), lookahead=lookahead)


def utterance(f0_hz: float, seed: int, seconds: float = 1.2) -> np.ndarray:
    """A pulse train through wandering resonances, with a pause in the middle."""
    random = np.random.default_rng(seed)
    time = np.arange(int(RATE * seconds)) / RATE
    phase = np.cumsum(f0_hz * (1.0 + 0.1 * np.sin(2 * np.pi * 2.0 * time))) / RATE
    formants = random.uniform([300, 900, 2200], [800, 1800, 3000])
    partials = [
        np.exp(-np.min(np.abs(k * f0_hz - formants)) / 200.0) * np.sin(2 * np.pi * k * phase)
        for k in range(1, int(7000 / f0_hz))
    ]
    envelope = np.where(np.abs(time - seconds / 2) < 0.1, 0.0, 1.0)
    audio = envelope * np.sum(partials, axis=0) + 0.001 * random.standard_normal(len(time))
    return (0.3 * audio / np.abs(audio).max()).astype(np.float32)


def write_corpus(folder: Path, clips: int = 3) -> Path:
    """Returns the manifest."""
    rows = []
    for speaker, (gender, f0_hz) in SPEAKERS.items():
        (folder / speaker).mkdir(parents=True)
        for index in range(clips):
            path = folder / speaker / f"{speaker}_{index}.wav"
            soundfile.write(path, utterance(f0_hz, index), RATE)
            place = path.relative_to(folder).as_posix()
            rows.append([place, "speech", "made-up", speaker, gender, "train", "", ""])
    (folder / "sets.toml").write_text(SETS)
    manifest = folder / "MANIFEST.csv"
    with manifest.open("w", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *rows])
    return manifest
