import numpy as np
import pytest

from rtvc import catalog
from rtvc.blend import Share, mixed, parts
from rtvc.errors import ModelError, UsageError
from rtvc.targets import target_voice
from rtvc.voices import Voice


def voice(name, hz, vector):
    return Voice(name, name, "F", float(np.log(hz)), {"stream": vector}, "CC0", f"made up {name}")


def test_shares_add_up_to_one():
    assert parts("p230") == [Share("p230", 1.0)]
    assert parts("a:3, b:1") == [Share("a", 0.75), Share("b", 0.25)]
    assert parts("a,b") == [Share("a", 0.5), Share("b", 0.5)]
    assert parts("a:1,b:0") == [Share("a", 1.0)]


@pytest.mark.parametrize("text", ["a:x", ":0.5", "a:-1,b:2", "a:nan", "", "a,,b", "a:0.5:0.5"])
def test_nonsense_is_refused(text):
    with pytest.raises(UsageError, match="no blend of voices"):
        parts(text)


def test_twice_and_nothing_are_refused():
    with pytest.raises(UsageError, match="twice"):
        parts("a:1,a:1")
    with pytest.raises(UsageError, match="add up to nothing"):
        parts("a:0,b:0")


def test_mix_lies_between_and_keeps_its_length():
    one, two = voice("a", 100.0, [8.0, 0.0]), voice("b", 400.0, [0.0, 8.0])
    mix = mixed("a:0.5,b:0.5", [(one, 0.5), (two, 0.5)])
    assert np.linalg.norm(mix.embedding("stream")) == pytest.approx(8.0)
    assert mix.median_hz == pytest.approx(200.0)
    assert mix.licence == "CC0" and mix.source == "made up a; made up b"


def test_vectors_of_two_lengths_do_not_mix():
    one, two = voice("a", 100.0, [8.0, 0.0]), voice("b", 400.0, [8.0])
    with pytest.raises(ModelError, match="voice b has 1 numbers for stream; it wants 2"):
        mixed("a,b", [(one, 0.5), (two, 0.5)])


def test_catalog_mixes_shipped_voices():
    mix = target_voice("p230:0.7,p226:0.3", "stream")
    near, far = catalog.voice("p230").embedding("stream"), catalog.voice("p226").embedding("stream")
    assert mix.embedding("stream") @ near > mix.embedding("stream") @ far
    with pytest.raises(ModelError, match="no voice 'p23O'; did you mean p"):
        target_voice("p23O:1,p226:1", "stream")
