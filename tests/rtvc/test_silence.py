import numpy as np
import pytest

from rtvc.silence import attenuation, without_excess

HEARD = np.linspace(-9.0, -5.0, 80).astype(np.float32)
DB = np.log(10.0) / 20.0


def test_only_silence_is_held_down():
    levels = np.array([-20.0, -60.0, -71.0, -75.0, -90.0], np.float32) * np.float32(DB)
    held = attenuation(levels)
    assert np.all(held[:3] == 0.0)
    assert 0.0 < held[3] < held[4]


def test_speech_is_left_as_it_is():
    spoken = HEARD + 3.0
    assert without_excess(spoken, HEARD, -15.0 * DB) is spoken


def test_in_a_pause_no_band_is_louder_than_what_was_heard():
    spoken = HEARD + np.where(np.arange(80) < 10, 3.0, -2.0).astype(np.float32)
    quieter = without_excess(spoken, HEARD, -30.0 * DB)
    np.testing.assert_allclose(quieter[:10], HEARD[:10], atol=1e-5)
    np.testing.assert_array_equal(quieter[10:], spoken[10:])


@pytest.mark.parametrize(("level_db", "share"), [(-20.0, 0.2), (-23.0, 0.5), (-26.0, 0.8)])
def test_from_speech_to_pause_there_is_no_step(level_db, share):
    quieter = without_excess(HEARD + 2.0, HEARD, level_db * DB)
    np.testing.assert_allclose(HEARD + 2.0 - quieter, 2.0 * share, atol=1e-4)
