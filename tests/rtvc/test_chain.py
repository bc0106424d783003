"""What the whole chain promises, shipped model included: the rules every stage keeps, kept by all of them."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rtvc import catalog
from rtvc.analysis import analyse
from rtvc.chain import build_chain
from rtvc.errors import ModelError, RtvcError
from rtvc.mel import MelSpec
from rtvc.presets import PRESETS
from rtvc.settings import ChainSettings
from tests.rtvc.stage_rules import block_sizes, run

RATE = 48000


def voice_like(seconds, seed=0, rate=RATE):
    """A gliding pulse train with pauses, and a little noise."""
    random = np.random.default_rng(seed)
    time = np.arange(int(rate * seconds)) / rate
    phase = np.cumsum(130.0 + 40.0 * np.sin(2 * np.pi * 0.8 * time)) / rate
    harmonics = sum(np.sin(2 * np.pi * k * phase) / k for k in range(1, 30))
    syllables = (np.sin(2 * np.pi * 1.7 * time) > -0.4).astype(float)
    return (0.1 * syllables * harmonics + 1e-4 * random.standard_normal(len(time))).astype(np.float32)


def flushed(pipeline, audio, input_rate, sizes=None):
    """All of the output that belongs to the input."""
    silence = np.zeros(int((pipeline.latency_seconds + 0.1) * input_rate), np.float32)
    length = round(len(audio) * pipeline.output_rate / input_rate)
    return run(pipeline, np.concatenate([audio, silence]), sizes)[:length]


def log_mels(audio):
    spec = MelSpec(sample_rate=RATE, n_fft=2048, hop=512)
    raw = np.lib.stride_tricks.sliding_window_view(audio, spec.n_fft)[:: spec.hop]
    return analyse(raw, spec).log_mel


SETTINGS = [
    ChainSettings(mode="bypass"),
    *(ChainSettings(mode="resynth", preset_name=name) for name in PRESETS),
    ChainSettings(),
    ChainSettings(gate_db=-50.0, input_gain_db=3.0, output_gain_db=-3.0, preset_name="low"),
]


@pytest.mark.parametrize("settings", SETTINGS, ids=lambda s: f"{s.mode}-{s.preset_name}-{s.gate_db}")
def test_chunking_is_invisible_and_reset_is_true(settings):
    audio = voice_like(0.9)
    pipeline = build_chain(settings, RATE, RATE)
    whole = run(pipeline, audio)
    pipeline.reset()
    pieces = run(pipeline, audio, block_sizes(len(audio), seed=2))
    np.testing.assert_array_equal(pieces, whole)


@pytest.mark.parametrize("rates", [(48000, 48000), (44100, 48000), (16000, 44100)])
@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("mode", ["resynth", "bypass"])
def test_impulse_arrives_in_its_place_and_no_later_than_declared(mode, preset, rates):
    input_rate, output_rate = rates
    pipeline = build_chain(ChainSettings(mode=mode, preset_name=preset), input_rate, output_rate)
    at = input_rate // 2
    audio = np.zeros(input_rate, np.float32)
    audio[at] = 0.9
    given, came = 0, []
    for size in block_sizes(len(audio), seed=4, largest=700):
        out = pipeline.process(audio[given : given + size])
        given += size
        came.append(out)
        due = given * output_rate / input_rate - pipeline.latency_samples
        assert sum(map(len, came)) >= due - 1e-6
    found = np.argmax(np.abs(np.concatenate(came)))
    # Half a millisecond: a phase guessed from magnitudes may move an impulse inside its frame a little.
    tolerance = 0.5e-3 if mode == "bypass" else 2e-3
    assert abs(found / output_rate - at / input_rate) < tolerance


@pytest.mark.parametrize("preset", PRESETS)
def test_declared_latency_is_the_sum_of_the_design(preset):
    row = PRESETS[preset]
    pipeline = build_chain(ChainSettings(mode="resynth", preset_name=preset), RATE, RATE)
    front = (1024 + 256 * row.vocoder_lookahead) / 22050
    assert front < pipeline.latency_seconds < front + 0.002


@pytest.mark.parametrize("settings", SETTINGS[2:5], ids=lambda s: f"{s.mode}-{s.preset_name}")
def test_later_input_never_changes_earlier_output(settings):
    audio = voice_like(0.8)
    cut = len(audio) // 2
    pipeline = build_chain(settings, RATE, RATE)
    before = run(pipeline, audio[:cut])
    pipeline.reset()
    changed = np.concatenate([audio[:cut], 0.5 - audio[cut:]])
    np.testing.assert_array_equal(run(pipeline, changed)[: len(before)], before)


def test_input_level_changes_level_not_character():
    audio = voice_like(2.5)
    pipeline = build_chain(ChainSettings(), RATE, RATE)
    mels = []
    for gain_db in (-12.0, 0.0, 12.0):
        pipeline.reset()
        gain = np.float32(10 ** (gain_db / 20))
        out = flushed(pipeline, audio * gain, RATE)
        mels.append(log_mels(out / gain))
    speech = mels[1].max(axis=1) > -4.0
    assert speech.sum() > 50
    for other in (mels[0], mels[2]):
        assert np.abs(other - mels[1])[speech].mean() < 0.25


@pytest.mark.parametrize("settings", SETTINGS, ids=lambda s: f"{s.mode}-{s.preset_name}-{s.gate_db}")
def test_silence_in_gives_silence_out(settings):
    out = run(build_chain(settings, RATE, RATE), np.zeros(RATE, np.float32))
    assert np.abs(out).max() < 1e-4


@pytest.mark.parametrize("mode", ["speaker", "resynth", "bypass"])
def test_bad_numbers_do_not_stay(mode):
    pipeline = build_chain(ChainSettings(mode=mode), RATE, RATE)
    audio = voice_like(1.5)
    audio[100:200] = np.nan
    audio[9000] = np.inf
    out = run(pipeline, audio)
    assert np.all(np.isfinite(out))
    assert np.abs(out[RATE // 2 :]).max() > 0.01


def test_unknown_voice_and_model_are_sentences():
    with pytest.raises(ModelError, match="no voice"):
        build_chain(ChainSettings(target="nobody"), RATE, RATE)
    with pytest.raises(ModelError, match="no model"):
        build_chain(ChainSettings(model="nothing"), RATE, RATE)


def test_the_pitch_of_the_voice_can_be_seen_while_there_is_one() -> None:
    chain, time = build_chain(ChainSettings(mode="resynth"), 48000, 48000), np.arange(24000) / 48000
    assert chain.f0_hz is None
    chain.process(sum(0.1 * np.sin(2 * np.pi * 150.0 * k * time) for k in range(1, 8)).astype(np.float32))
    assert chain.f0_hz == pytest.approx(150.0, abs=1.0)
    chain.process(np.zeros(24000, np.float32))
    assert chain.f0_hz is None
    assert build_chain(ChainSettings(mode="bypass"), 48000, 48000).f0_hz is None


def test_what_can_be_tuned_is_tuned_while_it_runs() -> None:
    sound = (0.1 * np.sin(2 * np.pi * 200.0 * np.arange(48000) / 48000)).astype(np.float32)
    before = ChainSettings(mode="bypass", gate_db=-20.0)
    after = replace(before, input_gain_db=6.0, output_gain_db=-12.0, gate_db=-30.0)
    assert before.builds_like(after)
    tuned, built = build_chain(before, 48000, 48000), build_chain(after, 48000, 48000)
    assert not tuned.process(sound)[4800:].any(), "the gate is shut"
    tuned.tune(tuned.prepared(after))
    built.process(sound)
    assert np.allclose(tuned.process(sound)[9600:], built.process(sound)[9600:], atol=1e-6)


@pytest.mark.parametrize(
    "change",
    [
        {"model": "gan"},
        {"formant_semitones": 1.0},
        {"gate_db": None},
        {"mode": "bypass"},
        {"preset_name": "low"},
    ],
)
def test_what_cannot_be_tuned_is_built_anew(change: dict[str, object]) -> None:
    before = ChainSettings(gate_db=-40.0)
    assert not before.builds_like(replace(before, **change))  # type: ignore[arg-type]


def test_another_voice_is_taken_on_while_sound_runs() -> None:
    sound, at = voice_like(3.0), RATE
    before, after = ChainSettings(), ChainSettings(target="p226", pitch_semitones=2.0)
    assert before.builds_like(after)
    changed, first, second = (build_chain(settings, RATE, RATE) for settings in (before, before, after))
    for chain in (changed, first, second):
        chain.process(sound[:at])
    changed.tune(changed.prepared(after))
    heard, old, new = (log_mels(chain.process(sound[at:])) for chain in (changed, first, second))
    late = slice(len(heard) // 2, None)
    assert np.abs(heard - new)[late].mean() < 0.2 * np.abs(heard - old)[late].mean()


@pytest.mark.parametrize(
    ("settings", "change", "says"),
    [
        ({}, {"target": "nobody"}, "no voice 'nobody'"),
        ({"model": "gan", "target": "TM1"}, {"target": "p226"}, "speaks as TM1 only, not as p226"),
        ({"model": "gan", "target": "TM1"}, {"pitch_semitones": 1.0}, "can't shift the pitch"),
        ({"mode": "timbre"}, {"timbre": "kazoo"}, "no timbre 'kazoo'"),
    ],
)
def test_what_a_chain_cannot_take_on_is_a_sentence(
    settings: dict[str, str], change: dict[str, object], says: str
) -> None:
    before = ChainSettings(**settings)  # type: ignore[arg-type]
    after = replace(before, **change)  # type: ignore[arg-type]
    assert before.builds_like(after)
    with pytest.raises(RtvcError, match=says):
        build_chain(before, RATE, RATE).prepared(after)


def test_a_voice_in_use_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog, "user_folder", lambda: tmp_path)
    own = tmp_path / "voices" / "mine.voice.json"
    own.parent.mkdir()
    shutil.copy(catalog.voice_paths()["p225"], own)
    settings = ChainSettings(target="mine")
    chain = build_chain(settings, RATE, RATE)
    own.unlink()
    assert chain.prepared(replace(settings, output_gain_db=-3.0)).voice.id == "p225"
    with pytest.raises(ModelError, match="no voice 'yours'"):
        chain.prepared(replace(settings, target="yours"))
    assert chain.prepared(settings).voice.id == "p225", "what was refused changes nothing"
