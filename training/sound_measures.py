"""What can be measured of a note: pitch, loudness, noise, wavering, when it begins. Judges nothing."""

import librosa
import numpy as np
from scipy import signal

from rtvc.mel import MelSpec
from rtvc.pitch import MUSIC, yin

SPEC = MelSpec()
RATE, HOP = SPEC.sample_rate, SPEC.hop
_PITCHED = 0.9  # periodicity
_LIBROSA_FRAME = 2048
_BY_LIBROSA = {
    "fmin": MUSIC.fmin_hz,
    "fmax": MUSIC.fmax_hz,
    "sr": RATE,
    "frame_length": _LIBROSA_FRAME,
    "hop_length": HOP,
}
_AGREED_CENTS = 50.0
_STILL_CENTS = 60.0  # from frame to frame; what moves faster is a guess
_HARMONICITY_PERIODS = 4.5
_FINE = 16  # lags a sample: the peak of a high note is narrow
_LOUD_DB = 30.0
_FAINT_DB = 40.0
_RUMBLE_HZ = 70.0  # below all that is played: what is there comes with the room
_WAVER_HZ = 1.5  # either way of the rate
_NO_RUMBLE = signal.butter(4, _RUMBLE_HZ, "high", fs=RATE, output="sos")


def frames_around(sound: np.ndarray, times: np.ndarray, length: int) -> np.ndarray:
    """Frames whose middles are the samples `times`, (n, length)."""
    padded = np.pad(sound, length)
    return np.stack([padded[t + length // 2 : t + length // 2 + length] for t in times])


def pitch_at(sound: np.ndarray, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pitch in Hz at these samples, and whether there is one.

    YIN looks a little before the middle of its frame, and reversed in time a little behind it.
    """
    raw = frames_around(sound.astype(np.float32), times, SPEC.n_fft)
    before, sure = yin(raw, RATE, MUSIC)
    behind, sure_too = yin(raw[:, ::-1], RATE, MUSIC)
    return np.sqrt(before * behind), (sure > _PITCHED) & (sure_too > _PITCHED)


def pitch_by_librosa(sound: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of a frame a hop, over windows twice as long as the program's; and where it is loud and stays put."""
    f0 = librosa.yin(_padded(sound), center=False, **_BY_LIBROSA)
    level = loudness(sound)
    f0 = np.maximum(f0[: len(level)], 1.0)
    level = level[: len(f0)]
    still = np.abs(np.diff(np.log2(f0), prepend=0.0)) < _STILL_CENTS / 1200.0
    return f0, still & (level > level.max() - _LOUD_DB / 8.686)


def is_agreed(sound: np.ndarray, f0_hz: np.ndarray) -> np.ndarray:
    """Where another method, pYIN, hears this pitch too: on low notes of a violin YIN leaps by octaves."""
    other, _, _ = librosa.pyin(_padded(sound), center=False, **_BY_LIBROSA)
    other = np.nan_to_num(other[: len(f0_hz)], nan=1.0)
    close: np.ndarray = np.abs(np.log2(other / f0_hz)) < _AGREED_CENTS / 1200.0
    return close


def _padded(sound: np.ndarray) -> np.ndarray:
    return np.pad(sound.astype(np.float32), _LIBROSA_FRAME // 2)


def loudness(sound: np.ndarray) -> np.ndarray:
    """Log RMS of a frame a hop."""
    raw = frames_around(sound, np.arange(0, len(sound), HOP), SPEC.n_fft)
    result: np.ndarray = np.log(np.sqrt(np.square(raw * np.hanning(SPEC.n_fft)).mean(axis=1)) + 1e-7)
    return result


def loudness_correlation(before: np.ndarray, after: np.ndarray) -> float:
    """Of decibels, over all that is within 40 dB of the loudest of the first; what is fainter is as faint.

    Of what can be heard of either: the rumble of a recording's room goes on where no note is.
    """
    heard = (loudness(without_rumble(x)) for x in (before, after))
    one, other = (np.maximum(x, x.max() - _FAINT_DB / 8.686) for x in heard)
    count = min(len(one), len(other))
    loud = one[:count] > one.min()
    return float(np.corrcoef(one[:count][loud], other[:count][loud])[0, 1])


def without_rumble(sound: np.ndarray) -> np.ndarray:
    result: np.ndarray = signal.sosfiltfilt(_NO_RUMBLE, sound).astype(np.float32)
    return result


def harmonicity_db(sound: np.ndarray) -> float:
    """Harmonics to noise, median over the loud frames that have a pitch (Boersma's autocorrelation)."""
    sound = without_rumble(sound)
    times = np.arange(SPEC.n_fft, len(sound) - SPEC.n_fft, HOP)
    level = loudness(sound)[times // HOP]
    times = times[level > level.max() - _LOUD_DB / 8.686]
    if not len(times):
        return float("nan")
    f0, has_pitch = pitch_at(sound, times)
    values = [
        _harmonicity(sound, int(t), float(hz)) for t, hz in zip(times[has_pitch], f0[has_pitch], strict=True)
    ]
    return float(np.median(values)) if values else float("nan")


def _harmonicity(sound: np.ndarray, at: int, f0_hz: float) -> float:
    length = int(min(4 * SPEC.n_fft, max(_HARMONICITY_PERIODS * RATE / f0_hz, 512)))
    frame = frames_around(sound, np.array([at]), length)[0].astype(float)
    window = np.hanning(length)
    size = 1 << (4 * length - 1).bit_length()
    spectra = [np.abs(np.fft.rfft(x, size)) ** 2 for x in ((frame - frame.mean()) * window, window)]
    own, of_window = (np.fft.irfft(np.pad(s, (0, (_FINE - 1) * (len(s) - 1)))) for s in spectra)
    lags = np.arange(int(_FINE * RATE / f0_hz * 0.97), int(_FINE * RATE / f0_hz * 1.03) + 2)
    ratio = (own[lags] / own[0]) / (of_window[lags] / of_window[0])
    best = float(np.clip(ratio.max(), 1e-6, 1.0 - 1e-7))
    return 10.0 * np.log10(best / (1.0 - best))


def wavering_db(sound: np.ndarray, rate_hz: float) -> float:
    """How strongly a steady note's amplitude goes up and down at this rate, against the amplitude."""
    envelope = np.abs(signal.hilbert(sound.astype(float)))[RATE // 4 : -RATE // 4]
    window = np.hanning(len(envelope))
    spectrum = np.abs(np.fft.rfft(envelope * window)) / window.sum()
    hz = np.arange(len(spectrum)) * RATE / len(envelope)
    near = np.abs(hz - rate_hz) <= _WAVER_HZ
    return float(20.0 * np.log10(2.0 * spectrum[near].max() / spectrum[0]))


def onset_seconds(sound: np.ndarray) -> float:
    """When a note that lasts to the end of the sound first reaches half of its amplitude."""
    level = np.sqrt(np.convolve(np.square(sound.astype(float)), np.full(64, 1 / 64), "same"))
    steady = np.median(level[-RATE // 2 : -RATE // 8])
    return float(np.argmax(level > 0.5 * steady)) / RATE
