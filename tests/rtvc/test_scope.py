"""Spectrograms for the eye: where a tone is seen, how bright, how many columns, at what cost."""

import time

import numpy as np
import pytest

from rtvc.mel import hz_to_mel
from rtvc.scope import BANDS, COLUMNS_PER_SECOND, FLOOR_DB, HIGHEST_HZ, LOWEST_HZ, Scope
from rtvc.stage import Audio
from tests.rtvc.test_live_chain import BLOCK, RATE, Rig


def tone(hz: float, rate: int, seconds: float = 1.0, level: float = 1.0) -> Audio:
    return (level * np.sin(2 * np.pi * hz / rate * np.arange(round(seconds * rate)))).astype(np.float32)


def seen(scope: Scope, end: str = "input") -> np.ndarray:
    return np.frombuffer(scope.columns()[end], np.uint8).reshape(-1, BANDS)


def band_of(hz: float) -> float:
    low, high, at = hz_to_mel(np.array([LOWEST_HZ, HIGHEST_HZ, hz]))
    return float((at - low) / (high - low) * (BANDS + 1) - 1)


@pytest.mark.parametrize("rate", [8000, 16000, 22050, 44100, 48000, 96000])
@pytest.mark.parametrize("hz", [300.0, 1000.0, 3000.0])
def test_a_tone_is_bright_where_it_is_whatever_the_rate(rate: int, hz: float) -> None:
    scope = Scope()
    scope.take("input", rate, tone(hz, rate))
    columns = seen(scope)
    assert len(columns) == pytest.approx(COLUMNS_PER_SECOND, abs=4)
    assert np.abs(columns.argmax(axis=1) - band_of(hz)).max() <= 1
    assert columns.max() > 255 * (1 - 4 / -FLOOR_DB), "a full-scale tone is within 4 dB of the top"
    far = np.abs(np.arange(BANDS) - band_of(hz)) > 25
    assert columns[:, far].max() < 128


def test_ten_decibels_are_as_many_steps() -> None:
    levels = []
    for level in (0.1, 0.1 / 10**0.5):
        scope = Scope()
        scope.take("input", RATE, tone(1000.0, RATE, level=level))
        levels.append(int(seen(scope).max()))
    assert levels[0] - levels[1] == pytest.approx(255 * 10 / -FLOOR_DB, abs=1)


def test_blocks_and_looks_of_any_size_show_the_same() -> None:
    sound = (0.1 * np.random.default_rng(3).standard_normal(RATE)).astype(np.float32)
    whole, parts, shown = Scope(), Scope(), []
    whole.take("output", RATE, sound)
    for block in np.array_split(sound, 190):
        parts.take("output", RATE, block)
        shown.append(seen(parts, "output"))
    assert np.array_equal(np.concatenate(shown), seen(whole, "output"))


def test_silence_is_dark_and_takes_its_time() -> None:
    scope = Scope()
    scope.take("input", RATE, np.zeros(0, np.float32), silence=RATE // 2)
    columns = seen(scope)
    assert len(columns) > 20 and not columns.any()
    assert seen(scope, "output").shape == (0, BANDS)


def test_nobody_looking_costs_no_memory() -> None:
    scope = Scope()
    for _ in range(5000):
        scope.take("input", RATE, np.zeros(BLOCK, np.float32))
    assert scope._waiting.qsize() < 1100
    assert len(seen(scope)) <= COLUMNS_PER_SECOND


def test_another_device_goes_on() -> None:
    scope = Scope()
    for rate in (RATE, 16000):
        scope.take("input", rate, tone(500.0, rate))
        assert np.abs(seen(scope).argmax(axis=1) - band_of(500.0)).max() <= 1


def test_the_worker_hardly_notices() -> None:
    """Two calls of `take` a block, one for each end; the best of many says what it costs."""
    rig, scope = Rig(), Scope()
    rig.chain.tap.listeners = (scope,)
    rig.run(1.0)
    block, costs = np.zeros(BLOCK, np.float32), []
    for _ in range(300):
        began = time.thread_time()
        rig.chain.tap.begin_block(0)
        rig.chain.tap.heard(block)
        rig.chain.tap.said(block, False)
        costs.append(time.thread_time() - began)
    scope.columns()
    assert np.median(costs) < 50e-6


def test_both_ends_of_a_chain_are_seen() -> None:
    rig, scope = Rig(), Scope()
    rig.chain.tap.listeners = (scope,)
    rig.run(0.9)
    columns = scope.columns()
    assert len(columns["input"]) == len(columns["output"]) > 40 * BANDS
    ends = [columns[end][BANDS:] for end in ("input", "output")]  # the first is faded in
    assert ends[0] == ends[1], "a chain that changes nothing shows the same"
