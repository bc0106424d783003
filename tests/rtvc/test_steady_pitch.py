import numpy as np
import pytest

from rtvc.analysis import Analysis
from rtvc.framer import Framer
from rtvc.frames import Frames
from rtvc.mel import MelSpec
from rtvc.pitch import MUSIC
from rtvc.steady_pitch import SteadyPitch, analysed

SPEC = MelSpec()
RATE, HOP = SPEC.sample_rate, SPEC.hop


def heard(sound):
    frames = Analysis(SPEC, MUSIC, newest_first=True).process(Framer(SPEC).process(sound.astype(np.float32)))
    return analysed(SteadyPitch().process(frames))


def tone(f0_hz, amplitude=0.1, partials=8):
    phase = 2 * np.pi * np.cumsum(f0_hz) / RATE
    return amplitude * sum(np.sin(k * phase + k * k) / k * (k * f0_hz < 10000) for k in range(1, partials))


def silence(seconds):
    return np.zeros(int(seconds * RATE))


def candidates(f0_hz, voiced=0.99, log_energy=-3.0):
    f0_hz = np.asarray(f0_hz, np.float32)
    full = np.ones(len(f0_hz), np.float32)
    return Frames(np.zeros((len(f0_hz), 80), np.float32), f0_hz, full * voiced, full * log_energy)


@pytest.mark.parametrize("ends", [(80.0, 320.0), (1000.0, 80.0), (500.0, 2000.0)])
def test_a_glide_with_vibrato_is_known_to_a_few_cents_where_it_is(ends):
    time = np.arange(3 * RATE) / RATE
    f0_hz = np.geomspace(*ends, len(time)) * 2 ** (0.3 / 12 * np.sin(2 * np.pi * 5.5 * time))
    log_f0, presence, _ = heard(tone(f0_hz))
    middle = (np.arange(len(log_f0)) - 1) * HOP  # of the window that frame j sees
    inside = (middle > 1000) & (middle < len(time) - 1000)
    cents = 1200 / np.log(2) * np.abs(log_f0[inside] - np.log(f0_hz[middle[inside]]))
    assert np.median(cents) < 3.0 and np.mean(cents > 50.0) < 0.01
    assert presence[inside].min() == 1.0


@pytest.mark.parametrize("f0_hz", [90.0, 220.0, 800.0])
def test_a_note_is_there_soon_after_it_begins_and_at_its_pitch(f0_hz):
    sound = np.concatenate([silence(0.5), tone(np.full(RATE, f0_hz)), silence(0.5)])
    log_f0, presence, energy = heard(sound)
    first = int(np.argmax(presence > 0.0))
    # In the stream it is heard when the frame after it has come: two hops after the window's end.
    ready = (first + SteadyPitch.LOOKAHEAD + 1) * HOP
    assert (ready - 0.5 * RATE) / RATE < 0.07
    cents = 1200 / np.log(2) * np.abs(log_f0[first : first + 60] - np.log(f0_hz))
    assert cents.max() < 30.0
    assert presence[-5:].max() == 0.0 and energy[-5:].max() < -10.0


def test_noise_and_silence_are_not_there():
    noise = 0.1 * np.random.default_rng(0).standard_normal(RATE)
    for sound in (noise, silence(1.0)):
        assert heard(sound)[1].max() == 0.0


def test_a_moment_without_pitch_is_bridged_and_a_longer_one_fades_at_the_held_pitch():
    voiced = np.full(60, 0.99, np.float32)
    voiced[20:22], voiced[40:] = 0.1, 0.1
    f0_hz = np.where(voiced < 0.5, 777.0, 300.0)
    log_f0, presence, _ = analysed(SteadyPitch().process(candidates(f0_hz, voiced)))
    np.testing.assert_allclose(np.exp(log_f0[1:]), 300.0, rtol=1e-4)
    assert presence[5:40].min() == 1.0
    assert 0.0 < presence[46] < 1.0 and presence[-1] == 0.0
    assert np.all(np.diff(presence[40:]) <= 0.0)


def test_a_wrong_octave_for_a_few_frames_is_not_believed_and_a_new_note_is():
    f0_hz = np.full(80, 300.0)
    f0_hz[20:22], f0_hz[30], f0_hz[50:] = 150.0, 451.0, 400.0
    log_f0, presence, _ = analysed(SteadyPitch().process(candidates(f0_hz)))
    np.testing.assert_allclose(np.exp(log_f0[:50]), 300.0, rtol=1e-4)
    np.testing.assert_allclose(np.exp(log_f0[51:]), 400.0, rtol=1e-4)
    assert presence[1:].min() == 1.0


def test_a_leap_by_an_octave_is_heard_two_frames_later():
    f0_hz = np.full(40, 300.0)
    f0_hz[20:] = 600.0
    log_f0, presence, _ = analysed(SteadyPitch().process(candidates(f0_hz)))
    np.testing.assert_allclose(np.exp(log_f0[:20]), 300.0, rtol=1e-4)
    np.testing.assert_allclose(np.exp(log_f0[22:]), 600.0, rtol=1e-4)
    assert presence[1:].min() == 1.0


def test_several_notes_at_once_do_not_warble():
    time = np.arange(2 * RATE) / RATE
    chord = sum(tone(np.full(len(time), hz)) for hz in (261.6, 329.6, 392.0, 466.2))
    log_f0, presence, _ = heard(chord)
    steps = np.abs(np.diff(log_f0[presence > 0.0])) * 1200 / np.log(2)
    assert np.sum(steps > 100.0) <= 4


def test_blocks_do_not_matter():
    frames = candidates(np.random.default_rng(0).uniform(100, 900, 50))
    whole, parts = SteadyPitch().process(frames), SteadyPitch()
    pieces = []
    for start in range(0, 50, 7):
        cut = [x[start : start + 7] for x in (frames.log_mel, frames.f0_hz, frames.voiced, frames.log_energy)]
        pieces += parts.process(Frames(*cut))
    assert pieces == whole
