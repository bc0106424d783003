import importlib
import json

import numpy as np
import pytest
import soundfile

from rtvc import vocoder_quality
from rtvc.errors import UsageError
from rtvc.mel import MelSpec
from tests.rtvc.test_griffin_lim import speech_like

SMALL = MelSpec(sample_rate=16000, n_fft=512, hop=128, n_mels=64, fmax=8000.0)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "someone").mkdir()
    for number in range(2):
        sound = speech_like(1.6, 16000, seed=number)
        soundfile.write(tmp_path / "someone" / f"{number}.wav", sound, 16000)
    soundfile.write(tmp_path / "silence.flac", np.zeros(32000, np.float32), 16000)
    soundfile.write(tmp_path / "short.wav", speech_like(0.2, 16000), 16000)
    return tmp_path


@pytest.fixture
def judges(monkeypatch):
    monkeypatch.setattr(vocoder_quality, "_OFFLINE_ITERATIONS", 4)
    for name in ("librosa", "pesq", "pystoi"):
        pytest.importorskip(name)


def test_all_methods_are_measured_on_the_same_clips(folder, judges):
    rows = vocoder_quality.compare(folder, 60, lookaheads=[0], iterations=4, spec=SMALL)
    assert [(row.method, row.source) for row in rows] == [
        ("librosa", "mels"),
        ("librosa", "magnitudes"),
        ("lookahead 0", "mels"),
        ("lookahead 0", "magnitudes"),
    ]
    assert {row.clips for row in rows} == {2}
    assert rows[0].lead.pesq_wb == rows[1].lead.estoi == 0
    assert rows[0].latency_ms is None and rows[2].latency_ms == pytest.approx(32.0)
    assert rows[2].lead.pesq_wb == pytest.approx(rows[2].mean.pesq_wb - rows[0].mean.pesq_wb)
    for row in rows:
        assert 1 <= row.mean.pesq_wb <= 4.7 and 0 < row.mean.estoi <= 1 and row.cpu_ms_per_frame > 0


def test_seconds_are_enough_when_full(folder, judges):
    rows = vocoder_quality.compare(folder, 1.0, lookaheads=[], spec=SMALL)
    assert rows[0].clips == 1


def test_a_folder_without_speech_is_one_sentence(tmp_path, judges, capsys):
    assert vocoder_quality.main([str(tmp_path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert vocoder_quality.main([str(tmp_path / "nowhere")]) == 2
    assert "nowhere" in capsys.readouterr().err


def test_machines_read_json(folder, judges, capsys):
    assert vocoder_quality.main([str(folder), "--seconds", "1", "--lookahead", "0", "--json"]) == 0
    row = json.loads(capsys.readouterr().out)[2]
    assert row["mean"].keys() == {"pesq_wb", "stoi", "estoi", "convergence_db"}


def test_a_missing_judge_says_how_to_get_it(folder, monkeypatch):
    real = importlib.import_module

    def without_pesq(name, *rest):
        if name == "pesq":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(importlib, "import_module", without_pesq)
    with pytest.raises(UsageError, match=r"pip install rtvc\[eval\]"):
        vocoder_quality.compare(folder, 1.0)
