import numpy as np
import pytest

from rtvc.harmonic_synth import HarmonicSynth
from rtvc.mel import MelSpec
from rtvc.partials import Partials, band_centres
from training.partials import BANDS, HARMONICS, LOG_FLOOR, log_rms, played

SPEC = MelSpec()
FRAMES = 200


def made(f0_hz, harmonics=6, noise=0.002):
    """A sound of which everything is known, from the engine's own synthesiser."""
    tones = np.zeros((FRAMES, HARMONICS), np.float32)
    tones[:, :harmonics] = 0.2 / np.arange(1, harmonics + 1)
    bands = np.full((FRAMES, BANDS), noise, np.float32)
    partials = Partials(np.asarray(f0_hz, np.float32), tones, bands)
    return partials, HarmonicSynth(SPEC, HARMONICS, BANDS).process(partials)


@pytest.mark.parametrize(
    "f0_hz",
    [np.full(FRAMES, 110.0), np.full(FRAMES, 440.0), np.geomspace(200.0, 500.0, FRAMES)],
    ids=["low", "high", "glide"],
)
def test_what_a_sound_was_made_of_is_found_again(f0_hz):
    truth, sound = made(f0_hz)
    found = played(sound, SPEC)
    steady = slice(20, -20)
    assert found.side[steady, 1].min() == 1.0
    level = np.exp(log_rms(found.side[:, 2]))[steady, None]
    shares = np.exp(found.partials)[steady]
    tones = (np.sqrt(2.0) * level * shares[:, :HARMONICS]).mean(axis=0)
    np.testing.assert_allclose(tones[:6], truth.tones[0, :6], rtol=0.05)
    noise = np.sqrt(np.square(level * shares[:, HARMONICS:]).mean(axis=0))
    middle = noise[3:28]  # at the very ends there is no place between two harmonics
    assert 20 * np.log10(np.median(middle) / 0.002) == pytest.approx(0.0, abs=1.5)


def test_noise_below_and_between_the_harmonics_of_a_high_note_is_told_apart():
    partials, _ = made(np.full(FRAMES, 1760.0))
    partials.noise[:, :] = np.geomspace(0.006, 0.001, BANDS)
    sound = HarmonicSynth(SPEC, HARMONICS, BANDS).process(partials)
    found = played(sound, SPEC)
    shares = np.exp(found.partials + log_rms(found.side[:, 2:]))[20:-20, HARMONICS:]
    apart_db = 20 * np.log10(np.sqrt(np.square(shares).mean(axis=0)) / partials.noise[0])
    centres = band_centres(BANDS, SPEC.sample_rate)
    assert np.abs(apart_db[(centres > 300.0) & (centres < 9000.0)]).max() < 2.0


def test_harmonics_that_are_not_there_are_far_down():
    _, sound = made(np.full(FRAMES, 440.0), noise=0.0)
    found = played(sound, SPEC).partials[20:-20]
    assert found[:, 6:20].max() < np.log(1e-3)
    assert found.min() >= LOG_FLOOR
