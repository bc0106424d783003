import numpy as np
import pytest

from rtvc.harmonic_synth import HarmonicSynth
from rtvc.mel import MelSpec
from rtvc.partials import Partials, band_centres, band_shares
from tests.rtvc.stage_rules import check_stage

SPEC = MelSpec()
HARMONICS, BANDS = 20, 8
FRAME_RATE = SPEC.sample_rate / SPEC.hop


def synth():
    return HarmonicSynth(SPEC, HARMONICS, BANDS)


def partials(f0_hz, first=0.3, second=0.0, noise=0.0):
    f0_hz = np.asarray(f0_hz, np.float32)
    tones = np.zeros((len(f0_hz), HARMONICS), np.float32)
    tones[:, 0], tones[:, 1] = first, second
    return Partials(f0_hz, tones, np.full((len(f0_hz), BANDS), noise, np.float32))


def played(*args, **kwargs):
    return synth().process(partials(*args, **kwargs)).astype(float)


def amplitude_at(sound, hz):
    window = np.hanning(len(sound))
    turn = np.exp(-2j * np.pi * hz * np.arange(len(sound)) / SPEC.sample_rate)
    return 2.0 * np.abs((sound * window * turn).sum()) / window.sum()


def test_it_keeps_the_rules_of_a_stage():
    random = np.random.default_rng(0)
    tones = random.uniform(0.0, 0.1, (60, HARMONICS)).astype(np.float32)
    tones[20:30] = 0.0
    melody = Partials(
        random.uniform(100.0, 900.0, 60).astype(np.float32),
        tones,
        random.uniform(0.0, 0.05, (60, BANDS)).astype(np.float32),
    )
    check_stage(synth, melody, input_rate=FRAME_RATE, slack=2.0 * SPEC.hop)


def test_harmonics_have_the_pitch_and_the_amplitudes_asked_for():
    sound = played(np.full(100, 437.0), first=0.3, second=0.1)[2000:]
    assert amplitude_at(sound, 437.0) == pytest.approx(0.3, rel=1e-3)
    assert amplitude_at(sound, 874.0) == pytest.approx(0.1, rel=1e-3)
    assert amplitude_at(sound, 1311.0) < 1e-4


def test_a_steady_note_does_not_waver_at_the_rate_of_the_hops():
    sound = played(np.full(200, 437.0))[3000:]
    turn = np.exp(-2j * np.pi * 437.0 * np.arange(len(sound)) / SPEC.sample_rate)
    for side in (-FRAME_RATE, FRAME_RATE):
        assert amplitude_at(sound, 437.0 + side) < 1e-5 * np.abs((sound * turn).mean())


def test_a_glide_is_one_wave_without_a_seam():
    sound = played(np.geomspace(200.0, 800.0, 200))[1000:]
    assert np.abs(np.diff(sound, 2)).max() < 0.3 * (2 * np.pi * 810.0 / SPEC.sample_rate) ** 2


def test_a_frame_speaks_of_the_middle_of_its_window():
    f0_hz = np.full(100, 300.0)
    first = np.where(np.arange(100) == 50, 0.3, 0.0)
    sound = synth().process(partials(f0_hz, first=first)).astype(float)
    loudest = np.sum(np.arange(len(sound)) * sound**2) / np.sum(sound**2)
    assert loudest == pytest.approx(49 * SPEC.hop, abs=40)  # half a window before its last sample


def test_what_begins_or_leaps_is_at_its_pitch_at_once():
    f0_hz = np.concatenate([np.full(40, 300.0), np.full(40, 600.0)])
    for first in (0.3, np.where(np.arange(80) < 40, 0.0, 0.3)):
        sound = played(f0_hz, first=first)
        at = 39 * SPEC.hop
        crossings = np.flatnonzero(np.diff(np.signbit(sound[at + 40 : at + 2000])))
        assert np.diff(crossings).max() < 1.05 * SPEC.sample_rate / 1200.0


def test_noise_has_the_power_asked_for_and_a_steady_one():
    sound = played(np.full(400, 300.0), first=0.0, noise=0.02)[2000:]
    assert np.sqrt(np.mean(sound**2)) == pytest.approx(0.02 * np.sqrt(BANDS), rel=0.05)
    folded = np.square(sound[: len(sound) // SPEC.hop * SPEC.hop]).reshape(-1, SPEC.hop).mean(axis=0)
    quarters = folded.reshape(4, -1).mean(axis=1)
    assert quarters.max() < 1.15 * quarters.min()


def test_bands_share_out_all_of_their_power():
    shares = band_shares(BANDS, 257, SPEC.sample_rate)
    np.testing.assert_allclose(shares.sum(axis=1), 1.0, rtol=1e-5)
    centres = band_centres(BANDS, SPEC.sample_rate)
    assert centres[0] == 0.0 and centres[-1] == pytest.approx(SPEC.sample_rate / 2)
