"""What is said beside the microphone: at its place, at its level, over when it is over."""

import numpy as np
import pytest

from rtvc.inlet import Inlet, Utterance

RATE = 48000
TONE = np.sin(2 * np.pi * 300 / RATE * np.arange(9600)).astype(np.float32) * np.float32(0.5)


def through(inlet: Inlet, sound: np.ndarray, end: str = "output", block: int = 256) -> np.ndarray:
    starts = range(0, len(sound), block)
    return np.concatenate([inlet.mixed(end, RATE, sound[i : i + block].copy()) for i in starts])


def utterance(is_alone: bool = False, end: str = "output", rate: int = RATE, count: int = 4000) -> Utterance:
    made = Utterance(end, rate, is_alone)
    made.add(np.full(count // 2, 0.25, np.float32))
    made.add(np.full(count - count // 2, 0.25, np.float32))
    made.finish()
    return made


def test_nothing_changes_what_is_there() -> None:
    block = TONE[:256]
    assert Inlet().mixed("output", RATE, block) is block


@pytest.mark.parametrize("block", [1, 64, 256, 4096])
def test_it_is_added_where_it_belongs_and_nowhere_else(block: int) -> None:
    inlet, said = Inlet(), utterance()
    inlet.put(said)
    np.testing.assert_array_equal(through(inlet, TONE[:512], "input", block), TONE[:512])
    heard = through(inlet, TONE, block=block)
    np.testing.assert_allclose(heard[:4000], TONE[:4000] + 0.25, atol=1e-6)
    np.testing.assert_array_equal(heard[4096:], TONE[4096:])
    assert said.is_over and not said.is_cut and said.seconds == 4000 / RATE


def test_alone_the_rest_gives_way_without_a_click() -> None:
    inlet = Inlet()
    inlet.put(utterance(is_alone=True))
    heard = through(inlet, TONE)
    np.testing.assert_allclose(heard[500:4000], 0.25, atol=1e-6)
    np.testing.assert_array_equal(heard[-4000:], TONE[-4000:])
    ramps = heard - np.where(np.arange(len(TONE)) < 4000, np.float32(0.25), np.float32(0.0))
    assert np.abs(np.diff(ramps)).max() < 1.5 * np.abs(np.diff(TONE)).max()


def test_it_waits_for_sound_that_is_not_made_yet_and_for_its_turn() -> None:
    inlet, slow, next_one = Inlet(), Utterance("output", RATE), utterance()
    inlet.put(slow)
    inlet.put(next_one)
    silence = np.zeros(2048, np.float32)
    assert not through(inlet, silence).any() and not slow.is_over
    slow.add(np.full(100, 0.1, np.float32))
    slow.finish()
    assert slow.waiting_seconds == 100 / RATE
    heard = through(inlet, silence)
    assert np.allclose(heard[:100], 0.1) and not heard[100:256].any() and np.allclose(heard[256:], 0.25)
    assert slow.is_over and not next_one.is_over


def test_cancelled_or_at_the_rate_of_other_devices_it_ends() -> None:
    inlet, cancelled, elsewhere = Inlet(), utterance(), utterance(rate=44100)
    inlet.put(cancelled)
    inlet.put(elsewhere)
    through(inlet, np.zeros(512, np.float32))
    cancelled.cancel()
    heard = through(inlet, np.zeros(4096, np.float32))
    assert np.abs(np.diff(heard)).max() < 0.26 and not heard[512:].any()
    assert cancelled.is_cut and elsewhere.is_cut and elsewhere.is_over


def test_the_sum_stays_within_full_scale() -> None:
    inlet = Inlet()
    inlet.put(utterance())
    assert through(inlet, np.full(4096, 0.9, np.float32)).max() == 1.0
