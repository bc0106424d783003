"""The ring against a list that does the same, and with two real threads."""

import threading

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rtvc.ring import Ring

ACTIONS = st.lists(
    st.tuples(st.sampled_from(["write", "silence", "read", "peek", "skip"]), st.integers(0, 12)), max_size=60
)


@given(st.integers(1, 9), ACTIONS)
def test_gives_back_what_it_took_in_that_order(capacity: int, actions: list[tuple[str, int]]) -> None:
    ring, model, number = Ring(capacity), [], 1
    for action, count in actions:
        if action in ("write", "silence"):
            samples = [0.0] * count if action == "silence" else [float(number + k) for k in range(count)]
            number += count
            fits = min(count, capacity - len(model))
            written = (
                ring.write_silence(count)
                if action == "silence"
                else ring.write(np.array(samples, np.float32))
            )
            assert written == fits
            model += samples[:fits]
        elif action == "skip":
            assert ring.skip(count) == min(count, len(model))
            model = model[count:]
        else:
            out = np.full(count, -1, np.float32)
            got = ring.peek_into(out) if action == "peek" else ring.read_into(out)
            assert out[:got].tolist() == model[:count] and (out[got:] == -1).all()
            model = model if action == "peek" else model[count:]
        assert ring.available == len(model)
        assert ring.written - ring.consumed == len(model)


def test_skipping_less_than_nothing_does_nothing() -> None:
    ring = Ring(4)
    ring.write(np.ones(3, np.float32))
    assert ring.skip(-2) == 0 and ring.available == 3


def test_two_threads_pass_every_sample_once() -> None:
    total, ring = 20_000, Ring(997)
    numbers = np.arange(total, dtype=np.float32)

    def write() -> None:
        at = 0
        while at < total:
            at += ring.write(numbers[at : at + 61])

    writer = threading.Thread(target=write)
    writer.start()
    out, at = np.zeros(total, np.float32), 0
    while at < total:
        at += ring.read_into(out[at : at + 97])
    writer.join()
    assert np.array_equal(out, numbers)
