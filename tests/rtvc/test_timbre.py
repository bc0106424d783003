"""The mode `timbre` from settings to sound, with a model that is tiny and knows its answer."""

import json
from functools import partial

import numpy as np
import pytest
import soundfile

from rtvc import catalog
from rtvc.chain import build_chain
from rtvc.cli import main
from rtvc.errors import ModelError, UsageError
from rtvc.settings import ChainSettings
from tests import tiny_models, tiny_timbre
from tests.rtvc.stage_rules import block_sizes, run

RATE = 48000
SETTINGS = partial(ChainSettings, mode="timbre")


@pytest.fixture(autouse=True)
def models(tmp_path, monkeypatch):
    """A user's folder with the tiny model under the name that is the default."""
    monkeypatch.setattr(catalog, "user_folder", lambda: tmp_path / "user")
    tiny_timbre.write(tmp_path / "user" / "models" / "timbre.onnx")
    mels = tiny_timbre.info(name="timbre-mels", output="mel_out", partials=None)
    row = np.full(80, -1.0, np.float32)
    tiny_timbre.write(tmp_path / "user" / "models" / "timbre-mels.onnx", mels, row)
    return tmp_path / "user" / "models"


def sung(seconds=1.5, f0_hz=220.0, rate=RATE):
    time = np.arange(int(seconds * rate)) / rate
    pitch = f0_hz * 2 ** (0.2 / 12 * np.sin(2 * np.pi * 5 * time))
    phase = 2 * np.pi * np.cumsum(pitch) / rate
    loudness = 0.1 + 0.08 * np.sin(2 * np.pi * 1.0 * time)
    sound = loudness * sum(np.sin(k * phase) / k for k in range(1, 12))
    sound[: rate // 4] = 0.0
    return (sound + 1e-5 * np.random.default_rng(0).standard_normal(len(time))).astype(np.float32)


def converted(settings, audio):
    chain = build_chain(settings, RATE, RATE)
    silence = np.zeros(int(chain.latency_samples) + RATE // 10, np.float32)
    return run(chain, np.concatenate([audio, silence]))[: len(audio)]


def pitch_of(sound, rate=RATE):
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), 1 << 20))
    return float(np.argmax(spectrum) * rate / (1 << 20))


@pytest.mark.parametrize("model", ["timbre", "timbre-mels"])
def test_chunking_is_invisible_and_reset_is_true(model):
    audio = sung(1.0)
    chain = build_chain(SETTINGS(model=model, scale="C-major", added_vibrato_cents=20.0), RATE, RATE)
    whole = run(chain, audio)
    chain.reset()
    np.testing.assert_array_equal(run(chain, audio, block_sizes(len(audio), seed=2)), whole)
    assert np.abs(whole).max() > 0.01


def test_its_delay_is_declared_and_short():
    chain = build_chain(SETTINGS(), RATE, RATE)
    assert chain.latency_seconds < 0.055
    audio = sung(1.0)
    given = sum(len(chain.process(audio[at : at + 100])) for at in range(0, len(audio), 100))
    assert given >= len(audio) - chain.latency_samples - 1


