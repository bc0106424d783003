import librosa
import numpy as np
import pytest

from rtvc.framer import Framer
from rtvc.mel import MelSpec, filterbank, hann, hz_to_mel, log_mel, mel_to_hz
from tests.rtvc.stage_rules import block_sizes, noise, run

SPECS = [
    MelSpec(),
    MelSpec(8000, 256, 64, 40, 0.0, 4000.0),
    MelSpec(16000, 512, 128, 64, 50.0, 7600.0),
    MelSpec(48000, 2048, 512, 128, 20.0, 20000.0),
]


def librosa_mel(spec: MelSpec) -> np.ndarray:
    return librosa.filters.mel(
        sr=spec.sample_rate,
        n_fft=spec.n_fft,
        n_mels=spec.n_mels,
        fmin=spec.fmin,
        fmax=spec.fmax,
        htk=False,
        norm="slaney",
    )


@pytest.mark.parametrize("spec", SPECS, ids=str)
def test_filterbank_equals_librosa(spec: MelSpec) -> None:
    np.testing.assert_allclose(filterbank(spec), librosa_mel(spec), rtol=0, atol=1e-6)


@pytest.mark.parametrize("spec", SPECS, ids=str)
def test_streamed_log_mels_equal_librosa_offline(spec: MelSpec) -> None:
    audio = voice_like(2 * spec.sample_rate // 3, spec.sample_rate)
    ahead = np.zeros(spec.n_fft - spec.hop, np.float32)
    spectra = librosa.stft(
        np.concatenate((ahead, audio)), n_fft=spec.n_fft, hop_length=spec.hop, window="hann", center=False
    )
    expected = np.log(np.maximum(librosa_mel(spec) @ np.abs(spectra), spec.floor)).T

    frames = run(Framer(spec), audio, block_sizes(len(audio), seed=3))
    actual = log_mel(np.abs(np.fft.rfft(frames * hann(spec.n_fft))).astype(np.float32), spec)

    assert len(actual) == len(audio) // spec.hop
    np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-4)


def voice_like(count: int, sample_rate: int) -> np.ndarray:
    """Harmonics that glide and a noise floor: both strong and weak mels, none at the floor by chance."""
    times = np.arange(count) / sample_rate
    phase = 2 * np.pi * (120 * times + 30 * times**2)
    harmonics = sum(np.cos(k * phase) / k for k in range(1, 20))
    return (0.1 * harmonics + noise(count, level=0.003)).astype(np.float32)


def test_silence_lies_on_the_floor() -> None:
    spec = MelSpec()
    mels = log_mel(np.zeros((3, spec.n_bins), np.float32), spec)
    assert mels.shape == (3, 80)
    assert mels.dtype == np.float32
    np.testing.assert_allclose(mels, spec.log_floor, rtol=1e-6)


def test_mel_scale_goes_there_and_back() -> None:
    hz = np.array([0.0, 20.0, 999.0, 1000.0, 1001.0, 8000.0, 20000.0])
    np.testing.assert_allclose(mel_to_hz(hz_to_mel(hz)), hz, rtol=1e-12, atol=1e-9)


def test_shared_tables_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        filterbank(MelSpec())[0, 0] = 1.0
    with pytest.raises(ValueError, match="read-only"):
        hann(1024)[0] = 1.0


@pytest.mark.parametrize(
    "values",
    [
        {"sample_rate": 0},
        {"n_mels": 0},
        {"floor": 0.0},
        {"hop": 300},
        {"hop": 0},
        {"n_fft": 0},
        {"fmin": 9000.0},
        {"fmax": 12000.0},
        {"fmin": -1.0},
    ],
    ids=str,
)
def test_senseless_front_ends_are_refused(values: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="MelSpec"):
        MelSpec(**values)  # type: ignore[arg-type]
