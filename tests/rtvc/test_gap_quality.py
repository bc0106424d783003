"""Speech with moments missing: what is measured is what is meant."""

import numpy as np
import pytest
import soundfile

from rtvc.gap_quality import as_played, main, with_holes
from tests.rtvc.test_griffin_lim import speech_like

RATE = 48000


@pytest.mark.parametrize("gap", [29, 160, 192, 480, 960])
def test_both_lack_the_same_moments_and_are_as_they_were_elsewhere(gap: int) -> None:
    sound = np.full(RATE + 1920, 0.25, np.float32)
    holes, played = with_holes(sound, gap), as_played(sound, gap)
    missing = np.flatnonzero(holes == 0)
    assert len(missing) == 4 * gap
    near = np.zeros(len(sound), bool)
    for at in missing:
        near[at : at + 1 + round(0.005 * RATE)] = True  # where sound comes back
    near[: round(0.005 * RATE)] = True
    assert np.array_equal(played[~near], sound[~near])
    assert played[missing[0]] == pytest.approx(0.25, abs=0.01), "no hole"


def test_speech_is_judged_better_as_played_than_with_holes(tmp_path, capsys) -> None:
    pytest.importorskip("pesq")
    soundfile.write(tmp_path / "said.wav", speech_like(2.0, 16000), 16000)
    assert main([str(tmp_path), "--gaps", "3"]) == 0
    holes, played = (float(word) for word in capsys.readouterr().out.splitlines()[1].split()[-2:])
    assert 1.0 <= holes < played <= 4.7


@pytest.mark.parametrize("options", [["--seconds", "60"], ["--seconds", "0"]])
def test_no_speech_is_one_sentence(options, tmp_path, capsys) -> None:
    pytest.importorskip("pesq")
    seconds = 0.5 if options[1] == "60" else 2.0
    soundfile.write(tmp_path / "said.wav", speech_like(seconds, 16000), 16000)
    assert main([str(tmp_path), *options]) == 2
    assert capsys.readouterr().err.count("\n") == 1
