import numpy as np
import pytest
import soundfile

from rtvc import catalog, own_voices
from rtvc.errors import AudioFileError, ModelError, UsageError
from rtvc.own_voices import enrol, remove, rename, up_to_date
from rtvc.targets import target_voice
from rtvc.voices import read_voice, write_voice

RATE = 22050
SPEECH = catalog.ASSETS / "demo" / "hello.wav"


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setattr(catalog, "user_folder", lambda: tmp_path / "Bücher")
    return tmp_path / "Bücher" / "voices"


def wav(path, sound, rate=RATE):
    soundfile.write(path, np.asarray(sound, np.float32), rate)
    return path


def tone(hz, seconds=5.0):
    time = np.arange(int(seconds * RATE)) / RATE
    return 0.1 * sum(np.sin(2 * np.pi * k * hz * time) / k for k in range(1, 8))


def test_a_recording_becomes_a_voice_that_can_be_spoken_with(home):
    made = enrol("Zoë", [SPEECH])
    assert made.speech_seconds > 3.0
    voice = target_voice("Zoë", "stream")
    assert voice == read_voice(home / "Zoë.voice.json")
    assert np.linalg.norm(voice.embedding("stream")) == pytest.approx(8.0, rel=1e-3)
    assert voice.median_hz == pytest.approx(made.voice.median_hz, rel=1e-3)
    assert sorted(p.name for p in home.iterdir()) == ["Zoë.reference.flac", "Zoë.voice.json"]


def test_two_recordings_count_together(tmp_path):
    sound, rate = soundfile.read(SPEECH)
    halves = [wav(tmp_path / f"{i}.wav", part, rate) for i, part in enumerate(np.array_split(sound, 2))]
    whole = enrol("one", [SPEECH]).speech_seconds
    assert enrol("both", halves).speech_seconds == pytest.approx(whole, abs=1.0)


@pytest.mark.parametrize(
    "sound, says",
    [
        (np.zeros(5 * RATE), "is silent"),
        (1e-5 * np.sin(np.arange(5 * RATE)), "is silent"),
        (0.1 * np.random.default_rng(0).standard_normal(5 * RATE), "no clear voice"),
        (tone(220.0), "music or singing"),
        (np.concatenate([tone(hz, 0.4) for hz in (220, 247, 262, 294, 330, 349)]), "music or singing"),
        (np.zeros(300), "too short"),
    ],
)
def test_what_is_no_speech_is_refused_by_name(tmp_path, home, sound, says):
    with pytest.raises(AudioFileError, match=f"clip.wav' .*{says}"):
        enrol("x", [wav(tmp_path / "clip.wav", sound)])
    assert not home.exists() or not list(home.iterdir())


def test_too_little_speech_is_refused_with_its_length(tmp_path):
    sound, rate = soundfile.read(SPEECH)
    with pytest.raises(AudioFileError, match=r"has \d\.\d s of speech; a voice needs 3 s at least"):
        enrol("x", [wav(tmp_path / "short.wav", sound[: 2 * rate], rate)])


@pytest.mark.parametrize("name", ["", " a", "a:1", "a,b", "../a", ".a", "a\\b", "x" * 41, "a\nb", "con?"])
def test_names_that_no_file_or_blend_can_have(name):
    with pytest.raises(UsageError, match="can't be the name of a voice"):
        enrol(name, [SPEECH])


def test_a_name_is_given_once():
    with pytest.raises(UsageError, match="There is a voice 'p230' already"):
        enrol("P230", [SPEECH])


def test_rename_and_remove_take_all_files_along(home):
    enrol("old", [SPEECH])
    assert rename("OLD", "new").name == "new"
    assert sorted(p.name for p in home.iterdir()) == ["new.reference.flac", "new.voice.json"]
    assert read_voice(home / "new.voice.json").id == "new"
    rename("new", "NEW")
    assert target_voice("NEW", "stream").name == "NEW"
    assert remove("new") == "NEW"
    assert not list(home.iterdir())


def test_shipped_and_unknown_voices_cannot_be_changed():
    with pytest.raises(UsageError, match="came with the program"):
        remove("p230")
    with pytest.raises(ModelError, match="no voice 'nobody' of your own"):
        rename("nobody", "somebody")


def test_voice_of_another_encoder_is_made_anew_from_what_was_kept(home):
    voice = enrol("me", [SPEECH]).voice
    path = home / "me.voice.json"
    stale = {"stream": [0.0] * 127 + [8.0]}
    changed = own_voices.replace(voice, embeddings=stale, encoders={"stream": "another"}, memories={})
    write_voice(changed, path)
    fresh = up_to_date(read_voice(path), "stream")
    # What was kept is the same speech at 16 bits.
    cosine = fresh.embedding("stream") @ voice.embedding("stream") / 64.0
    assert fresh.memories.keys() == voice.memories.keys() == {"stream"}
    assert cosine > 0.99 and read_voice(path) == read_voice(path) and fresh.encoders == voice.encoders
    assert up_to_date(read_voice(path), "stream").embeddings == read_voice(path).embeddings
    write_voice(own_voices.replace(voice, encoders={"stream": "another"}), path)
    (home / "me.reference.flac").unlink()
    with pytest.raises(ModelError, match="remove it and make it again"):
        up_to_date(read_voice(path), "stream")


def test_full_disk_leaves_nothing_half_made(home, monkeypatch):
    def full(*_args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(own_voices, "write_voice", full)
    with pytest.raises(AudioFileError, match="can't be kept in"):
        enrol("me", [SPEECH])
    assert not list(home.iterdir())
