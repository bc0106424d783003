from fractions import Fraction

import numpy as np
import pytest

from rtvc.resample import Resampler
from tests.rtvc.stage_rules import block_sizes, check_aligned, check_stage, noise, run

LIVE_PAIRS = [(48000, 22050), (22050, 48000), (44100, 22050), (22050, 44100)]
PAIRS = [
    *LIVE_PAIRS,
    (48000, 44100),
    (22050, 16000),
    (8000, 22050),
    (22050, 8000),
    (48005, 22050),
    (22050, 47998),
    (192000, 22050),
    (192000, 4000),
    (4000, 192000),
]


def tone(hz: float, rate: int, count: int) -> np.ndarray:
    """A complex tone, so that one number tells level and phase."""
    return np.exp(2j * np.pi * hz * np.arange(count) / rate)


def resampled(resampler: Resampler, signal: np.ndarray) -> np.ndarray:
    """A complex signal through one resampler, imaginary part after real part."""
    resampler.reset()
    real = run(resampler, signal.real.astype(np.float32))
    resampler.reset()
    return real + 1j * run(resampler, signal.imag.astype(np.float32))


def settled(resampler: Resampler, hz: float, seconds: float = 0.2) -> tuple[np.ndarray, np.ndarray]:
    """What a tone becomes, and what it should become, without the start (silence lies before it)."""
    out = resampled(resampler, tone(hz, resampler.input_rate, int(seconds * resampler.input_rate)))
    ideal = tone(hz, resampler.output_rate, len(out))
    skip = int(2 * resampler.latency_samples) + 1
    return out[skip:], ideal[skip:]


def db(amplitude: float) -> float:
    return 20 * float(np.log10(amplitude + 1e-12))


def loudest_below(signal: np.ndarray, rate: int, limit_hz: float) -> float:
    """Level of the strongest tone within the band, in dB."""
    window = np.kaiser(len(signal), 14.0)
    spectrum = np.abs(np.fft.fft(signal * window)) / window.sum()
    return db(float(spectrum[np.abs(np.fft.fftfreq(len(signal), 1 / rate)) <= limit_hz].max()))


def pass_band_hz(lower_rate: int) -> float:
    """What the resampler promises: the voice band, or as much of it as a slow device has."""
    return min(0.45 * lower_rate, max(8000.0, 0.36 * lower_rate))


