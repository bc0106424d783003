import json

import pytest

from rtvc import catalog
from rtvc.errors import ModelError
from rtvc.voices import Voice, read_voice, write_voice
from tests import tiny_models

VOICE = Voice("zoë", "Zoë", "F", 5.3, {"stream": [0.5, -1.25]}, "CC0", "myself")


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A user folder and an assets folder of our own."""
    monkeypatch.setattr(catalog, "user_folder", lambda: tmp_path / "user")
    (tmp_path / "user" / "voices").mkdir(parents=True)
    return tmp_path


def test_written_voice_reads_back(tmp_path):
    path = tmp_path / "zoë.voice.json"
    write_voice(VOICE, path)
    assert read_voice(path) == VOICE
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "damage",
    [
        {"median_log_f0": 99.0},
        {"median_log_f0": "high"},
        {"embeddings": {"stream": ["x"]}},
        {"embeddings": {"stream": [float("nan")]}},
        {"name": 5},
    ],
)
def test_damaged_voice_is_refused_with_a_sentence(tmp_path, damage):
    path = tmp_path / "v.voice.json"
    write_voice(VOICE, path)
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | damage))
    with pytest.raises(ModelError, match="v.voice.json is damaged"):
        read_voice(path)


def test_unreadable_voice(tmp_path):
    path = tmp_path / "v.voice.json"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ModelError, match="cannot be read"):
        read_voice(path)


def test_embedding_for_another_model_is_refused():
    with pytest.raises(ModelError, match="it has: stream"):
        VOICE.embedding("gan")


def test_shipped_voice_and_model_are_there():
    assert catalog.voice("p230").id == "p230"
    assert catalog.voice("P230").id == "p230"
    assert catalog.model_path("stream").is_file()
    assert len(catalog.voices()) >= 20


def test_unknown_voice_suggests_a_near_one():
    with pytest.raises(ModelError, match="did you mean p230"):
        catalog.voice("p2300")
    with pytest.raises(ModelError, match="--list-voices"):
        catalog.voice("nobody at all")


def test_user_voice_is_listed_beside_the_shipped(home):
    write_voice(VOICE, home / "user" / "voices" / "zoë.voice.json")
    assert catalog.voice("zoë") == VOICE
    assert "p230" in catalog.voice_paths()


def test_changed_shipped_file_is_refused(tmp_path, monkeypatch):
    assets = tmp_path / "assets"
    (assets / "voices").mkdir(parents=True)
    path = assets / "voices" / "zoë.voice.json"
    write_voice(VOICE, path)
    (assets / "manifest.json").write_text(json.dumps({"sha256": {"voices/zoë.voice.json": "0" * 64}}))
    monkeypatch.setattr(catalog, "ASSETS", assets)
    monkeypatch.setattr(catalog, "shipped_hashes", lambda: {"voices/zoë.voice.json": "0" * 64})
    with pytest.raises(ModelError, match="changed or damaged"):
        catalog.voice("zoë")


def test_a_preset_may_have_a_file_of_its_own(home):
    folder = home / "user" / "models"
    folder.mkdir()
    for name in ("mine", "mine.low", "mine.v2"):
        tiny_models.write(folder / f"{name}.onnx")
    assert {"mine", "mine.v2"} <= set(catalog.model_paths())
    assert "mine.low" not in catalog.model_paths()
    assert catalog.model_path("mine", "low").name == "mine.low.onnx"
    assert catalog.model_path("mine", "balanced").name == "mine.onnx"
