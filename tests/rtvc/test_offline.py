"""Files through a pipeline: right length, right place in time, and a sentence for whatever is wrong."""

import io
import os
import struct
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from rtvc.errors import AudioFileError, UsageError
from rtvc.offline import MakePipeline, convert_file
from rtvc.stage import Audio, Pipeline

RATE = 16_000


class HoldBack:
    """Keeps the last samples to itself, as a stage with lookahead does."""

    def __init__(self, rate: int, samples: int) -> None:
        self.output_rate = rate
        self.latency_samples: float = samples
        self.reset()

    def reset(self) -> None:
        self._held = np.zeros(0, np.float32)

    def process(self, block: Audio) -> Audio:
        held = np.concatenate((self._held, block))
        ready = max(0, len(held) - int(self.latency_samples))
        self._held = held[ready:]
        return held[:ready]


class Nearest:
    """The crudest resampler; it lets a sample out as soon as its time has begun."""

    def __init__(self, rate_in: int, rate_out: int) -> None:
        self.output_rate = rate_out
        self.latency_samples = 1.0
        self._ratio = rate_in / rate_out
        self.reset()

    def reset(self) -> None:
        self._taken = self._given = 0
        self._last = np.zeros(0, np.float32)

    def process(self, block: Audio) -> Audio:
        seen = np.concatenate((self._last, block))
        start = self._taken - len(self._last)
        self._taken += len(block)
        until = int(np.ceil(self._taken / self._ratio))
        times = (np.arange(self._given, until) * self._ratio).astype(int)
        self._given = until
        self._last = seen[-int(self._ratio + 1) :]
        return seen[times - start]


def holding(samples: int) -> MakePipeline:
    return lambda rate_in, rate_out: Pipeline([HoldBack(rate_out, samples)])


def nearest(rate_in: int, rate_out: int) -> Pipeline:
    return Pipeline([Nearest(rate_in, rate_out), HoldBack(rate_out, 700)])


def noise(samples: int, channels: int = 1) -> np.ndarray:
    shape = samples if channels == 1 else (samples, channels)
    return np.random.default_rng(1).uniform(-0.5, 0.5, shape).astype(np.float32)


@pytest.fixture
def wav(tmp_path: Path) -> Path:
    path = tmp_path / "in.wav"
    soundfile.write(path, noise(20_000), RATE)
    return path


@pytest.mark.parametrize("held", [0, 1, 700, 50_000])
@pytest.mark.parametrize("samples", [1, 8191, 8192, 20_001])
def test_result_is_the_source_sample_for_sample(tmp_path: Path, samples: int, held: int) -> None:
    source, result = tmp_path / "in.wav", tmp_path / "out.wav"
    soundfile.write(source, noise(samples), RATE)
    conversion = convert_file(source, result, holding(held))
    np.testing.assert_array_equal(soundfile.read(result)[0], soundfile.read(source)[0])
    assert (conversion.input_samples, conversion.output_samples) == (samples, samples)
    assert conversion.seconds == samples / RATE


@pytest.mark.parametrize(
    "rate_in, rate_out", [(8000, 48_000), (44_100, 48_000), (48_000, 22_050), (192_000, 8000)]
)
@pytest.mark.parametrize("samples", [3, 10_001])
def test_length_at_another_rate_is_exact(tmp_path: Path, samples: int, rate_in: int, rate_out: int) -> None:
    source, result = tmp_path / "in.wav", tmp_path / "out.wav"
    soundfile.write(source, noise(samples), rate_in)
    convert_file(source, result, nearest, output_rate=rate_out)
    info = soundfile.info(result)
    assert (info.frames, info.samplerate) == (round(samples * rate_out / rate_in), rate_out)


def test_stereo_is_mixed_to_its_mean(tmp_path: Path) -> None:
    source, result = tmp_path / "in.wav", tmp_path / "out.wav"
    soundfile.write(source, noise(5000, 2), RATE, subtype="FLOAT")
    convert_file(source, result, holding(0))
    expected = soundfile.read(source)[0].mean(axis=1)
    np.testing.assert_allclose(soundfile.read(result)[0], expected, atol=1e-6)


def test_silence_stays_silence(tmp_path: Path) -> None:
    source, result = tmp_path / "in.flac", tmp_path / "out.flac"
    soundfile.write(source, np.zeros(9000), RATE)
    convert_file(source, result, holding(100))
    assert not soundfile.read(result)[0].any()


