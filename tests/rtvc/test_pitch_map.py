import numpy as np

from rtvc.pitch_hold import PitchHold
from rtvc.pitch_map import PitchMap

HOP = 256 / 22050


def melody(mean_hz, seconds=8.0):
    time = np.arange(int(seconds / HOP)) * HOP
    return (np.log(mean_hz) + 0.15 * np.sin(2 * np.pi * 0.7 * time)).astype(np.float32)


def test_mean_goes_to_the_target_and_melody_stays():
    source = melody(110.0)
    mapped = PitchMap(np.log(220.0), HOP).process(source, np.ones_like(source))
    late = slice(200, None)
    assert abs(mapped[late].mean() - np.log(220.0)) < 0.05
    assert np.corrcoef(mapped[late], source[late])[0, 1] > 0.97


def test_first_half_second_is_near_the_target():
    source = melody(95.0)
    mapped = PitchMap(np.log(220.0), HOP).process(source, np.ones_like(source))
    assert np.abs(mapped[10:43] - np.log(220.0)).max() < np.log(2) / 3


def test_unvoiced_frames_do_not_count():
    source = melody(110.0)
    noise = np.full(200, np.log(900.0), np.float32)
    mapper = PitchMap(np.log(220.0), HOP)
    mapper.process(source, np.ones_like(source))
    before = mapper.process(source[:1], np.zeros(1, np.float32))
    mapper.process(noise, np.zeros_like(noise))
    assert mapper.process(source[:1], np.zeros(1, np.float32)) == before


def test_hold_keeps_the_last_clear_pitch():
    f0 = np.array([200.0, 210.0, 700.0, 650.0, 220.0], np.float32)
    periodicity = np.array([0.9, 0.95, 0.2, 0.3, 0.9], np.float32)
    log_f0, voiced = PitchHold().process(f0, periodicity)
    np.testing.assert_allclose(np.exp(log_f0), [200, 210, 210, 210, 220], rtol=1e-4)
    assert voiced[2] == 0.0 and voiced[1] == 1.0
