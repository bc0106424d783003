"""Configurations small enough to train within a second or two, and the corpora they train on."""

from pathlib import Path

from tests.training import corpus_layouts
from training.front_ends import FRONT_ENDS
from training.prepare import Recipe, prepare

TRAINING = """
[training]
epochs = {epochs}
batch = 4
learning_rate = 3e-3
"""
AUTOENCODER = """
system = "autoencoder"
seed = 3
[network]
content_channels = 16
content_hidden = 8
content_width = 8
decoder_hidden = 24
decoder_layers = 1
[data]
cache = "{cache}"
frames = [32, 48]
reference_frames = 32
"""
GAN = """
system = "gan"
seed = 3
[network]
widths = [16, 16, 24, 32]
residual_blocks = 1
critic_widths = [8, 8, 8, 16, 16]
[data]
cache = "{cache}"
source = "SF1"
target = "TM1"
frames = 64
"""
DIGITS = """
system = "{system}"
seed = 3
[network]
latent = 4
channels = [4, 8, 8]
hidden = [32, 16]
[data]
cache = "{cache}"
[loss]
fooling = 1.0
spoken = 1.0
alike = 1.0
critic_from = 1
critic_alone = 1
"""
CONFIGS = {
    "autoencoder": AUTOENCODER,
    "gan": GAN,
    "digits-cnn": DIGITS,
    "digits-mlp": DIGITS,
}


def write_cache(folder: Path, system: str) -> Path:
    """The corpus of a system in its real layout, prepared."""
    cache = folder / "cache"
    if system == "autoencoder":
        assert prepare(corpus_layouts.write_vctk_080(folder / "corpus"), cache, 1) == []
    elif system == "gan":
        assert prepare(corpus_layouts.write_parallel(folder / "corpus"), cache, 1) == []
    else:
        root = corpus_layouts.write_fsdd(folder / "corpus", digits=3)
        assert prepare(root, cache, 1, Recipe(FRONT_ENDS["digits8k"], trim=True)) == []
    return cache


def config_text(system: str, cache: Path, epochs: int = 2) -> str:
    text = CONFIGS[system] + TRAINING
    return text.format(system=system, cache=cache.as_posix(), epochs=epochs)


def write_config(path: Path, system: str, cache: Path, epochs: int = 2) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(config_text(system, cache, epochs))
    return path
