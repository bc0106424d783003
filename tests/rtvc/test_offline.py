"""Files through a pipeline: right length, right place in time."""

import os
import struct
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from rtvc.offline import convert_file
from rtvc.stage import Audio, Pipeline
from tests.offline_steps import RATE, HoldBack, as_file, holding, nearest, noise


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
