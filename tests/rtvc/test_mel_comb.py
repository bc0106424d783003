import numpy as np
import pytest

from rtvc.frames import PitchedMels
from rtvc.mel import MelSpec, hz_to_mel, mel_to_hz
from rtvc.mel_comb import MelComb

SPEC = MelSpec()


def smooth(f0_hz: float, voiced: float, frames: int = 3) -> PitchedMels:
    mels = np.full((frames, SPEC.n_mels), -4.0, np.float32)
    return PitchedMels(mels, np.full(frames, f0_hz, np.float32), np.full(frames, voiced, np.float32))


def middles_hz() -> np.ndarray:
    low, high = hz_to_mel(np.array([SPEC.fmin, SPEC.fmax]))
    return mel_to_hz(np.linspace(low, high, SPEC.n_mels + 2))[1:-1]


@pytest.mark.parametrize("f0_hz", [150.0, 220.0])
def test_low_bands_are_loud_on_partials_only(f0_hz):
    out = MelComb(SPEC).process(smooth(f0_hz, 1.0)).log_mel[1]
    hz = middles_hz()
    away = np.abs(hz - f0_hz * np.maximum(np.rint(hz / f0_hz), 1))
    low = hz < 800.0
    assert out[low & (away < 0.1 * f0_hz)].min() > -4.7
    assert out[low & (away > 0.42 * f0_hz)].max() < -5.0
    assert out[hz > 5500.0] == pytest.approx(-4.0), "up there nothing changes"


@pytest.mark.parametrize("voiced", [0.0, 0.02])
def test_what_has_no_pitch_stays_as_it_is(voiced):
    given = smooth(150.0, voiced)
    np.testing.assert_array_equal(MelComb(SPEC).process(given).log_mel, given.log_mel)


def test_no_frames_give_no_frames_and_silence_stays_silence():
    assert MelComb(SPEC).process(smooth(150.0, 1.0, frames=0)).log_mel.shape == (0, SPEC.n_mels)
    silent = smooth(150.0, 1.0)
    silent.log_mel[:] = SPEC.log_floor
    assert (MelComb(SPEC).process(silent).log_mel == np.float32(SPEC.log_floor)).all()
