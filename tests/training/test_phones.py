import numpy as np

from rtvc.mel import MelSpec
from training.phone_distance import edits_by_phone
from training.phone_set import PHONES, UNKNOWN
from training.phones import at_frames, words


def test_words_are_what_the_dictionary_has():
    assert words("Don't ask HER, please -- six spoons.") == ["don't", "ask", "her", "please", "six", "spoons"]


def test_a_label_is_read_where_the_frame_has_its_middle():
    spec = MelSpec()
    labels = np.repeat(np.array([3, 7], np.uint8), 50)  # changes at half a second
    frames = at_frames(labels, 86, spec)
    change = int(np.argmax(frames == 7))
    middle = ((change + 1) * spec.hop - spec.n_fft / 2) / spec.sample_rate
    assert abs(middle - 0.5 - 0.0128) < 0.012
    assert frames[0] == UNKNOWN, "before the clip there is nothing to label"


def test_every_phone_has_one_place():
    assert len(set(PHONES)) == len(PHONES) < UNKNOWN


def test_edits_are_counted_where_they_are():
    assert edits_by_phone(list("ABCDE"), list("ABCDE")) == [0, 0, 0, 0, 0]
    assert edits_by_phone(list("ABCDE"), list("XBCDE")) == [1, 0, 0, 0, 0]
    assert edits_by_phone(list("ABCDE"), list("ABCE")) == [0, 0, 0, 1, 0]
    assert edits_by_phone(list("AB"), list("ABXX")) == [0, 2]
    assert edits_by_phone([], list("AB")) == []
