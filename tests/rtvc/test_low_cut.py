import numpy as np
import pytest

from rtvc.framer import Framer
from rtvc.low_cut import LowCut
from rtvc.mel import MelSpec
from tests.rtvc.stage_rules import check_chunking, check_reset, noise

RATE, HOP = 22050, 256


def filtered(signal, low_cut=None):
    low_cut = low_cut or LowCut(RATE, HOP)
    hops = signal[: len(signal) // HOP * HOP].reshape(-1, HOP)
    return np.concatenate([low_cut.process(hop) for hop in hops])


def gain_db(hz):
    tone = np.sin(2 * np.pi * hz * np.arange(2 * RATE) / RATE).astype(np.float32)
    out = filtered(tone)
    return 20 * np.log10(np.std(out[RATE:]) / np.std(tone[RATE : len(out)]))


@pytest.mark.parametrize("hz", [10.0, 20.0, 30.0])
def test_rumble_is_gone(hz):
    assert gain_db(hz) < 24 * np.log2(hz / 60.0) + 1.0


def test_half_power_at_the_cut_off():
    assert gain_db(60.0) == pytest.approx(-3.0, abs=0.1)


@pytest.mark.parametrize("hz", [100.0, 150.0, 1000.0, 8000.0])
def test_speech_stays(hz):
    assert abs(gain_db(hz)) < 0.6


def test_hops_join_into_one_filter():
    """A lone click rings on through later hops exactly as the plain recursion does."""
    click = np.zeros(8 * HOP, np.float32)
    click[HOP - 3] = 1.0
    late = np.zeros(8 * HOP, np.float32)
    late[HOP + 17] = 1.0
    early = filtered(click)[HOP - 3 :]
    np.testing.assert_allclose(early[: 6 * HOP], filtered(late)[HOP + 17 :][: 6 * HOP], atol=1e-6)
    assert np.abs(early[:1]).max() > 0.9


def test_framer_with_low_cut_keeps_the_rules():
    spec = MelSpec()

    def make():
        return Framer(spec, LowCut(RATE, HOP))

    check_chunking(make, noise(9000))
    check_reset(make, noise(5000))
