import shutil
import sys

import numpy as np
import pytest
from PIL import Image

from rtvc import digit_models
from rtvc.errors import UsageError
from training import result_pictures
from training.render_instruments import SOUND_FONT


def brightness(path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("L"), float)


def test_words_fill_a_row_for_each_voice(tmp_path):
    speaker = digit_models.load_speaker("cnn")
    picture = brightness(result_pictures.draw_words("cnn", tmp_path))
    field = 3 * (speaker.image.frames + result_pictures._GAP_FRAMES)
    assert picture.shape[1] == 10 * field
    assert picture.shape[0] > len(speaker.voices) * speaker.spec.n_mels * 3
    first_row = picture[16 : 3 * speaker.spec.n_mels]
    assert all(first_row[:, d * field : (d + 1) * field].max() > 120 for d in range(10))


def test_what_goes_through_the_latent_stays_much_the_same(tmp_path):
    picture = brightness(result_pictures.draw_again("mlp", "cnn", tmp_path))
    half = picture.shape[0] // 2
    above, below = picture[16:half], picture[half + 16 :]
    assert 0.0 < np.abs(above - below).mean() < 10.0
    shuffled = np.roll(below, picture.shape[1] // 10, axis=1)  # each under the digit before
    assert np.abs(above - below).mean() < 0.7 * np.abs(above - shuffled).mean()


@pytest.mark.skipif(
    shutil.which("fluidsynth") is None or not SOUND_FONT.is_file(), reason="no fluidsynth, or no sound font"
)
def test_an_accordion_is_drawn_before_and_after(tmp_path):
    picture = brightness(result_pictures.draw_instrument(tmp_path))
    before, after = picture[: picture.shape[0] // 2], picture[picture.shape[0] // 2 :]
    assert before.shape[1] > 500 and min(before.max(), after.max()) > 200


def test_where_fluidsynth_is_missing_that_is_said(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(result_pictures, "draw_words", lambda name, folder: folder)
    monkeypatch.setattr(result_pictures, "draw_again", lambda name, other, folder: folder)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(sys, "argv", ["result_pictures", str(tmp_path)])
    assert result_pictures.main() == 2
    assert "no fluidsynth" in capsys.readouterr().err


def test_the_curve_of_a_run_is_drawn_and_another_folder_is_none(tmp_path):
    run = tmp_path / "small"
    run.mkdir()
    lines = [f'{{"step": {n}, "val": {1 / n}, "learning_rate": 0.1}}' for n in (1, 2, 3)]
    (run / "curve.jsonl").write_text("\n".join(lines))
    assert brightness(result_pictures.draw_curves(run, tmp_path)).min() < 200
    with pytest.raises(UsageError, match="is no run"):
        result_pictures.draw_curves(tmp_path, tmp_path)
