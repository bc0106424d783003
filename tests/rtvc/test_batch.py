"""Folder trees: the layout stays, a bad file doesn't stop the rest, an interruption leaves no half file."""

import os
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import soundfile

from rtvc.batch import convert_folder
from rtvc.chain import build_chain
from rtvc.errors import AudioFileError, ModelError
from rtvc.folder_plan import plan_folder
from rtvc.settings import ChainSettings
from rtvc.stage import Pipeline

RATE = 16_000
bypass = partial(build_chain, ChainSettings(mode="bypass"))


def write(path: Path, seconds: float = 0.1) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    samples = np.random.default_rng(1).uniform(-0.2, 0.2, int(seconds * RATE))
    soundfile.write(path, samples, RATE, format="WAV" if path.suffix == ".wave" else None)


def tree(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Two good files at two depths, a bad one, and two that are no audio."""
    folder = tmp_path / "in"
    write(folder / "a.wav")
    write(folder / "Jürgen" / "声.flac")
    (folder / "bad.wav").write_text("not a sound")
    (folder / "notes.txt").write_text("about the recordings")
    (folder / ".hidden.wav").write_text("resource fork")
    return folder


def test_tree_is_kept_and_a_bad_file_noted_with_any_number_of_processes(tmp_path: Path, source: Path) -> None:
    for jobs in (1, 2):
        result = convert_folder(source, tmp_path / f"out{jobs}", bypass, jobs=jobs)
        assert tree(tmp_path / f"out{jobs}") == ["Jürgen/声.flac", "a.wav"]
        assert [failure.source.name for failure in result.failed] == ["bad.wav"]
        assert "not audio that can be read" in result.failed[0].message
        assert result.skipped == 2
        assert {done.output_samples for done in result.done} == {int(0.1 * RATE)}
    for name in tree(tmp_path / "out1"):
        assert (tmp_path / "out1" / name).read_bytes() == (tmp_path / "out2" / name).read_bytes()


def test_other_formats_become_wav_without_two_of_a_name(tmp_path: Path) -> None:
    for name in ("a.wav", "a.mp3", "b.ogg", "C.WAV", "c.aiff"):
        write(tmp_path / "in" / name)
    plan = plan_folder(tmp_path / "in", tmp_path / "out")
    names = {job.source.name: job.destination.name for job in plan.jobs}
    assert names == {
        "a.wav": "a.wav",
        "a.mp3": "a.mp3.wav",
        "b.ogg": "b.wav",
        "C.WAV": "C.WAV",
        "c.aiff": "c.aiff.wav",
    }


def test_results_within_the_source_are_not_converted_again(tmp_path: Path, source: Path) -> None:
    for _ in range(2):
        result = convert_folder(source, source / "converted", bypass)
        assert len(result.done) == 2


def test_progress_reaches_the_whole(tmp_path: Path, source: Path) -> None:
    seen: list[tuple[float, int, int]] = []
    convert_folder(source, tmp_path / "out", bypass, progress=lambda *at: seen.append(at))
    assert seen[-1] == (1.0, 3, 3)
    assert [share for share, _, _ in seen] == sorted(share for share, _, _ in seen)


@pytest.mark.parametrize("jobs", [1, 2])
def test_interruption_keeps_what_is_finished_and_no_half_file(tmp_path: Path, jobs: int) -> None:
    write(tmp_path / "in" / "a.wav")
    for name in ("b.wav", "c.wav", "d.wav"):
        write(tmp_path / "in" / name, seconds=600.0)  # long enough to be met at work

    def interrupt(share: float, finished: int, files: int) -> None:
        if 1 <= finished < files:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        convert_folder(tmp_path / "in", tmp_path / "out", bypass, jobs=jobs, progress=interrupt)
    left = tree(tmp_path / "out")
    assert "a.wav" in left and len(left) < 4
    assert all(soundfile.info(tmp_path / "out" / name).frames for name in left)  # no .part among them


def test_a_fault_in_the_program_costs_one_file(tmp_path: Path, source: Path) -> None:
    def faulty(rate_in: int, rate_out: int) -> Pipeline:
        if rate_in == RATE:
            raise ZeroDivisionError("oh")
        return bypass(rate_in, rate_out)

    soundfile.write(source / "z.wav", np.zeros(100), 8000)
    result = convert_folder(source, tmp_path / "out", faulty)
    assert [done.source.name for done in result.done] == ["z.wav"]
    assert "fault in the program: ZeroDivisionError('oh')" in " ".join(f.message for f in result.failed)


def test_a_missing_voice_is_one_error_and_writes_nothing(tmp_path: Path, source: Path) -> None:
    unknown = partial(build_chain, ChainSettings(target="nobody"))
    with pytest.raises(ModelError):
        convert_folder(source, tmp_path / "out", unknown)
    assert not (tmp_path / "out").exists()


def test_an_unreadable_folder_is_noted(tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scandir = os.scandir

    def guarded(path: str) -> object:
        if str(path).endswith("Jürgen"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", guarded)
    plan = plan_folder(source, tmp_path / "out")
    assert len(plan.unreadable) == 1 and "permission denied" in plan.unreadable[0]


@pytest.mark.parametrize(
    "destination, says",
    [
        ("in", "is or contains the source"),
        (".", "is or contains the source"),
        ("in/a.wav", "is a file"),
        ("result.wav", "named like a file"),
        ("no/where", "There is no folder"),
    ],
)
def test_refused_destinations(tmp_path: Path, source: Path, destination: str, says: str) -> None:
    before = tree(tmp_path)
    with pytest.raises(AudioFileError, match=says):
        convert_folder(source, tmp_path / destination, bypass)
    assert tree(tmp_path) == before


def test_a_folder_without_audio(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "notes.txt").write_text("nothing to hear")
    with pytest.raises(AudioFileError, match="no audio file"):
        convert_folder(tmp_path / "in", tmp_path / "out", bypass)
    assert not (tmp_path / "out").exists()
