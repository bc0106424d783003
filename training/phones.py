"""Which phone each frame of the cache belongs to, by forced alignment of the transcribed clips.

`python -m training.phones MANIFEST.csv cache/speech` writes phones.npy beside the features: one number
a frame, the place of the phone in PHONES, or UNKNOWN where no transcript, or no good alignment, is at hand.
"""

import argparse
import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pocketsphinx import Decoder
from rich.progress import track

from rtvc.mel import MelSpec
from training.features import load_audio
from training.manifest import Clip, read_manifest
from training.phone_set import PHONES, PHONES_FILE, SILENCE, UNKNOWN
from training.speech_batches import Entry, read_index

_RATE = 16000
_FRAME_SECONDS = 0.01
_WINDOW_SECONDS = 0.0256  # of the aligner's frames: a frame speaks for its middle

Labels = NDArray[np.uint8]


def words(transcript: str) -> list[str]:
    return re.findall(r"[a-z]+(?:'[a-z]+)*", transcript.lower())


def align(decoder: Decoder, audio: NDArray[np.float32], text: list[str]) -> Labels | None:
    """One label for each 10 ms, or None where a word is not in the dictionary or the sound does not fit."""
    if not text or any(decoder.lookup_word(word) is None for word in text):
        return None
    raw = (np.clip(audio, -1.0, 1.0) * 32767.0).astype("<i2").tobytes()
    try:
        decoder.set_align_text(" ".join(text))
        _decode(decoder, raw)
        decoder.set_alignment()
        _decode(decoder, raw)
        spoken = decoder.get_alignment()
    except RuntimeError:  # what the aligner raises when no path through the words fits
        return None
    if spoken is None:
        return None
    labels = np.full(len(audio) * 100 // _RATE + 1, UNKNOWN, np.uint8)
    for word in spoken:
        for phone in word:
            name = phone.name if phone.name in PHONES else SILENCE  # breaths and noises too
            labels[phone.start : phone.start + phone.duration] = PHONES.index(name)
    return labels


def _decode(decoder: Decoder, raw: bytes) -> None:
    decoder.start_utt()
    decoder.process_raw(raw, no_search=False, full_utt=True)
    decoder.end_utt()


def at_frames(labels: Labels, count: int, spec: MelSpec) -> Labels:
    """The aligner's labels read at the middle of each of our frames."""
    middle = ((np.arange(count) + 1) * spec.hop - spec.n_fft / 2) / spec.sample_rate
    index = np.rint((middle - _WINDOW_SECONDS / 2) / _FRAME_SECONDS).astype(int)
    return np.where((index >= 0) & (index < len(labels)), labels[index.clip(0, len(labels) - 1)], UNKNOWN)


def label(manifest: Path, cache: Path) -> tuple[int, int]:
    """Writes the file; returns how many clips have labels and how many have a transcript."""
    spec, decoder = MelSpec(), Decoder(lm=None, loglevel="FATAL")
    entries: dict[str, Entry] = {entry.path: entry for entry in read_index(cache)}
    out = np.full(max(e.start + e.frames for e in entries.values()), UNKNOWN, np.uint8)
    spoken = [clip for clip in read_manifest(manifest) if clip.transcript]
    clips = [clip for clip in spoken if _place(clip, manifest) in entries]
    done = 0
    for clip in track(clips, "phones"):
        labels = align(decoder, load_audio(clip.path, _RATE), words(clip.transcript))
        if labels is None:
            continue
        entry = entries[_place(clip, manifest)]
        out[entry.start : entry.start + entry.frames] = at_frames(labels, entry.frames, spec)
        done += 1
    np.save(cache / PHONES_FILE, out)
    return done, len(clips)


def _place(clip: Clip, manifest: Path) -> str:
    return clip.path.relative_to(manifest.parent).as_posix()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m training.phones", description=__doc__)
    parser.add_argument("manifest", type=Path)
    parser.add_argument("cache", type=Path)
    args = parser.parse_args()
    done, asked = label(args.manifest, args.cache)
    print(f"{done} of {asked} transcribed clips aligned")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
