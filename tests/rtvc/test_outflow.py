"""Delay that is taken back unheard."""

import numpy as np
import pytest

from rtvc.outflow import Outflow
from rtvc.ring import Ring
from rtvc.stage import Audio

RATE, HZ = 48000, 440.0


def play(outflow: Outflow, ring: Ring, block: int, blocks: int) -> Audio:
    out = np.zeros((blocks, block), np.float32)
    for row in out:
        if outflow.squeeze_into(row, ring) == 0:
            assert ring.read_into(row) == block
    return out.reshape(-1)


def tone(seconds: float) -> Audio:
    return np.sin(2 * np.pi * HZ / RATE * np.arange(round(seconds * RATE))).astype(np.float32)


@pytest.mark.parametrize("in_haste, detune", [(False, 0.003), (True, 0.016)], ids=["unheard", "in haste"])
@pytest.mark.parametrize("block", [64, 192, 512])
def test_a_tone_stays_smooth_and_flows_faster_by_what_was_asked(
    block: int, in_haste: bool, detune: float
) -> None:
    outflow, ring = Outflow(), Ring(4 * RATE)
    ring.write(tone(3.0))
    asked = round(0.5 * RATE * detune)
    outflow.begin(asked, in_haste)
    blocks = 2 * RATE // block
    heard = play(outflow, ring, block, blocks)
    assert outflow.left == 0 and ring.consumed == blocks * block + asked
    bend, usual = np.abs(np.diff(heard, 2)), (2 * np.pi * HZ / RATE) ** 2
    assert bend.max() < 1.1 * usual
    cycles = (np.diff(np.sign(heard[: RATE // 4])) > 0).sum() / 0.25
    assert cycles == pytest.approx(HZ * (1 + detune), abs=4.0)


def test_what_is_not_to_be_taken_back_is_left_alone() -> None:
    outflow, ring = Outflow(), Ring(RATE)
    ring.write(tone(0.5))
    assert np.array_equal(play(outflow, ring, 192, 100), tone(0.5)[: 192 * 100])
    outflow.begin(50)
    outflow.end()
    assert np.array_equal(play(outflow, ring, 192, 10), tone(0.5)[192 * 100 : 192 * 110])


def test_sound_that_is_not_there_is_not_waited_for() -> None:
    outflow, ring, out = Outflow(), Ring(RATE), np.zeros(192, np.float32)
    outflow.begin(10)
    ring.write(tone(1.0)[:192])
    for _ in range(4):
        assert not outflow.squeeze_into(out, ring)
    assert ring.available == 192 and outflow.left == 10
    ring.write(tone(1.0)[192:193])
    assert outflow.squeeze_into(out, ring) and ring.available == 0
