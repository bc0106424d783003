"""Recording: aligned files, whatever the disk does and however the program ends."""

import errno
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import soundfile

from rtvc.errors import AudioFileError
from rtvc.recorder import Recorder
from rtvc.stage import Pipeline
from rtvc.wav_writer import WavWriter
from tests.fakes import Hopping
from tests.rtvc.test_live_chain import BLOCK, RATE, Rig

PATIENCE = 20.0


def recorder(folder: Path, input_rate: int = RATE, output_rate: int = RATE) -> Recorder:
    return Recorder(folder / "in.wav", folder / "out.wav", input_rate, output_rate)


def read(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    return soundfile.read(folder / "in.wav")[0], soundfile.read(folder / "out.wav")[0]


def test_both_files_begin_with_the_same_moment(tmp_path: Path) -> None:
    rig = Rig(Hopping(557), seconds=12)
    rig.run(1.0)
    made = recorder(tmp_path)
    rig.chain.tap.listeners = (made,)
    rig.run(1.0)
    rig.chain.swap(Pipeline([Hopping(300)]), rig.chain.latency_seconds)
    rig.run(1.0)
    rig.run(0.6, work=False)  # sound is dropped; the files keep their time
    rig.run(1.0)
    rig.chain.tap.listeners = ()
    rig.run(0.1)
    made.close()
    heard, said = read(tmp_path)
    assert len(heard) == pytest.approx(3.6 * RATE, abs=4 * BLOCK)
    assert 0 <= len(heard) - len(said) <= 557
    assert made.seconds == pytest.approx(3.6, abs=0.02)
    for at in (0.1, 1.1, 1.7, 3.3):
        part = slice(round(at * RATE), round((at + 0.2) * RATE))
        assert np.abs(heard[part] - said[part]).max() < 2e-4
        assert np.abs(heard[part]).max() > 0.3


def test_what_is_muted_is_not_recorded_as_said(tmp_path: Path) -> None:
    rig = Rig()
    made = recorder(tmp_path)
    rig.chain.tap.listeners = (made,)
    for seconds in (0.5, 0.513, 0.524, 0.535):  # at four places of a period
        rig.chain.output.mute(False)
        rig.run(seconds)
        rig.chain.output.mute(True)
        rig.run(0.5)
    made.close()
    heard, said = read(tmp_path)
    assert np.abs(heard[-BLOCK:]).max() > 0.1 and not said[-BLOCK:].any()
    assert np.abs(np.diff(said)).max() < 0.06, "no click"


def test_another_rate_goes_on_in_the_same_file(tmp_path: Path) -> None:
    made = recorder(tmp_path)
    for rate in (RATE, 24000):
        tone = np.sin(2 * np.pi * 440 / rate * np.arange(rate)).astype(np.float32)
        made.take("input", rate, tone)
        made.take("output", rate, tone, silence=rate)
    made.close()
    heard, said = read(tmp_path)
    assert len(heard) == pytest.approx(2 * RATE, abs=100) and len(said) == pytest.approx(4 * RATE, abs=100)


def test_a_disk_that_hangs_keeps_nobody_waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    goes_on, block, write = threading.Event(), np.full(BLOCK, 0.5, np.float32), WavWriter.write
    monkeypatch.setattr(WavWriter, "write", lambda *given: goes_on.wait(PATIENCE) and write(*given))
    made = recorder(tmp_path)
    for _ in range(6000):
        made.take("input", RATE, block)
    assert 1500 < made.dropped_blocks < 2000
    goes_on.set()
    made.close(PATIENCE)
    assert soundfile.info(tmp_path / "in.wav").frames > 4000 * BLOCK


def test_what_was_dropped_is_made_up_for_by_silence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rtvc.recorder._MOST_WAITING", 0)
    made, block = recorder(tmp_path), np.full(BLOCK, 0.5, np.float32)
    for _ in range(10):
        made.take("input", RATE, block)
    monkeypatch.setattr("rtvc.recorder._MOST_WAITING", 10)
    made.take("input", RATE, block)
    made.close()
    heard, _ = read(tmp_path)
    assert made.dropped_blocks == 10 and len(heard) == 11 * BLOCK
    assert not heard[: 10 * BLOCK].any() and heard[-1] == pytest.approx(0.5, abs=1e-3)


def test_a_full_disk_ends_the_recording_with_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = recorder(tmp_path)

    def full(self: WavWriter, data: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(WavWriter, "_append", full)
    made.take("input", RATE, np.zeros(BLOCK, np.float32))
    made.close()
    assert str(made.error) == f"'{tmp_path / 'in.wav'}' cannot be written on (No space left on device)."
    made.take("input", RATE, np.zeros(BLOCK, np.float32))


def test_a_file_that_cannot_be_opened_is_an_error_at_once(tmp_path: Path) -> None:
    with pytest.raises(AudioFileError, match="No such file or directory"):
        recorder(tmp_path / "missing")


def test_killed_in_the_middle_the_file_can_be_played(tmp_path: Path) -> None:
    code = (
        "import sys, numpy, pathlib; from rtvc.wav_writer import WavWriter\n"
        "writer = WavWriter(pathlib.Path(sys.argv[1]), 8000)\n"
        "for _ in range(100): writer.write(numpy.full(800, 0.5, numpy.float32))\n"
        "print('ready', flush=True); sys.stdin.read()"
    )
    path = tmp_path / "killed.wav"
    command = [sys.executable, "-c", code, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as program:
        assert program.stdout is not None and program.stdout.readline()
        program.send_signal(signal.SIGKILL)
    sound, rate = soundfile.read(path)
    assert rate == 8000 and len(sound) >= 76000 and sound[-1] == pytest.approx(0.5, abs=1e-3)


def test_a_file_ends_before_its_numbers_do(tmp_path: Path) -> None:
    writer = WavWriter(tmp_path / "long.wav", 8000)
    writer._bytes = 0xFFFFFFFF - 100
    with pytest.raises(AudioFileError, match="4 GB"):
        writer.write(np.zeros(100, np.float32))
    writer.close()
