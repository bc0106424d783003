"""VoiceSample: recordings of a person to make a voice of, or a sentence that says why they won't do."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rtvc.analysis import analyse
from rtvc.audio_file import shown
from rtvc.clip import levelled, read_clip, speech_rms, without_rumble
from rtvc.errors import AudioFileError
from rtvc.framer import Framer
from rtvc.frames import Frames
from rtvc.mel import MelSpec
from rtvc.stage import Audio

SHORTEST_SECONDS = 3.0  # of speech, pauses not counted
ENOUGH_SECONDS = 10.0  # more makes a voice better up to about here
_LONGEST_SECONDS = 120.0  # of each recording that are looked at
_QUIETEST_RMS = 10.0 ** (-60.0 / 20.0)
_PAUSE_DB = 30.0  # below the loudest frame
_CLEARLY_VOICED = 0.8  # periodicity
# Where speech and other sounds part; of 60 clips of speech none lies beyond, of 60 clips of instruments
# one does not (share of frames in steady pitch: speech .03 to .28, instruments .34 to 1).
_LEAST_VOICED = 0.2  # share of the frames that are no pause
_MOST_STEADY = 0.31  # share of voiced neighbours whose pitch differs by less than _STEADY
_STEADY = 4.0  # cents
_LONGEST_TONE_SECONDS = 1.5
_LEAST_RANGE_DB = 12.0  # between speech and what is heard in its pauses
_PER_NATURAL_LOG = 20.0 / np.log(10.0)

Float = NDArray[np.float32]


@dataclass(frozen=True)
class VoiceSample:
    """What an encoder wants to know, and the sound it came from."""

    audio: Audio  # levelled, at the rate of `spec`
    log_mel: Float  # (frames, n_mels), pauses included
    log_energy: Float  # (frames,)
    median_log_hz: float
    speech_seconds: float
    range_db: float  # how far speech stands above what is heard in its pauses
    spec: MelSpec

    @property
    def hint(self) -> str:
        """What would make the voice better, or nothing."""
        if self.range_db < 2.0 * _LEAST_RANGE_DB:
            return "There is much noise in it; a quieter room would make a better voice."
        if self.speech_seconds < ENOUGH_SECONDS:
            return f"{self.speech_seconds:.0f} s of speech; {ENOUGH_SECONDS:.0f} s would make a better voice."
        return ""


def read_sample(paths: list[Path], spec: MelSpec) -> VoiceSample:
    """All recordings together; an AudioFileError names the first one that won't do, and why."""
    clips = [_checked_clip(path, spec) for path in paths]
    audio = np.concatenate([clip for clip, _ in clips])
    frames = analyse(Framer(spec).process(audio), spec)
    seconds = _speech_frames(frames).sum() * spec.hop_seconds
    if seconds < SHORTEST_SECONDS:
        raise AudioFileError(
            f"{_named(paths)} {'has' if len(paths) == 1 else 'have'} {seconds:.1f} s of speech; "
            f"a voice needs {SHORTEST_SECONDS:.0f} s at least, {ENOUGH_SECONDS:.0f} s are better."
        )
    pitch = frames.f0_hz[_voiced(frames)]
    worst = min(range_db for _, range_db in clips)
    return VoiceSample(
        audio=audio,
        log_mel=frames.log_mel,
        log_energy=frames.log_energy,
        median_log_hz=float(np.median(np.log(pitch))),
        speech_seconds=float(seconds),
        range_db=worst,
        spec=spec,
    )


def _checked_clip(path: Path, spec: MelSpec) -> tuple[Audio, float]:
    raw = read_clip(path, spec.sample_rate, _LONGEST_SECONDS)
    if len(raw) < spec.n_fft:
        raise AudioFileError(f"{shown(path)} is too short to hold speech; record some seconds.")
    audio = without_rumble(raw, spec)
    if speech_rms(audio, spec) < _QUIETEST_RMS:
        raise AudioFileError(f"{shown(path)} is silent; check the microphone and record it again.")
    audio = levelled(audio, spec)
    frames = analyse(Framer(spec).process(audio), spec)
    range_db = _range_db(frames)
    if complaint := _not_speech(frames, range_db, spec):
        raise AudioFileError(f"{shown(path)} {complaint}")
    return audio, range_db


def _not_speech(frames: Frames, range_db: float, spec: MelSpec) -> str:
    """Why this is no recording of one person speaking, or nothing."""
    speech, voiced = _speech_frames(frames), _voiced(frames)
    if voiced[speech].mean() < _LEAST_VOICED:
        return "holds no clear voice: it is noise, a whisper, or several sounds at once; record one person."
    together = voiced[1:] & voiced[:-1]
    cents = 1200.0 * np.abs(np.diff(np.log2(frames.f0_hz)))[together]
    is_steady = cents.size > 0 and (cents < _STEADY).mean() > _MOST_STEADY
    if is_steady or _longest_run(voiced) * spec.hop_seconds > _LONGEST_TONE_SECONDS:
        return "holds long steady tones: it is music or singing; record somebody speaking."
    if range_db < _LEAST_RANGE_DB:
        return f"is too noisy: speech stands only {range_db:.0f} dB above the noise; use a quieter room."
    return ""


def _speech_frames(frames: Frames) -> NDArray[np.bool_]:
    level = frames.log_energy * _PER_NATURAL_LOG
    return np.asarray(level > level.max() - _PAUSE_DB)


def _voiced(frames: Frames) -> NDArray[np.bool_]:
    return np.asarray(_speech_frames(frames) & (frames.voiced > _CLEARLY_VOICED))


def _range_db(frames: Frames) -> float:
    low, high = np.percentile(frames.log_energy * _PER_NATURAL_LOG, [10.0, 95.0])
    return float(high - low)


def _longest_run(marks: NDArray[np.bool_]) -> int:
    ends = np.flatnonzero(np.diff(np.concatenate([[0], marks.astype(np.int8), [0]])))
    return int((ends[1::2] - ends[::2]).max()) if len(ends) else 0


def _named(paths: list[Path]) -> str:
    return shown(paths[0]) if len(paths) == 1 else f"The {len(paths)} recordings together"
