from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile

from tests.control_steps import Parent
from tests.offline_steps import RATE, noise


@pytest.fixture
def parent() -> Iterator[Parent]:
    parent = Parent()
    yield parent
    parent.end()


@pytest.fixture
def wav(tmp_path: Path) -> Path:
    path = tmp_path / "in.wav"
    soundfile.write(path, noise(20_000), RATE)
    return path
