import numpy as np

from rtvc.analysis import Analysis, analyse
from rtvc.level import log_energy_at
from rtvc.mel import MelSpec

SPEC = MelSpec()


def raw_frames(count=6):
    return np.random.default_rng(3).standard_normal((count, SPEC.n_fft)).astype(np.float32) * 0.1


def test_energy_is_that_of_a_steady_signal():
    frames = analyse(raw_frames(50), SPEC)
    assert abs(frames.log_energy.mean() - log_energy_at(0.1)) < 0.05


def test_silence_is_finite():
    frames = analyse(np.zeros((2, SPEC.n_fft), np.float32), SPEC)
    assert np.all(frames.log_mel == np.float32(SPEC.log_floor))
    assert np.all(np.isfinite(frames.log_energy))


def test_one_by_one_equals_all_at_once():
    raw, stage = raw_frames(), Analysis(SPEC)
    together = stage.process(raw)
    alone = [stage.process(raw[i : i + 1]) for i in range(len(raw))]
    for field in ("log_mel", "f0_hz", "voiced", "log_energy"):
        joined = np.concatenate([getattr(frames, field) for frames in alone])
        np.testing.assert_array_equal(joined, getattr(together, field))
    assert len(together) == len(raw)
    assert len(stage.process(raw[:0])) == 0
