import dataclasses
import json

import numpy as np
import pytest
import soundfile

from rtvc import catalog
from rtvc.digit_models import load_listener, load_speaker
from rtvc.digit_settings import MOST_DIGITS, DigitSettings
from rtvc.digit_sound import in_a_row, pieces, say, sound_of
from rtvc.digits import DigitSpeaker, image_of, word_of
from rtvc.errors import AudioFileError, ModelError, UsageError
from rtvc.model_format import ModelInfo
from rtvc.runtime import BlockModel
from tests import tiny_windowed
from tests.tiny_digits import IMAGE, LATENTS, SPEC, word_length, write_decoder, write_pair


@pytest.fixture
def speaker(tmp_path, monkeypatch):
    write_pair(tmp_path)
    monkeypatch.setattr(catalog, "user_folder", lambda: tmp_path)
    monkeypatch.setattr(catalog, "admit", lambda path: None)  # which starts a process
    return load_speaker("cnn")


def edges_of(sound):
    power = np.square(sound[: len(sound) // 128 * 128]).reshape(-1, 128).mean(axis=1)
    return np.flatnonzero(np.diff((power > 0.05 * power.max()).astype(int)))


def test_words_come_in_order_with_pauses_and_are_as_loud_as_each_other(speaker):
    sound = say(speaker, DigitSettings("19", seed=1))
    edges = edges_of(sound)
    assert len(edges) == 4
    first, second = edges[1] - edges[0], edges[3] - edges[2]
    assert second - first == pytest.approx(word_length(9) - word_length(1), abs=3)
    levels = [np.sqrt(np.square(sound[a * 128 : b * 128]).mean()) for a, b in (edges[:2], edges[2:])]
    assert levels[0] == pytest.approx(levels[1], rel=0.25) and levels[0] == pytest.approx(0.05, rel=0.25)
    apart = edges_of(say(speaker, DigitSettings("1 9", seed=1)))
    assert apart[2] - apart[1] > edges[2] - edges[1] + 0.3 * 8000 / 128


def test_a_seed_gives_the_same_samples_and_without_one_no_two_are_alike(speaker):
    fixed = DigitSettings("33", seed=5)
    np.testing.assert_array_equal(say(speaker, fixed), say(speaker, fixed))
    first, again = (next(pieces(speaker, DigitSettings("3"))) for _ in range(2))
    assert len(first) != len(again) or np.abs(first - again).max() > 1e-4
    one, two = pieces(speaker, fixed)
    assert len(one) != len(two) or np.abs(one - two).max() > 1e-4, "drawn anew within a number too"
    random = np.random.default_rng(0)
    assert np.array_equal(speaker.word(4, "theo", random, 0.0), speaker.word(4, "theo", random, 0.0))


def test_any_voice_is_one_the_model_has(speaker):
    random = np.random.default_rng(0)
    assert {speaker.pick_voice("random", random) for _ in range(20)} == {"george", "theo"}
    assert speaker.pick_voice(None, random) == "george"


def test_the_map_moves_along_the_principal_directions(speaker):
    middle, right, up = (speaker.at(5, *place) for place in ((0, 0), (1, 0), (0, 1)))
    assert np.allclose(right.max() - middle.max(), 2 * (up.max() - middle.max()), rtol=1e-3)
    assert speaker.at(5, 0, 0, "theo").max() > middle.max()


def test_a_walk_goes_from_one_digit_to_the_other(speaker):
    words = speaker.walk(3, 8, 6, None, np.random.default_rng(2), variation=0.0)
    assert len(words) == 6
    ends = [speaker.at(digit, 0, 0) for digit in (3, 8)]
    np.testing.assert_allclose(words[0], ends[0], atol=1e-5)
    np.testing.assert_allclose(words[-1], ends[1], atol=1e-5)
    assert len(in_a_row(words, SPEC)) > sum(len(word) * SPEC.hop for word in words)


def test_a_recorded_digit_is_recognised_and_said_again(speaker, tmp_path):
    listener = load_listener(speaker)
    recorded = say(speaker, DigitSettings("6", seed=3, variation=0.0))
    soundfile.write(tmp_path / "mine.wav", np.pad(recorded, (4000, 9000)), SPEC.sample_rate)
    heard = listener.listen(tmp_path / "mine.wav")
    assert (heard.digit, heard.voice) == (6, "george") and (heard.x, heard.y) == (0.0, 0.0)
    assert listener.listen(tmp_path / "mine.wav", digit=2, voice="theo").digit == 2
    again = listener.regenerate(heard, 0.0, np.random.default_rng(0))
    np.testing.assert_array_equal(again, speaker.at(6, 0, 0))
    varied = listener.regenerate(heard, 1.0, np.random.default_rng(0))
    assert np.abs(varied - again).max() > 1e-3


@pytest.mark.parametrize(
    ("sound", "says"),
    [
        (np.zeros(9000), "is silent or too short"),
        (np.ones(100), "is silent or too short"),
        (np.random.default_rng(0).uniform(-0.3, 0.3, 30000), "holds 3.7 s of sound; expected is one spoken"),
    ],
)
def test_what_is_no_single_digit_is_a_sentence(speaker, tmp_path, sound, says):
    soundfile.write(tmp_path / "mine.wav", sound, SPEC.sample_rate)
    with pytest.raises(AudioFileError, match=says):
        load_listener(speaker).listen(tmp_path / "mine.wav")


def test_black_is_silence_and_the_word_ends_where_it_ends():
    image = np.zeros((64, 64), np.float32)
    image[5:20, 12:30] = 1.0
    word = word_of(image, IMAGE, SPEC)
    assert len(word) == pytest.approx(18 + 0.08 * 8000 / 128, abs=1)
    assert np.all(word[:, 40] == np.float32(SPEC.log_floor)) and word.max() == IMAGE.high
    assert len(word_of(np.zeros((64, 64), np.float32), IMAGE, SPEC)) == 0
    assert len(sound_of(word, SPEC)) == len(word) * SPEC.hop
    np.testing.assert_allclose(image_of(word, IMAGE, SPEC)[:, :20], image[:, 10:30], atol=1e-6)


@pytest.mark.parametrize("digits", ["abc", "", " ", "1.5", "²", "-1", "1\n"])
def test_what_are_no_digits_is_a_sentence(digits):
    with pytest.raises(UsageError, match="not made of the digits 0 to 9; give some, as in 2024"):
        DigitSettings(digits)


def test_what_cannot_be_said_is_a_sentence(speaker, tmp_path):
    for digits in ("7" * 10_000, "1" + " " * 10_000):
        with pytest.raises(UsageError, match=f"too many at once; {MOST_DIGITS} are the most"):
            DigitSettings(digits)
    with pytest.raises(UsageError, match="variation is 2; it must lie between 0 and 1"):
        DigitSettings("1", variation=2.0)
    with pytest.raises(UsageError, match="seed is -3; it must be 0 or more"):
        DigitSettings("1", seed=-3)
    with pytest.raises(UsageError, match="no speaker 'anna' of digits; choose one of george, theo, random"):
        say(speaker, DigitSettings("1", "anna"))
    with pytest.raises(ModelError, match=r"no model 'gru' of digits \(there are cnn, mlp\); train one"):
        load_speaker("gru")
    with pytest.raises(ModelError, match="speaks no digits"):
        DigitSpeaker(BlockModel(tiny_windowed.write(tmp_path / "windowed.onnx")))


def test_a_model_that_says_nothing_of_its_clips_draws_plainly(tmp_path):
    speaker = DigitSpeaker(BlockModel(write_decoder(tmp_path / "plain.onnx", latents=None)))
    draws = [speaker.latents.draw(1, 3, 1.0, np.random.default_rng(n)) for n in range(200)]
    assert np.std(draws) == pytest.approx(1.0, abs=0.1)


def test_the_map_says_where_a_latent_lies():
    latent = LATENTS.at(1, 4, [0.5, -2.0])
    np.testing.assert_allclose(LATENTS.steps(1, 4, latent), [0.5, -2.0])


def described(**changes):
    info = ModelInfo(
        3, "tiny", "digits-cnn", "digit-decoder", SPEC, 0, {"latent": 4, "digit": 10, "speaker": 2}, "image",
        {}, 0.05, ["george", "theo"], "MIT", "none", image=IMAGE, latents=LATENTS,
    )  # fmt: skip
    return dataclasses.replace(info, **changes).to_json()


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        ({"means": [[[float("nan")] * 4] * 10] * 2}, "it reaches beyond"),
        ({"means": [[0.0]]}, "three lists deep"),
        ({"means": "near"}, "map of latents makes no sense"),
        ({"means": [[[0.0] * 4] * 10] * 3}, r"is of \(3, 10, 4\), its inputs are \(2, 10, 4\)"),
        ({"directions": [[[1.0] * 3]] * 10}, "do not go with directions"),
        ({"extra": 1}, "map of latents makes no sense"),
    ],
)
def test_a_map_that_makes_no_sense_is_refused(damage, says):
    assert ModelInfo.from_json(described()).latents == LATENTS
    table = json.loads(described())
    table["latents"] |= damage
    with pytest.raises(ModelError, match=says):
        ModelInfo.from_json(json.dumps(table))
