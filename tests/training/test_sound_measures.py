import numpy as np
import pytest

from training import hums
from training.instrument_judge import Judge, stretches
from training.sound_measures import (
    HOP,
    RATE,
    harmonicity_db,
    is_agreed,
    loudness_correlation,
    onset_seconds,
    pitch_at,
    pitch_by_librosa,
    wavering_db,
)

TIME = np.arange(2 * RATE) / RATE


def tone(hz, falling=1.0):
    return sum(np.sin(2 * np.pi * k * hz * TIME) / k**falling for k in range(1, 10))


@pytest.mark.parametrize("noise", [0.1, 0.03])
def test_harmonicity_is_the_ratio_of_tone_to_noise(noise):
    sound = tone(440.0)
    expected = 10 * np.log10(np.var(sound) / noise**2)
    noisy = sound + noise * np.random.default_rng(0).standard_normal(len(sound))
    assert harmonicity_db(noisy) == pytest.approx(expected, abs=0.5)


def test_wavering_is_found_at_its_rate_alone():
    rate = RATE / HOP
    sound = tone(437.0) * (1.0 + 0.01 * np.sin(2 * np.pi * rate * TIME))
    assert wavering_db(sound, rate) == pytest.approx(-40.0, abs=1.0)
    assert wavering_db(sound, 60.0) < -80.0


def test_a_pitch_counts_where_two_methods_hear_it():
    f0_hz, is_sure = pitch_by_librosa(tone(220.0))
    inside = slice(10, -10)
    assert is_sure[inside].all() and np.abs(f0_hz[inside] - 220.0).max() < 0.5
    assert is_agreed(tone(220.0), f0_hz)[inside].all()
    assert not is_agreed(tone(220.0), 2.0 * f0_hz)[inside].any()


def test_a_hum_is_what_is_known_of_it():
    hum = hums.note(220.0, 1.5)
    assert onset_seconds(hum.sound[: -int(0.4 * RATE)]) == pytest.approx(0.405, abs=0.006)
    times = np.arange(RATE, RATE + 20 * HOP, HOP)
    found, has_pitch = pitch_at(hum.sound, times)
    assert has_pitch.all() and np.abs(1200 * np.log2(found / hum.f0_hz[times])).max() < 5.0
    assert loudness_correlation(hum.sound, 0.3 * hum.sound) == pytest.approx(1.0, abs=1e-3)


def test_a_room_that_rumbles_is_not_loudness_and_no_instrument():
    note = tone(440.0) * (0.2 + np.sin(np.pi * TIME) ** 2)
    rumbling = note + 0.7 * np.sin(2 * np.pi * 31.0 * TIME)
    assert loudness_correlation(rumbling, note) > 0.99
    assert harmonicity_db(rumbling) == pytest.approx(harmonicity_db(note), abs=1.0)
    apart = np.abs(stretches(rumbling)[1:-1] - stretches(note)[1:-1])
    assert apart.max() < 0.2


def test_the_judge_tells_two_sounds_apart_that_it_has_not_heard():
    clips = {
        "bright": [tone(hz, 0.5) for hz in (200.0, 300.0, 500.0)],
        "dull": [tone(hz, 3.0) for hz in (200.0, 300.0, 500.0)],
    }
    judge = Judge(clips)
    assert judge.verdict(tone(400.0, 0.5)) == "bright" and judge.verdict(tone(400.0, 3.0)) == "dull"
