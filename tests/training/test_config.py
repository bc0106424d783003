from pathlib import Path

import pytest

from rtvc.errors import UsageError
from training.config import RunConfig, parse_config, read_config, section
from training.networks.autoencoder import AutoencoderConfig
from training.networks.digit_vae import DigitConfig
from training.networks.gan import GanConfig
from training.networks.timbre import TimbreConfig
from training.systems.autoencoder import AutoencoderData, AutoencoderLoss
from training.systems.digits import DigitData, DigitLoss
from training.systems.gan import GanData, GanLoss
from training.systems.timbre import TimbreData, TimbreLoss

CONFIGS = Path(__file__).parents[2] / "training" / "configs"
TABLES = {
    "autoencoder": (AutoencoderConfig, AutoencoderData, AutoencoderLoss),
    "gan": (GanConfig, GanData, GanLoss),
    "digits-cnn": (DigitConfig, DigitData, DigitLoss),
    "digits-mlp": (DigitConfig, DigitData, DigitLoss),
    "timbre": (TimbreConfig, TimbreData, TimbreLoss),
}


def shipped() -> list[RunConfig]:
    return [read_config(p) for p in sorted(CONFIGS.glob("*.toml")) if not p.stem.startswith("stream")]


def test_every_shipped_configuration_is_understood():
    assert len(shipped()) >= 5
    for config in shipped():
        network, data, loss = TABLES[config.system]
        section(network, config.network, "network")
        section(data, config.data, "data")
        section(loss, config.loss, "loss")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("seed = 1", "no system"),
        ("system = 'gan'\nbatches = 3", "unknown keys: batches"),
        ("system = 'gan'\n[training]\nlearning_rat = 1e-3", "unknown keys: training.learning_rat"),
        ("system = 'gan'\n[training]\nepochs = 'many'", "training.epochs is 'many'; a value of type int"),
        ("system = 'gan'\n[training]\nepochs = 0", "training.epochs is 0"),
        ("system = 'gan'\n[training]\nbetas = [0.5]", "training.betas must have 2 entries"),
        ("system = 'gan'\nnetwork = 3", "network must be a table"),
        ("system = 'gan'\nseed = true", "seed is True"),
    ],
)
def test_what_makes_no_sense_is_named(text, says):
    with pytest.raises(UsageError, match=says):
        parse_config(text)


def test_the_tables_of_a_system_are_strict_too():
    with pytest.raises(UsageError, match="unknown keys: network.widht"):
        section(GanConfig, {"widht": [1]}, "network")
    with pytest.raises(UsageError, match="missing keys: data.source, data.target"):
        section(GanData, {"cache": "x"}, "data")
    with pytest.raises(UsageError, match="data.frames is 100"):
        section(GanData, {"cache": "x", "source": "a", "target": "b", "frames": 100}, "data")
    assert section(GanConfig, {"widths": [1, 2, 3, 4]}, "network").widths == (1, 2, 3, 4)


def test_unreadable_files_are_a_sentence(tmp_path):
    with pytest.raises(UsageError, match="can't be read"):
        read_config(tmp_path / "missing.toml")
    (tmp_path / "odd.toml").write_text("system = ")
    with pytest.raises(UsageError, match="odd.toml can't be read"):
        read_config(tmp_path / "odd.toml")
