"""The log: what a run leaves behind, and what keeps it small."""

import logging
from pathlib import Path

import pytest

from rtvc import log
from rtvc.engine import Engine
from rtvc.errors import DeviceError
from rtvc.log import LOGGER, kept_log
from rtvc.settings import ChainSettings
from rtvc.stage import Pipeline
from tests.fakes import Hopping, RunningDevice


def test_a_run_is_told_from_its_beginning_to_its_end(tmp_path: Path) -> None:
    device, path = RunningDevice(), tmp_path / "new" / "rtvc.log"
    device.pause_seconds = 0.002
    build = lambda settings, i, o: Pipeline([Hopping(100)])  # noqa: E731
    with kept_log(path), Engine(build, ChainSettings(), open_audio=device.open):
        device.await_sound(0.5)
    text = path.read_text()
    assert "begins: rtvc" in text and "state running" in text and text.rstrip().endswith("ends")
    assert not any(handler for handler in LOGGER.handlers if not isinstance(handler, logging.NullHandler))


def test_what_ended_it_is_in_it_with_its_cause(tmp_path: Path) -> None:
    path = tmp_path / "rtvc.log"
    with pytest.raises(DeviceError), kept_log(path):
        raise DeviceError("It would not open.") from ValueError("a code of the driver")
    assert "ERROR ends: It would not open." in path.read_text() and "a code of the driver" in path.read_text()
    with pytest.raises(ZeroDivisionError), kept_log(path):
        1 // 0  # noqa: B018
    assert "ZeroDivisionError" in path.read_text()


def test_it_never_grows_beyond_its_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "_MOST_BYTES", 5000)
    with kept_log(tmp_path / "rtvc.log"):
        for number in range(1000):
            LOGGER.info("line %d of many", number)
    files = sorted(path.name for path in tmp_path.iterdir())
    assert files == ["rtvc.log", "rtvc.log.1", "rtvc.log.2", "rtvc.log.3"]
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 20_000
    assert "line 999" in (tmp_path / "rtvc.log").read_text()


def test_where_none_can_be_written_there_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    with kept_log(tmp_path / "file" / "rtvc.log"):
        LOGGER.info("nobody hears this")
    assert capsys.readouterr() == ("", "")
