"""What holds for every stage, as functions to call from its tests: chunking, reset, latency, causality.

    check_stage(lambda: Gain(48000, -6.0), noise(20_000), input_rate=48000)

runs them all. Input and output may be audio, an array of frames (items on axis 0) or a dataclass of
such arrays (`rtvc.frames.Frames`). Rates are items per second: 86.13 for frames of 256 at 22050 Hz.
"""

import dataclasses
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

MakeStage = Callable[[], Any]


def noise(count: int, seed: int = 0, level: float = 0.3) -> Any:
    """White noise, the signal that hides nothing."""
    return (level * np.random.default_rng(seed).standard_normal(count)).astype(np.float32)


def bursts(count: int, seed: int = 0, level: float = 0.3) -> Any:
    """Noise that comes and goes, with digital silence between: for stages that switch."""
    rng = np.random.default_rng(seed)
    envelope = np.repeat(rng.choice([0.0, 0.002, 1.0], size=count // 700 + 1), 700)[:count]
    return (level * envelope * rng.standard_normal(count)).astype(np.float32)


def block_sizes(total: int, seed: int = 0, largest: int = 5000) -> list[int]:
    """Random sizes that add up to `total`: empty, single samples and large blocks all occur."""
    rng = np.random.default_rng(seed)
    sizes: list[int] = []
    left = total
    while left:
        # Log-uniform: small blocks are where mistakes live.
        size = 0 if rng.random() < 0.05 else int(np.exp(rng.uniform(0.0, np.log(largest + 1))))
        sizes.append(min(size, left))
        left -= sizes[-1]
    return sizes


def fields_of(value: Any) -> dict[str, Any]:
    """The arrays of a value, by name; audio is a value with one nameless array."""
    if dataclasses.is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    return {"": value}


def rebuilt(like: Any, arrays: dict[str, Any]) -> Any:
    return type(like)(**arrays) if dataclasses.is_dataclass(like) else arrays[""]


def part(value: Any, start: int, stop: int) -> Any:
    return rebuilt(value, {name: array[start:stop] for name, array in fields_of(value).items()})


def joined(values: Iterable[Any]) -> Any:
    """One value from many, end to end."""
    values = list(values)
    names = fields_of(values[0])
    return rebuilt(values[0], {name: np.concatenate([fields_of(v)[name] for v in values]) for name in names})


def feed(stage: Any, value: Any) -> Any:
    """Process once, as the live engine would: the block is not ours to change nor to keep."""
    kept = {name: np.array(array) for name, array in fields_of(value).items()}
    views = {name: array.view() for name, array in kept.items()}
    for view in views.values():
        view.setflags(write=False)
    out = stage.process(rebuilt(value, views))
    copied = rebuilt(out, {name: np.array(array) for name, array in fields_of(out).items()})
    for array in kept.values():
        array.fill(np.nan)  # a stage that kept a view of its input will show it
    return copied


def run(stage: Any, signal: Any, sizes: Iterable[int] | None = None) -> Any:
    """All output for `signal`, fed in blocks of `sizes` or in one."""
    total = len(signal)
    outputs, start = [], 0
    for size in [total] if sizes is None else sizes:
        outputs.append(feed(stage, part(signal, start, start + size)))
        start += size
    assert start == total, "block sizes must add up to the signal"
    return joined(outputs)


def assert_same(actual: Any, expected: Any, tolerance: float, what: str) -> None:
    for name, array in fields_of(expected).items():
        other = fields_of(actual)[name]
        assert other.shape == array.shape, f"{what}: {name} {other.shape} instead of {array.shape}"
        assert other.dtype == array.dtype, f"{what}: {name} {other.dtype} instead of {array.dtype}"
        assert np.all(np.isfinite(other)), f"{what}: {name} is not finite"
        worst = float(np.max(np.abs(other - array), initial=0.0))
        assert worst <= tolerance, f"{what}: {name} differs by {worst:.3g}, allowed {tolerance:.3g}"


def check_chunking(make_stage: MakeStage, signal: Any, *, tolerance: float = 0.0, seeds: int = 4) -> None:
    """Any block sizes give the same numbers."""
    expected = run(make_stage(), signal)
    for seed in range(seeds):
        actual = run(make_stage(), signal, block_sizes(len(signal), seed))
        assert_same(actual, expected, tolerance, f"chunked with seed {seed}")


def check_reset(make_stage: MakeStage, signal: Any) -> None:
    """After reset() a stage is as new, whatever it heard before. The same blocks give the same bits."""
    stage = make_stage()
    sizes = block_sizes(len(signal), seed=99)
    first = run(stage, signal, sizes)
    stage.reset()
    assert_same(run(stage, signal, sizes), first, 0.0, "after reset")


def held_back(
    make_stage: MakeStage, signal: Any, input_rate: float, samples_per_item: float = 1.0, seed: int = 7
) -> tuple[float, float]:
    """Least and most that was held back over time, in samples at the output rate."""
    stage = make_stage()
    held, taken, given = [], 0, 0.0
    for size in block_sizes(len(signal), seed, largest=300):
        given += len(feed(stage, part(signal, taken, taken + size))) * samples_per_item
        taken += size
        held.append(taken * stage.output_rate / input_rate - given)
    return min(held), max(held)


def check_latency(
    make_stage: MakeStage,
    signal: Any,
    *,
    input_rate: float,
    samples_per_item: float = 1.0,
    slack: float = 1.0,
) -> None:
    """`latency_samples` is never exceeded, is reached within `slack`, and output never runs ahead of input.

    `samples_per_item` is the hop where frames come out. `slack` has to be as large as the steps in which
    input is taken: a stage fed with frames is never seen in the middle of one.
    """
    declared = make_stage().latency_samples
    least, most = held_back(make_stage, signal, input_rate, samples_per_item)
    assert most <= declared + 1e-6, f"held back {most:.3f} samples, declared {declared:.3f}"
    assert most >= declared - slack - 1e-6, (
        f"declared {declared:.3f} samples, never held more than {most:.3f}"
    )
    assert least > -1.0, f"{-least:.3f} samples came out before their time"


def check_causal(make_stage: MakeStage, signal: Any, *, tolerance: float = 0.0) -> None:
    """What came out for the first part does not depend on what follows it, even within one block."""
    total = len(signal)
    for now in (1, total // 3, total // 2 + 1):
        ready = len(run(make_stage(), part(signal, 0, now)))
        reversed_tail = {name: array[now:][::-1] for name, array in fields_of(signal).items()}
        other = joined([part(signal, 0, now), rebuilt(signal, reversed_tail)])
        expected = part(run(make_stage(), signal), 0, ready)
        actual = part(run(make_stage(), other), 0, ready)
        assert_same(actual, expected, tolerance, f"with another future after {now}")


def check_empty(make_stage: MakeStage, signal: Any) -> None:
    """A block of nothing gives nothing at the start and changes nothing later."""
    nothing = part(signal, 0, 0)
    stage = make_stage()
    assert len(feed(stage, nothing)) == 0, "output before any input"
    half = len(signal) // 2
    plain = make_stage()
    for stretch in (part(signal, 0, half), part(signal, half, len(signal))):
        assert_same(feed(stage, stretch), feed(plain, stretch), 0.0, "after an empty block")
        assert len(feed(stage, nothing)) == 0, "output without input"


def check_aligned(make_stage: MakeStage, *, input_rate: int, tolerance_samples: float = 0.1) -> None:
    """A soft click comes out at the time it went in. For stages from audio to audio.

    The tolerance counts samples at the output rate.
    """
    stage = make_stage()
    click_at, width, seconds = 0.1, 0.002, 0.3
    times = np.arange(int(seconds * input_rate)) / input_rate
    click = 0.5 * np.exp(-(((times - click_at) / width) ** 2))
    out = run(stage, click.astype(np.float32)).astype(np.float64)
    weight = out**2
    found = float(np.sum(weight * np.arange(len(out))) / np.sum(weight))
    expected = click_at * stage.output_rate
    assert abs(found - expected) <= tolerance_samples, f"click at {found:.3f}, expected at {expected:.3f}"


def check_stage(
    make_stage: MakeStage,
    signal: Any,
    *,
    input_rate: float,
    samples_per_item: float = 1.0,
    tolerance: float = 0.0,
    slack: float = 1.0,
) -> None:
    """Every rule that needs no knowledge of what the stage does."""
    check_chunking(make_stage, signal, tolerance=tolerance)
    check_reset(make_stage, signal)
    check_latency(make_stage, signal, input_rate=input_rate, samples_per_item=samples_per_item, slack=slack)
    check_causal(make_stage, signal, tolerance=tolerance)
    check_empty(make_stage, signal)
