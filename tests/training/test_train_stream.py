import csv
import json
import tomllib

import numpy as np
import pytest
import torch
from safetensors import safe_open

from rtvc.voices import read_voice
from tests.training.synthetic_corpus import stream_config, write_corpus
from training.manifest import read_manifest
from training.networks.stream import AVERAGE
from training.phone_set import UNKNOWN
from training.prepare import clip_arrays, dequantise, prepare, quantise
from training.train_stream import Trainer
from training.voice_table import write_voices


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    manifest = write_corpus(folder / "corpus")
    assert prepare(manifest, folder / "cache", jobs=1) == []
    return folder


@pytest.fixture
def config(corpus):
    return tomllib.loads(stream_config(corpus))


def trainer_in(folder, config, corpus):
    folder.mkdir(exist_ok=True)
    (folder / "config.toml").write_text(stream_config(corpus))
    return Trainer(config, folder)


def test_unseen_speakers_are_never_drawn(tmp_path, config, corpus):
    trainer = trainer_in(tmp_path / "run", config, corpus)
    assert trainer.batches.speakers == ["high", "low"]
    assert {entry.speaker for entry in trainer.batches.dev} == {"unseen"}


def test_loss_falls_and_conversion_is_trained(tmp_path, config, corpus):
    trainer = trainer_in(tmp_path / "run", config, corpus)
    before = trainer.dev_distance()
    first = trainer.step()
    for _ in range(30):
        trainer.step()
    trainer.progress.seconds = 30.0
    terms = [trainer.step() for _ in range(2)]
    assert {"conversion_speaker", "conversion_content"} <= terms[0].keys() | terms[1].keys()
    assert terms[1]["mel"] < 0.7 * first["mel"]
    assert trainer.dev_distance() < 0.8 * before


def test_critic_joins_after_its_share_and_is_taught(tmp_path, config, corpus):
    trainer = trainer_in(tmp_path / "run", config, corpus)
    assert "critic" not in trainer.step()
    trainer.progress.seconds = 31.0
    before = trainer.critic.convs[0].bias.detach().clone()
    assert {"critic", "fooling", "feature"} <= trainer.step().keys()
    assert not torch.equal(before, trainer.critic.convs[0].bias)


def test_phone_labels_teach_the_content(tmp_path, config, corpus):
    trainer = trainer_in(tmp_path / "run", config, corpus)
    trainer.batches.phones = np.full(len(trainer.batches.mel), UNKNOWN, np.uint8)
    assert trainer.step()["phone"] == 0.0, "without labels there is nothing to teach"
    trainer.batches.phones = (np.arange(len(trainer.batches.mel)) % 3).astype(np.uint8)
    assert trainer.step()["phone"] > 0.01


def test_killed_run_goes_on_where_it_was_saved(tmp_path, config, corpus):
    trainer = trainer_in(tmp_path / "run", config, corpus)
    for _ in range(3):
        trainer.step()
    trainer.save()
    expected = trainer.step()

    again = trainer_in(tmp_path / "run", config, corpus)
    assert again.resume()
    assert again.progress.step == 3
    assert again.step() == pytest.approx(expected, rel=1e-4)


def test_fresh_folder_has_nothing_to_resume(tmp_path, config, corpus):
    assert not trainer_in(tmp_path / "run", config, corpus).resume()


def test_voices_are_written_with_the_weights(tmp_path, config, corpus):
    trainer = trainer_in(tmp_path / "run", config, corpus)
    trainer.step()
    trainer.save()
    assert write_voices(tmp_path / "run") == 2
    low = read_voice(tmp_path / "run" / "voices" / "low.voice.json")
    high = read_voice(tmp_path / "run" / "voices" / "high.voice.json")
    assert low.gender == "M" and 90 < low.median_hz < 112
    assert high.gender == "F" and 190 < high.median_hz < 232
    assert np.linalg.norm(low.embedding("stream")) == pytest.approx(8.0, rel=1e-3)


def test_run_stops_when_its_minutes_are_over_and_logs(tmp_path, config, corpus):
    config["optimiser"]["minutes"] = 1e-4
    trainer = trainer_in(tmp_path / "run", config, corpus)
    trainer.run()
    assert (tmp_path / "run" / "last.pt").is_file()
    trainer.log({"step": 1, "mel": 0.5})
    last = (tmp_path / "run" / "curve.jsonl").read_text().splitlines()[-1]
    assert json.loads(last) == {"step": 1, "mel": 0.5}


def test_damaged_clip_is_reported_and_left_out(tmp_path, corpus):
    manifest = write_corpus(tmp_path / "corpus", clips=1)
    (tmp_path / "corpus" / "low" / "low_0.wav").write_bytes(b"RIFF")
    failures = prepare(manifest, tmp_path / "cache", jobs=1)
    assert len(failures) == 1 and "low_0.wav" in failures[0]
    assert len(json.loads((tmp_path / "cache" / "index.json").read_text())) == 2


def test_quantised_mels_are_within_half_a_step():
    mel = np.linspace(-11.5, 5.0, 1000, dtype=np.float32)
    assert np.abs(dequantise(quantise(mel)) - mel).max() < 0.04


def test_one_person_in_two_corpora_has_one_name(tmp_path):
    manifest = write_corpus(tmp_path / "corpus", clips=1)
    rows = list(csv.reader(manifest.read_text().splitlines()))
    rows[1][rows[0].index("same_person_as")] = "other/lo"
    with manifest.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    assert read_manifest(manifest)[0].speaker == "lo"


def test_features_of_a_clip_have_one_row_per_hop(corpus):
    clip = read_manifest(corpus / "corpus" / "MANIFEST.csv")[0]
    mel, side = clip_arrays(clip)
    assert mel.shape == (int(1.2 * 22050) // 256, 80) and side.shape == (len(mel), 3)
    assert np.exp(np.median(side[side[:, 1] > 0.9, 0].astype(np.float64))) == pytest.approx(100.0, rel=0.1)
    assert torch.from_numpy(dequantise(mel)).isfinite().all()


def test_second_part_trains_the_voices_and_leaves_the_encoders(tmp_path, config, corpus):
    first = trainer_in(tmp_path / "first", config, corpus)
    first.step()
    first.save()
    second_config = config | {"optimiser": config["optimiser"] | {"trained": ["stream.decoder", "known"]}}
    second = trainer_in(tmp_path / "second", second_config, corpus)
    second.start_from(tmp_path / "first")
    before = {name: x.clone() for name, x in second.system.state_dict().items()}
    terms = [second.step() for _ in range(2)]
    assert {"conversion_speaker", "fooling", "feature", "critic"} <= terms[0].keys()
    changed = {name for name, x in second.system.state_dict().items() if not torch.equal(x, before[name])}
    assert changed and all(name.startswith(("stream.decoder.", "known.")) for name in changed)
    second.save()
    with safe_open(tmp_path / "second" / AVERAGE, framework="pt") as file:
        assert file.metadata()["step"] == "1+2"
