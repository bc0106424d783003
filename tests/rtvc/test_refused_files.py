"""Files that can't be converted: one sentence, and not a file more than before."""

import os
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from rtvc.errors import AudioFileError, UsageError
from rtvc.offline import MakePipeline, convert_file
from rtvc.stage import Audio, Pipeline
from tests.offline_steps import RATE, HoldBack, as_file, holding, noise


def refused(source: Path, result: Path, says: str, make_pipeline: MakePipeline | None = None) -> None:
    before = sorted(result.parent.iterdir()) if result.parent.is_dir() else None
    with pytest.raises(AudioFileError, match=says) as caught:
        convert_file(source, result, make_pipeline or holding(10))
    message = str(caught.value)
    assert message.endswith(".") and "\n" not in message
    assert (sorted(result.parent.iterdir()) if result.parent.is_dir() else None) == before


def with_bad_sample(value: float) -> bytes:
    samples = noise(20_000)
    samples[12_345] = value
    return as_file(samples)


def cut(content: bytes) -> bytes:
    return content[: len(content) * 2 // 3]


BAD_FILES = {
    "empty": ("in.wav", b"", "is empty"),
    "text": ("in.wav", b"I am a text, not a sound.\n" * 50, "not audio that can be read"),
    "no samples": ("in.wav", as_file(np.zeros(0)), "no samples"),
    "NaN": ("in.wav", with_bad_sample(np.nan), r"not numbers .* after 0\.51 s"),
    "Inf": ("in.wav", with_bad_sample(np.inf), "not numbers"),
    "8 channels": ("in.wav", as_file(noise(100, 8)), "has 8 channels"),
    "4 kHz": ("in.wav", as_file(noise(100), rate=4000), "sample rate of 4000 Hz"),
    "cut wav": ("in.wav", cut(as_file(noise(20_000))), "header promises 26694 bytes more"),
    "cut rf64": ("in.rf64", cut(as_file(noise(20_000), kind="RF64")), "cut short"),
    "cut aiff": ("in.aiff", cut(as_file(noise(20_000), kind="AIFF")), "cut short"),
    "cut flac": ("in.flac", cut(as_file(noise(90_000), subtype="PCM_16", kind="FLAC")), "cut short"),
    "raw": ("in.raw", bytes(1000), "not audio that can be read"),
}


@pytest.mark.parametrize("kind", BAD_FILES)
def test_bad_file(tmp_path: Path, kind: str) -> None:
    name, content, says = BAD_FILES[kind]
    source = tmp_path / name
    source.write_bytes(content)
    refused(source, tmp_path / "out.wav", says)


def test_missing_file(tmp_path: Path) -> None:
    refused(tmp_path / "none.wav", tmp_path / "out.wav", "There is no file")


def test_folder_as_source(tmp_path: Path) -> None:
    refused(tmp_path, tmp_path / "out.wav", "is a folder where an audio file is expected")


def test_folder_as_destination(tmp_path: Path, wav: Path) -> None:
    (tmp_path / "results").mkdir()
    refused(wav, tmp_path / "results", "try '.*results/in.wav'")


@pytest.mark.parametrize("name, found", [("out.mp3", r"ends in '\.mp3'"), ("out", "has no ending")])
def test_unknown_ending(tmp_path: Path, wav: Path, name: str, found: str) -> None:
    refused(wav, tmp_path / name, f"{found}, and only .wav and .flac files are written")


def test_absent_output_folder(tmp_path: Path, wav: Path) -> None:
    refused(wav, tmp_path / "absent" / "out.wav", "There is no folder .*absent")


def test_read_only_output_folder(tmp_path: Path, wav: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbid(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", forbid)  # root may write anywhere
    refused(wav, tmp_path / "out.wav", "can't be written to: permission denied")


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on the size of files")
@pytest.mark.parametrize("name", ["out.wav", "out.flac"])
def test_full_disk(tmp_path: Path, name: str) -> None:
    import resource

    source = tmp_path / "in.wav"
    soundfile.write(source, noise(4000), RATE)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3000, hard))
    try:
        refused(source, tmp_path / name, "there is space left")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("link", [None, os.symlink, os.link])
def test_output_equals_input(tmp_path: Path, wav: Path, link) -> None:
    result = wav
    if link:
        result = tmp_path / "link.wav"
        link(wav, result)
    before = wav.read_bytes()
    refused(wav, result, "is the same file as the source")
    assert wav.read_bytes() == before


def test_a_sample_rate_nobody_can_hear_is_refused(tmp_path: Path, wav: Path) -> None:
    with pytest.raises(UsageError, match="4000 Hz; it must lie between 8000 and 384000"):
        convert_file(wav, tmp_path / "out.wav", holding(0), output_rate=4000)


def test_name_that_no_file_can_have(tmp_path: Path, wav: Path) -> None:
    refused(wav, tmp_path / ("x" * 300 + ".wav"), "can't be reached|can't be written")


def test_deafening_source_that_overflows(tmp_path: Path) -> None:
    class Overflow(HoldBack):
        def process(self, block: Audio) -> Audio:
            with np.errstate(over="ignore"):
                return super().process(block * np.float32(1e38))

    source = tmp_path / "in.wav"
    source.write_bytes(as_file(noise(100) * 1e30))
    refused(source, tmp_path / "out.wav", "far too loud", lambda *_: Pipeline([Overflow(RATE, 0)]))
