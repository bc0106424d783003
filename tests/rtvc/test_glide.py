import numpy as np
import pytest

from rtvc.glide import Glide


def walked(glide: Glide, steps: int) -> list[float]:
    return [float(glide.step()[0]) for _ in range(steps)]


def of(value: float) -> np.ndarray:
    return np.array([value], np.float32)


def test_it_arrives_in_even_steps_and_stays() -> None:
    glide = Glide(of(1.0), 4)
    assert walked(glide, 2) == [1.0, 1.0]
    glide.to(of(2.0))
    assert walked(glide, 6) == pytest.approx([1.25, 1.5, 1.75, 2.0, 2.0, 2.0])


def test_it_turns_from_wherever_it_is_and_is_not_kept_by_being_told_twice() -> None:
    glide = Glide(of(0.0), 4)
    glide.to(of(1.0))
    walked(glide, 2)
    glide.to(of(1.0))
    assert walked(glide, 2) == pytest.approx([0.75, 1.0])
    glide.to(of(0.0))
    walked(glide, 1)
    glide.to(of(1.0))
    assert walked(glide, 4) == pytest.approx([0.8125, 0.875, 0.9375, 1.0])


def test_it_can_be_there_at_once() -> None:
    glide = Glide(of(0.0), 4)
    glide.to(of(1.0))
    glide.arrive()
    assert walked(glide, 1) == [1.0]
