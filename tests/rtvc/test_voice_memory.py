import numpy as np
import pytest

from rtvc.blend import mixed
from rtvc.errors import ModelError
from rtvc.model_format import MemoryShape
from rtvc.voice_memory import cosines, from_text, gathered, merged, restored, rounded, to_text
from rtvc.voices import Voice, read_voice, write_voice

SHAPE = MemoryShape(rows=64, shape=5, content=3)


def moments(count, seed=0):
    """Content and log-mels: four sounds, each with a content and a spectrum of its own."""
    random = np.random.default_rng(seed)
    which = random.integers(0, 4, count)
    content = np.eye(4, 3)[which] * 4.0 + 0.1 * random.standard_normal((count, 3))
    log_mel = np.outer(which - 1.5, np.linspace(1.0, -1.0, 40)) - 4.0
    return content.astype(np.float32), log_mel.astype(np.float32)


def memory(seed=0):
    return to_text(rounded(gathered(*moments(500, seed), SHAPE), SHAPE))


def test_rows_hold_what_goes_together():
    rows = gathered(*moments(2000), SHAPE)
    assert rows.shape == (64, 8)
    for sound in range(4):
        near = np.abs(rows[:, 5:] - np.eye(4, 3)[sound] * 4.0).max(axis=1) < 1.0
        expected = np.linspace(1.0, -1.0, 40) * (sound - 1.5) @ cosines(40, 5).T
        assert near.any(), "every sound has its rows"
        np.testing.assert_allclose(rows[near, :5], np.tile(expected, (near.sum(), 1)), atol=1e-3)


@pytest.mark.parametrize(("count", "rows"), [(1, 1), (10, 5), (127, 63), (128, 64), (5000, 64)])
def test_a_row_stands_for_two_moments_at_least(count, rows):
    assert gathered(*moments(count), SHAPE).shape == (rows, 8)


def test_kept_as_text_it_comes_back_within_a_step():
    rows = gathered(*moments(500), SHAPE)
    back = restored(from_text(to_text(rounded(rows, SHAPE))), SHAPE)
    assert np.abs(back[:, :5] - rows[:, :5]).max() <= 0.126
    assert np.abs(back[:, 5:] - rows[:, 5:]).max() <= 0.018


@pytest.mark.parametrize("text", ["", "no memory", "0" * 400, to_text(np.zeros((3, 8), np.uint8))[:-6]])
def test_what_is_no_memory_is_refused(text):
    with pytest.raises(ValueError, match="can't be read"):
        from_text(text)


def test_a_blend_remembers_rows_of_both_by_their_shares():
    first, second = (np.full((count, 8), value, np.uint8) for count, value in ((64, 10), (8, 200)))
    both = from_text(merged([(to_text(first), 0.75), (to_text(second), 0.25)]))
    assert (both[:, 0] == 10).sum() == 24 and (both[:, 0] == 200).sum() == 8


def voice(**memories):
    return Voice("a", "A", "F", 5.2, {"tiny": [1.0, 0.0]}, "MIT", "made up", memories=memories)


def test_a_voice_keeps_its_memory_in_its_file(tmp_path):
    text = memory()
    write_voice(voice(tiny=text), tmp_path / "a.voice.json")
    found = read_voice(tmp_path / "a.voice.json").memory("tiny", SHAPE)
    np.testing.assert_array_equal(found, restored(from_text(text), SHAPE))
    assert voice().memory("tiny", SHAPE) is None


def test_the_memory_of_another_model_is_refused_with_a_sentence():
    with pytest.raises(ModelError, match=r"The voice a can't be used with tiny: its memory is of \(64, 8\)"):
        voice(tiny=memory()).memory("tiny", MemoryShape(rows=63, shape=5, content=3))


@pytest.mark.parametrize("other", ["damaged", to_text(np.zeros((64, 9), np.uint8))])
def test_memories_that_do_not_fit_are_refused_in_a_blend(other):
    with pytest.raises(ModelError, match="What the voices a, a remember can't be blended"):
        mixed("a:0.5,b:0.5", [(voice(tiny=memory()), 0.5), (voice(tiny=other), 0.5)])


def test_voices_without_memories_blend_without():
    assert mixed("a:0.5,b:0.5", [(voice(tiny=memory()), 0.5), (voice(), 0.5)]).memories == {}
    blended = mixed("a:0.5,b:0.5", [(voice(tiny=memory()), 0.5), (voice(tiny=memory(1)), 0.5)])
    assert blended.memory("tiny", SHAPE) is not None
