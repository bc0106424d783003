import numpy as np
import pytest

from rtvc.dynamics import Gain, NoiseGate, SoftLimiter
from tests.rtvc.stage_rules import block_sizes, bursts, check_aligned, check_stage, feed, noise, run

RATE = 48000
MS = RATE // 1000


def tone(count: int, level: float, hz: float = 400.0) -> np.ndarray:
    return (level * np.sin(2 * np.pi * hz * np.arange(count) / RATE)).astype(np.float32)


def silence(count: int) -> np.ndarray:
    return np.zeros(count, np.float32)


def db(amplitude: float) -> float:
    return 20 * float(np.log10(amplitude + 1e-12))


class TestGain:
    @pytest.mark.parametrize("gain_db", [0.0, -6.0, 12.0, float("-inf")])
    def test_obeys_the_rules_of_stages(self, gain_db: float) -> None:
        check_stage(lambda: Gain(RATE, gain_db), noise(10_000), input_rate=RATE)

    def test_is_aligned(self) -> None:
        check_aligned(lambda: Gain(RATE, -3.0), input_rate=RATE)

    def test_multiplies_by_decibels_and_leaves_0_db_untouched(self) -> None:
        signal = noise(1000)
        np.testing.assert_allclose(Gain(RATE, 20.0).process(signal), 10 * signal, rtol=1e-6)
        assert np.array_equal(Gain(RATE).process(signal), signal)

    def test_a_change_ramps_for_ten_milliseconds(self) -> None:
        gain = Gain(RATE, 0.0)
        ones = np.ones(RATE // 10, np.float32)
        gain.process(ones)
        gain.gain_db = -20.0
        out = gain.process(ones)
        assert out[-1] == pytest.approx(0.1)
        assert np.max(np.abs(np.diff(out, prepend=1.0))) <= 0.9 / (10 * MS) * 1.01
        assert np.flatnonzero(np.isclose(out, 0.1, rtol=1e-6))[0] == 10 * MS - 1

    def test_changes_at_a_place_are_the_same_however_it_is_chunked(self) -> None:
        def with_changes(sizes_seed: int) -> np.ndarray:
            gain, outputs = Gain(RATE, 0.0), []
            # The second change interrupts the ramp of the first.
            for gain_db, count in ((3.0, 1000), (-9.0, 200), (6.0, 3000)):
                gain.gain_db = gain_db
                outputs.append(run(gain, noise(count, seed=count), block_sizes(count, sizes_seed, 400)))
            return np.concatenate(outputs)

        assert np.array_equal(with_changes(1), with_changes(2))

    def test_a_change_during_a_ramp_starts_from_where_it_is(self) -> None:
        gain = Gain(RATE, 0.0)
        ones = np.ones(5 * MS, np.float32)
        gain.gain_db = -20.0
        before = gain.process(ones)
        gain.gain_db = 6.0
        after = gain.process(ones)
        assert abs(after[0] - before[-1]) < 0.01

    def test_reset_ends_the_ramp_and_keeps_the_setting(self) -> None:
        gain = Gain(RATE, 0.0)
        gain.gain_db = -20.0
        gain.reset()
        assert gain.process(np.ones(1, np.float32))[0] == pytest.approx(0.1)


class TestNoiseGate:
    @pytest.mark.parametrize("pre_roll_ms", [0.0, 1.0, 5.0, 20.0])
    @pytest.mark.parametrize("rate", [48000, 22050, 8000])
    def test_obeys_the_rules_of_stages(self, rate: int, pre_roll_ms: float) -> None:
        check_stage(
            lambda: NoiseGate(rate, -40.0, pre_roll_ms=pre_roll_ms, hold_ms=20.0, release_ms=10.0),
            bursts(30_000),
            input_rate=rate,
        )

    def test_the_rules_were_tried_on_a_gate_that_moves(self) -> None:
        out = run(NoiseGate(RATE, -40.0, hold_ms=20.0, release_ms=10.0), bursts(30_000))
        heard = bursts(30_000)[: len(out)]
        ratio = out[heard != 0] / heard[heard != 0]
        assert (ratio == 0).any() and (ratio == 1).any() and ((ratio > 0.1) & (ratio < 0.9)).any()

    def test_delay_is_the_pre_roll(self) -> None:
        assert NoiseGate(RATE, -40.0).latency_samples == 5 * MS
        assert NoiseGate(RATE, -40.0, pre_roll_ms=0.0).latency_samples == 0

    def test_noise_below_is_silenced_and_speech_above_is_untouched(self) -> None:
        quiet = tone(RATE // 2, 0.001)
        assert not run(NoiseGate(RATE, -40.0), quiet).any()
        loud = tone(RATE // 2, 0.1)
        out = run(NoiseGate(RATE, -40.0), loud)
        assert np.array_equal(out[10 * MS :], loud[10 * MS : len(out)])

    @pytest.mark.parametrize("start", [200 * MS, 200 * MS + 17])
    def test_pre_roll_saves_the_onset(self, start: int) -> None:
        signal = np.concatenate((silence(start), tone(200 * MS, 0.3)))
        out = run(NoiseGate(RATE, -40.0), signal)
        np.testing.assert_array_equal(out[start : start + 100 * MS], signal[start : start + 100 * MS])

        late = run(NoiseGate(RATE, -40.0, pre_roll_ms=0.0), signal)
        assert not late[start : start + MS // 2].any()
        assert np.array_equal(late[start + 10 * MS :], signal[start + 10 * MS :])

    @pytest.mark.parametrize("last_level", [0.3, 0.0075])  # the second, -45.5 dBFS RMS, barely keeps it open
    @pytest.mark.parametrize("pre_roll_ms", [0.0, 5.0, 20.0])
    def test_hangs_over_then_fades_out(self, pre_roll_ms: float, last_level: float) -> None:
        end, after = 200 * MS, tone(400 * MS, 0.0005)
        signal = np.concatenate((tone(end // 2, 0.3), tone(end // 2, last_level), after))
        out = run(NoiseGate(RATE, -40.0, pre_roll_ms=pre_roll_ms), signal)
        assert np.array_equal(out[end : end + 100 * MS], after[: 100 * MS])
        assert not out[end + 160 * MS :].any()

    def test_hysteresis_keeps_open_what_would_not_open(self) -> None:
        between = tone(RATE, 0.0125 * 2**0.5 / 2)  # -41 dBFS RMS: below -40, above -46
        assert not run(NoiseGate(RATE, -40.0), between).any()
        opened = run(NoiseGate(RATE, -40.0), np.concatenate((tone(100 * MS, 0.1), between)))
        assert np.array_equal(opened[300 * MS :], between[200 * MS : len(opened) - 100 * MS])
        without = NoiseGate(RATE, -40.0, hysteresis_db=0.0)
        shut = run(without, np.concatenate((tone(100 * MS, 0.1), between)))
        assert not shut[300 * MS :].any()

    def test_never_clicks(self) -> None:
        """Opening and shutting on a constant shows the gain itself: it moves in small steps."""
        steady = np.concatenate([np.full(150 * MS, level, np.float32) for level in (0.001, 0.5, 0.001, 0.5)])
        out = run(NoiseGate(RATE, -40.0), steady)
        gain = out / steady[: len(out)]
        assert gain.min() == 0.0 and gain.max() == 1.0
        assert np.max(np.abs(np.diff(gain))) <= 1.01 / (4 * MS)

    def test_a_single_click_does_not_open(self) -> None:
        signal = silence(RATE // 2)
        signal[RATE // 4] = 0.1
        assert not run(NoiseGate(RATE, -40.0), signal).any()

    def test_threshold_can_be_moved(self) -> None:
        gate, signal = NoiseGate(RATE, -20.0), tone(RATE // 2, 0.03)
        assert not gate.process(signal).any()
        gate.threshold_db = -40.0
        assert gate.process(signal)[-1000:].any()


class TestSoftLimiter:
    def test_obeys_the_rules_of_stages(self) -> None:
        check_stage(lambda: SoftLimiter(RATE), noise(20_000, level=0.7), input_rate=RATE)

    def test_is_aligned(self) -> None:
        check_aligned(lambda: SoftLimiter(RATE), input_rate=RATE)

    def test_what_is_below_the_knee_is_untouched_even_beside_what_is_not(self) -> None:
        signal = noise(20_000, level=0.5)
        out = feed(SoftLimiter(RATE), signal)
        quiet = np.abs(signal) <= 0.7
        assert quiet.any() and not quiet.all()
        assert np.array_equal(out[quiet], signal[quiet])

    def test_nothing_leaves_above_the_ceiling(self) -> None:
        signal = np.array([0.9, 1.0, 1.5, -1.0, -50.0, 1e30, -3e38], np.float32)
        out = feed(SoftLimiter(RATE), signal)
        assert db(float(np.max(np.abs(out)))) <= -0.3 + 1e-5
        assert np.array_equal(np.sign(out), np.sign(signal))

    def test_the_curve_rises_without_a_corner(self) -> None:
        ramp = np.linspace(0.0, 2.0, 20_001, dtype=np.float32)
        slope = np.diff(feed(SoftLimiter(RATE), ramp).astype(np.float64)) / 1e-4
        assert slope.min() >= -2e-3
        assert np.max(np.abs(np.diff(slope))) < 5e-3  # a hard corner would be 1

    def test_broken_samples_become_silence(self) -> None:
        signal = np.array([0.1, np.nan, 0.2, np.inf, -np.inf, -0.3], np.float32)
        out = SoftLimiter(RATE).process(signal)
        assert out.tolist() == np.array([0.1, 0, 0.2, 0, 0, -0.3], np.float32).tolist()
        assert out.dtype == np.float32