def test_pitch_and_loudness_are_those_of_the_input():
    audio = sung(2.0)
    out = converted(SETTINGS(), audio)
    steady = slice(RATE // 2, None)
    assert pitch_of(out[steady]) == pytest.approx(pitch_of(audio[steady]), rel=0.01)
    levels = [
        np.log(np.sqrt(np.square(x[steady].reshape(-1, 1500)).mean(axis=1)) + 1e-6) for x in (audio, out)
    ]
    assert np.corrcoef(*levels)[0, 1] > 0.98
    assert np.abs(levels[0] - levels[1]).max() < 0.5
    assert np.abs(out[: RATE // 5]).max() < 1e-3  # nothing was sung yet


def test_it_is_transposed_while_it_sounds():
    audio = sung(2.0)
    plain, higher = SETTINGS(), SETTINGS(pitch_semitones=12.0, breath=0.5)
    assert plain.builds_like(higher) and plain.builds_like(SETTINGS(timbre="cello"))
    chain = build_chain(plain, RATE, RATE)
    chain.process(audio[:RATE])
    chain.tune(chain.prepared(higher))
    later = chain.process(audio[RATE:])
    assert pitch_of(later[RATE // 5 :]) == pytest.approx(440.0, rel=0.01)


def test_what_has_no_pitch_is_not_heard():
    noise = (0.1 * np.random.default_rng(0).standard_normal(RATE)).astype(np.float32)
    assert np.abs(converted(SETTINGS(), noise)).max() < 1e-4


def test_what_cannot_be_is_told(models):
    with pytest.raises(UsageError, match="no timbre 'tuba'.*flute, cello"):
        build_chain(SETTINGS(timbre="tuba"), RATE, RATE)
    with pytest.raises(UsageError, match="goes with --mode timbre"):
        build_chain(ChainSettings(model="timbre"), RATE, RATE)
    tiny_models.write(models / "tiny.onnx")
    with pytest.raises(ModelError, match="plays no instruments"):
        build_chain(SETTINGS(model="tiny"), RATE, RATE)
    wider = tiny_timbre.info(voices=["a", "b", "c", "d"])
    tiny_timbre.write(models / "wider.onnx", wider)
    with pytest.raises(ModelError, match="names 4 instruments"):
        build_chain(SETTINGS(model="wider", timbre="a"), RATE, RATE)


@pytest.mark.parametrize(
    "changes, says",
    [
        ({"scale": "X-major"}, "no scale"),
        ({"scale_strength": 1.5}, "between 0 and 1"),
        ({"scale_glide_ms": -1.0}, "between 0 and 2000 ms"),
        ({"vibrato": 9.0}, "between 0 and 4"),
        ({"added_vibrato_cents": 500.0}, "between 0 and 200 cents"),
        ({"breath": -0.1}, "between 0 and 4"),
        ({"formant_semitones": 2.0}, "no mouth"),
    ],
)
def test_settings_that_make_no_sense_are_refused(changes, says):
    with pytest.raises(UsageError, match=says):
        SETTINGS(**changes)


def test_a_file_from_the_command_line_with_its_picture(tmp_path, capsys):
    source, result, picture = tmp_path / "hum.wav", tmp_path / "flute.wav", tmp_path / "both.png"
    soundfile.write(source, sung(1.2), RATE)
    command = [str(source), str(result), "--mode", "timbre", "--timbre", "cello", "--plot", str(picture)]
    assert main([*command, "--scale", "A-minor", "--json"]) == 0
    settings = json.loads(capsys.readouterr().out)["settings"]
    assert (settings["timbre"], settings["scale"], settings["breath"]) == ("cello", "A-minor", 1.0)
    assert len(soundfile.read(result)[0]) == len(soundfile.read(source)[0])
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_instruments_are_listed_with_the_models_that_play_them(capsys):
    assert main(["--list-timbres", "--json"]) == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert {"timbre", "timbre-mels"} <= set(rows["flute"]["models"])
    assert main(["--list-models", "--json"]) == 0
    modes = {row["name"]: row["mode"] for row in json.loads(capsys.readouterr().out)}
    assert (modes["timbre"], modes["stream"]) == ("timbre", "speaker")


@pytest.mark.parametrize(
    "arguments, says",
    [
        (["a.wav", "b.wav", "--timbre", "flute"], "add --mode timbre"),
        (["a.wav", "b.wav", "--mode", "timbre", "--scale", "nothing"], "no scale"),
        (["--plot", "x.png"], "--plot is for files"),
        (["a.wav", "b.wav", "--plot", "x.jpg"], "no .png file"),
    ],
)
def test_options_that_make_no_sense_are_refused(arguments, says, capsys):
    assert main(arguments) == 2
    assert says in capsys.readouterr().err