@pytest.mark.parametrize(
    "source_name, subtype, result_name, expected",
    [
        ("in.wav", "PCM_U8", "out.wav", ("WAV", "PCM_16")),
        ("in.wav", "PCM_16", "out.flac", ("FLAC", "PCM_16")),
        ("in.wav", "PCM_24", "out.WAV", ("WAV", "PCM_24")),
        ("in.wav", "FLOAT", "out.wav", ("WAV", "FLOAT")),
        ("in.wav", "DOUBLE", "out.flac", ("FLAC", "PCM_24")),
        ("in.aiff", "PCM_16", "out.wav", ("WAV", "PCM_16")),
        ("in.ogg", "VORBIS", "out.wav", ("WAV", "PCM_16")),
        ("in.mp3", "MPEG_LAYER_III", "out.wav", ("WAV", "PCM_16")),
    ],
)
def test_format_follows_the_name_and_depth_the_source(
    tmp_path: Path, source_name: str, subtype: str, result_name: str, expected: tuple[str, str]
) -> None:
    source, result = tmp_path / source_name, tmp_path / result_name
    soundfile.write(source, noise(RATE), RATE, subtype=subtype)
    convert_file(source, result, holding(10))
    info = soundfile.info(result)
    assert (info.format, info.subtype) == expected
    assert info.frames == soundfile.info(source).frames


def test_names_need_not_be_ascii(tmp_path: Path) -> None:
    folder = tmp_path / "Grüße 録音"
    folder.mkdir()
    source = folder / "naïve — 声.wav"
    soundfile.write(source, noise(100), RATE)
    convert_file(source, folder / "結果.wav", holding(10))
    assert (folder / "結果.wav").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="file names are bytes only on Linux")
def test_names_need_not_be_text(tmp_path: Path, wav: Path) -> None:
    source = tmp_path / os.fsdecode(b"caf\xe9.wav")
    wav.rename(source)
    convert_file(source, source.with_name(os.fsdecode(b"\xff.wav")), holding(10))
    assert source.with_name(os.fsdecode(b"\xff.wav")).exists()


def test_progress_counts_up_to_the_whole(tmp_path: Path, wav: Path) -> None:
    seen: list[tuple[int, int | None]] = []
    convert_file(wav, tmp_path / "out.wav", holding(0), progress=lambda *at: seen.append(at))
    assert seen[-1] == (20_000, 20_000) and len(seen) > 1


def test_interruption_leaves_what_was_there(tmp_path: Path, wav: Path) -> None:
    result = tmp_path / "out.wav"
    result.write_bytes(b"earlier work")

    def interrupt(done: int, total: int | None) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        convert_file(wav, result, holding(0), progress=interrupt)
    assert result.read_bytes() == b"earlier work"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.wav", "out.wav"]


# Everything below is refused: one sentence, and not a file more than before.


def refused(source: Path, result: Path, says: str, make_pipeline: MakePipeline | None = None) -> None:
    before = sorted(result.parent.iterdir()) if result.parent.is_dir() else None
    with pytest.raises(AudioFileError, match=says) as caught:
        convert_file(source, result, make_pipeline or holding(10))
    message = str(caught.value)
    assert message.endswith(".") and "\n" not in message
    assert (sorted(result.parent.iterdir()) if result.parent.is_dir() else None) == before


def as_file(samples: np.ndarray, rate: int = RATE, subtype: str = "FLOAT", kind: str = "WAV") -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate, format=kind, subtype=subtype)
    return buffer.getvalue()


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


@pytest.mark.parametrize("promise", [0xFFFF_FFFF, 0x7FFF_F024])
def test_a_wav_written_to_a_pipe_has_no_length_and_is_whole(tmp_path: Path, promise: int) -> None:
    content = bytearray(as_file(noise(20_000), subtype="PCM_16"))
    content[4:8] = content[40:44] = struct.pack("<I", promise)
    source, result = tmp_path / "in.wav", tmp_path / "out.wav"
    source.write_bytes(content)
    convert_file(source, result, holding(10))
    assert soundfile.info(result).frames == 20_000


def test_breaking_the_contract_of_stages_is_noticed(tmp_path: Path, wav: Path) -> None:
    class Liar(HoldBack):
        latency_samples = property(lambda self: 0.0, lambda self, value: None)  # type: ignore[assignment]

        def process(self, block: Audio) -> Audio:
            return block[:0]

    with pytest.raises(AssertionError, match="20000 samples never came"):
        convert_file(wav, tmp_path / "out.wav", lambda *_: Pipeline([Liar(RATE, 0)]))
    assert not (tmp_path / "out.wav").exists()
