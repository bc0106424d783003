from collections import Counter

import pytest

from rtvc.errors import UsageError
from tests.training import corpus_layouts
from tests.training.synthetic_corpus import write_corpus
from training.corpora import find_clips


def test_vctk_080_with_texts_and_genders(tmp_path):
    clips = find_clips(corpus_layouts.write_vctk_080(tmp_path / "VCTK-Corpus"))
    assert Counter(clip.speaker for clip in clips) == {"p225": 5, "p226": 5}
    first = clips[0]
    assert (first.path.name, first.gender, first.transcript) == ("p225_001.wav", "F", "Sentence 1.")
    assert Counter((clip.speaker, clip.split) for clip in clips)["p226", "val"] == 1


def test_vctk_092_takes_one_microphone(tmp_path):
    clips = find_clips(corpus_layouts.write_vctk_092(tmp_path))
    assert [clip.path.name for clip in clips] == [f"p225_00{i}_mic1.flac" for i in (1, 2, 3)]
    assert clips[0].transcript == "Please call Stella." and clips[0].gender == "F"


def test_fsdd_keeps_its_own_test_takes(tmp_path):
    clips = find_clips(corpus_layouts.write_fsdd(tmp_path / "free-spoken-digit-dataset"))
    assert len(clips) == 120
    assert {clip.path.stem.split("_")[2] for clip in clips if clip.split == "test"} == {"0"}
    assert Counter(clip.split for clip in clips) == {"test": 20, "train": 80, "val": 20}
    assert {(clip.transcript, clip.speaker) for clip in clips} >= {("7", "george"), ("0", "theo")}


def test_audiomnist_with_its_meta_file(tmp_path):
    clips = find_clips(corpus_layouts.write_audiomnist(tmp_path))
    assert len(clips) == 30
    assert {(clip.speaker, clip.gender) for clip in clips} == {("01", "M"), ("02", "F")}
    assert clips[-1].transcript == "2"


def test_one_folder_a_speaker(tmp_path):
    clips = find_clips(corpus_layouts.write_folders(tmp_path))
    assert Counter(clip.speaker for clip in clips) == {"flute": 5, "violin": 5}
    (tmp_path / "stray.wav").write_bytes(b"")
    assert len(find_clips(tmp_path)) == 10


def test_the_split_is_seeded_and_per_speaker(tmp_path):
    corpus_layouts.write_folders(tmp_path, clips=10)

    def chosen(seed):
        return {
            clip.path.name + clip.speaker for clip in find_clips(tmp_path, seed=seed) if clip.split == "val"
        }

    assert chosen(1) == chosen(1)
    assert chosen(1) != chosen(2)
    assert len(chosen(1)) == 4


def test_a_manifest_brings_its_own_split(tmp_path):
    manifest = write_corpus(tmp_path, clips=2)
    assert {clip.split for clip in find_clips(manifest)} == {"train"}
    assert find_clips(manifest, kind="digits") == []


@pytest.mark.parametrize(("layout", "says"), [("cassette", "no layout"), ("fsdd", "holds no clips")])
def test_what_is_not_there_is_a_sentence(tmp_path, layout, says):
    with pytest.raises(UsageError, match=says):
        find_clips(tmp_path, layout)
    with pytest.raises(UsageError, match="neither a folder"):
        find_clips(tmp_path / "missing")
