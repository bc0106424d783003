import numpy as np
import pytest

from rtvc.formants import FormantShift
from rtvc.frames import PitchedMels
from rtvc.mel import MelSpec, hz_to_mel
from tests.rtvc.stage_rules import check_chunking

SPEC = MelSpec()


def centres():
    low, high = hz_to_mel(np.array([SPEC.fmin, SPEC.fmax]))
    return np.linspace(low, high, SPEC.n_mels + 2)[1:-1]


def hill(hz, width):
    """A log-mel with one formant."""
    return (-8.0 + 5.0 * np.exp(-(((centres() - hz_to_mel(np.array([hz]))) / width) ** 2)))[None]


def pitched(mels):
    """As they come from a conversion that knows no pitch."""
    unknown = np.zeros(len(mels), np.float32)
    return PitchedMels(mels.astype(np.float32), unknown, unknown)


@pytest.mark.parametrize("semitones", [-5.0, 4.0, 7.0])
def test_a_formant_moves_by_the_factor(semitones):
    shifted = FormantShift(SPEC, semitones).process(pitched(hill(1200.0, 4.0))).log_mel[0]
    wanted = hz_to_mel(np.array([1200.0 * 2 ** (semitones / 12)]))
    at = centres()[int(shifted.argmax())]
    assert abs(at - wanted[0]) < 1.0


def test_fine_structure_stays():
    bands = np.arange(80)
    comb = 0.5 * np.cos(2 * np.pi * bands / 3.0)  # finer than any envelope
    plain = FormantShift(SPEC, 5.0).process(pitched(hill(1200.0, 4.0))).log_mel
    combed = FormantShift(SPEC, 5.0).process(pitched(hill(1200.0, 4.0) + comb)).log_mel
    np.testing.assert_allclose((combed - plain)[0], comb, atol=0.08)


def test_nothing_asked_changes_nothing_and_blocks_do_not_matter():
    mels = np.random.default_rng(0).normal(-5.0, 1.0, (40, 80)).astype(np.float32)
    np.testing.assert_allclose(FormantShift(SPEC, 0.0).process(pitched(mels)).log_mel, mels, atol=2e-2)
    check_chunking(lambda: FormantShift(SPEC, 3.0), pitched(mels))