@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_obeys_the_rules_of_stages(pair: tuple[int, int]) -> None:
    input_rate, output_rate = pair
    count = min(12_000, 40_000 * input_rate // output_rate)
    check_stage(
        lambda: Resampler(*pair),
        noise(count),
        input_rate=input_rate,
        slack=max(1.0, output_rate / input_rate),  # one sample taken lets several out
    )


@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_output_is_aligned_with_input(pair: tuple[int, int]) -> None:
    check_aligned(lambda: Resampler(*pair), input_rate=pair[0], tolerance_samples=0.02)


@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_pass_band_is_flat_and_in_phase(pair: tuple[int, int]) -> None:
    resampler = Resampler(*pair)
    for part_of_band in (0.02, 0.5, 0.9, 1.0):
        out, ideal = settled(resampler, part_of_band * pass_band_hz(min(pair)))
        gain = np.mean(out * ideal.conj())
        assert abs(db(abs(gain))) < 0.01
        assert abs(np.angle(gain)) < 1e-3


@pytest.mark.parametrize("pair", [pair for pair in PAIRS if pair[0] > pair[1]], ids=str)
def test_nothing_folds_into_the_pass_band(pair: tuple[int, int]) -> None:
    input_rate, output_rate = pair
    clean = pass_band_hz(output_rate)
    resampler = Resampler(*pair)
    for hz in np.linspace(output_rate - clean, input_rate / 2, 12):
        out, _ = settled(resampler, hz)
        assert loudest_below(out, output_rate, clean) < -80.0, f"{hz:.0f} Hz folds back"


@pytest.mark.parametrize("pair", [pair for pair in PAIRS if pair[0] < pair[1]], ids=str)
def test_pass_band_has_no_images(pair: tuple[int, int]) -> None:
    resampler = Resampler(*pair)
    for hz in np.linspace(50.0, pass_band_hz(pair[0]), 8):
        out, ideal = settled(resampler, hz)
        rest = out - ideal * np.mean(out * ideal.conj())
        assert loudest_below(rest, pair[1], np.inf) < -80.0, f"{hz:.0f} Hz has images"


@pytest.mark.parametrize("pair", LIVE_PAIRS, ids=str)
def test_live_rates_cost_half_a_millisecond(pair: tuple[int, int]) -> None:
    resampler = Resampler(*pair)
    assert resampler.latency_samples / resampler.output_rate < 0.5e-3


def test_equal_rates_pass_through_untouched() -> None:
    signal = noise(1000)
    resampler = Resampler(22050, 22050)
    assert resampler.latency_samples == 0.0
    assert np.array_equal(run(resampler, signal, block_sizes(1000)), signal)


def test_elastic_at_equal_rates_keeps_every_sample_until_trimmed() -> None:
    signal = noise(4000)
    resampler = Resampler(48000, 48000, elastic=True)
    out = run(resampler, signal)
    assert len(out) == len(signal) - resampler.latency_samples
    np.testing.assert_allclose(out, signal[: len(out)], rtol=0, atol=1e-6)
    resampler.ratio_trim = 1.001
    assert len(resampler.process(signal)) == 4004


def test_a_round_trip_gives_the_voice_band_back() -> None:
    times = np.arange(24_000) / 48000
    signal = sum(0.1 * np.sin(2 * np.pi * hz * times) for hz in (110, 997, 3000, 6000, 7900)).astype(
        np.float32
    )
    back = run(Resampler(22050, 48000), run(Resampler(48000, 22050), signal))
    inner = slice(500, len(back) - 500)
    np.testing.assert_allclose(back[inner], signal[inner], rtol=0, atol=2e-4)


@pytest.mark.parametrize("pair", [(48000, 22050), (48005, 22050)], ids=str)
def test_positions_do_not_drift_over_minutes(pair: tuple[int, int]) -> None:
    """The last samples of four minutes are as right as the first, in number and in phase."""
    input_rate, output_rate = pair
    resampler = Resampler(*pair)
    period, hz = input_rate, 1000  # whole cycles a second: one second serves for all
    second = np.sin(2 * np.pi * hz * np.arange(period) / input_rate).astype(np.float32)
    count = 0
    for _ in range(240):
        out = resampler.process(second)
        count += len(out)
    expected = (240 * period - resampler._filter.taps // 2) * Fraction(output_rate, input_rate)  # type: ignore[union-attr]
    assert count == -(-expected.numerator // expected.denominator)
    times = np.arange(count - len(out), count) / output_rate
    np.testing.assert_allclose(out, np.sin(2 * np.pi * hz * times), rtol=0, atol=2e-4)


@pytest.mark.parametrize("pair", [(48000, 22050), (22050, 48000)], ids=str)
def test_trim_bends_time_without_a_click(pair: tuple[int, int]) -> None:
    """Every output sample is the input at a place that moves at the pace of the trim."""
    input_rate, output_rate = pair
    resampler, hz, place = Resampler(*pair), 3000.0, 0.0
    signal = np.sin(2 * np.pi * hz * np.arange(2 * input_rate) / input_rate).astype(np.float32)
    trims = [1.0, 1.0002, 0.9995, 1.004, 1.0]
    outputs, expected = [], []
    for index in range(len(signal) // 256):
        resampler.ratio_trim = trims[index * len(trims) * 256 // len(signal)]
        out = resampler.process(signal[index * 256 : (index + 1) * 256])
        step = input_rate / output_rate / resampler.ratio_trim
        places = place + step * np.arange(len(out))
        place += step * len(out)
        outputs.append(out)
        expected.append(np.sin(2 * np.pi * hz * places / input_rate))
    error = np.concatenate(outputs) - np.concatenate(expected)
    assert db(float(np.max(np.abs(error[100:])))) < -75.0


def test_trim_changes_how_much_comes_out() -> None:
    counts = []
    for trim in (0.999, 1.0, 1.001):
        resampler = Resampler(48000, 22050)
        resampler.ratio_trim = trim
        counts.append(len(run(resampler, noise(480_000), block_sizes(480_000))))
    assert counts[0] == pytest.approx(counts[1] * 0.999, abs=2)
    assert counts[2] == pytest.approx(counts[1] * 1.001, abs=2)


def test_trimmed_chunking_is_invisible() -> None:
    def make() -> Resampler:
        resampler = Resampler(48000, 22050)
        resampler.ratio_trim = 1.0003
        return resampler

    signal = noise(20_000)
    assert np.array_equal(run(make(), signal, block_sizes(20_000)), run(make(), signal))


@pytest.mark.parametrize("trim", [0.5, 2.0, float("nan")])
def test_senseless_trim_is_refused(trim: float) -> None:
    with pytest.raises(AssertionError, match="trim"):
        Resampler(48000, 22050).ratio_trim = trim


def test_plain_pass_through_cannot_be_trimmed() -> None:
    with pytest.raises(AssertionError, match="elastic"):
        Resampler(48000, 48000).ratio_trim = 1.001
