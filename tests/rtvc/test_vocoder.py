import numpy as np
import pytest

from rtvc.framer import Framer
from rtvc.frames import PitchedMels
from rtvc.griffin_lim import GriffinLim
from rtvc.harmonic_comb import HarmonicComb
from rtvc.mel import MelSpec, log_mel
from rtvc.vocoder import Vocoder
from tests.rtvc.stage_rules import check_chunking, check_reset

SPEC = MelSpec()
F0_HZ = 110.0  # partials so near each other that mels can't tell them apart


def voice(seconds=2.0):
    """A steady vowel, more or less: partials that fall off."""
    time = np.arange(int(SPEC.sample_rate * seconds)) / SPEC.sample_rate
    partials = [np.sin(2 * np.pi * k * F0_HZ * time + k * k) / k for k in range(1, 40)]
    return (0.1 * np.sum(partials, axis=0)).astype(np.float32)


def mels(f0_hz, voiced):
    raw = Framer(SPEC).process(voice())
    spectra = np.abs(np.fft.rfft(raw * np.hanning(SPEC.n_fft + 1)[:-1], axis=1)).astype(np.float32)
    rows = log_mel(spectra, SPEC)
    return PitchedMels(rows, np.full(len(rows), f0_hz, np.float32), np.full(len(rows), voiced, np.float32))


def energy_between_partials(audio):
    """Share of what is halfway between the partials, below 3 kHz."""
    middle = audio[len(audio) // 4 : len(audio) // 4 + 8192]
    power = np.abs(np.fft.rfft(middle * np.hanning(len(middle)))) ** 2
    hz = np.fft.rfftfreq(len(middle), 1 / SPEC.sample_rate)
    place = hz / F0_HZ % 1.0
    heard = (hz > F0_HZ) & (hz < 3000.0)
    return power[heard & (abs(place - 0.5) < 0.2)].sum() / power[heard].sum()


def test_comb_is_one_on_partials_and_low_between():
    weights = HarmonicComb(SPEC, 400).weights(8 * SPEC.sample_rate / SPEC.n_fft, 1.0)
    np.testing.assert_allclose(weights[[8, 16, 40]], 1.0, atol=1e-6)
    assert weights[12] < 0.15 and weights[20] < 0.2
    assert np.all(weights[:4] <= weights[4] + 1e-6), "nothing below the first partial but its own foot"
    assert np.all(weights[-1:] == 1.0), "far up no partials are told apart"


@pytest.mark.parametrize(("f0_hz", "voiced"), [(F0_HZ, 0.0), (20.0, 1.0), (0.0, 1.0)])
def test_no_pitch_no_comb(f0_hz, voiced):
    assert HarmonicComb(SPEC, 400).weights(f0_hz, voiced) is None


def test_vocoder_without_a_pitch_is_griffin_lim():
    given = mels(F0_HZ, 0.0)
    expected = GriffinLim(SPEC, 0, 8).process(given.log_mel)
    np.testing.assert_array_equal(Vocoder(SPEC, 0, 8).process(given), expected)


def test_a_known_pitch_clears_what_is_between_the_partials():
    blind = energy_between_partials(Vocoder(SPEC, 0, 16).process(mels(F0_HZ, 0.0)))
    told = energy_between_partials(Vocoder(SPEC, 0, 16).process(mels(F0_HZ, 1.0)))
    assert told < 0.5 * blind


def test_block_sizes_are_not_heard():
    check_chunking(lambda: Vocoder(SPEC, 0, 4), mels(F0_HZ, 0.8))
    check_reset(lambda: Vocoder(SPEC, 0, 4), mels(F0_HZ, 0.8))
