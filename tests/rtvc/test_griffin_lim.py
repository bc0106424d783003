import numpy as np
import pytest
from scipy.signal import lfilter

from rtvc import row_fft
from rtvc.framer import Framer
from rtvc.griffin_lim import GriffinLim
from rtvc.mel import MelSpec, filterbank, hann, log_mel
from rtvc.mel_inversion import MelInversion
from tests.rtvc.stage_rules import check_stage, run

SPEC = MelSpec()
SMALL = MelSpec(sample_rate=8000, n_fft=256, hop=64, n_mels=40, fmin=20.0, fmax=4000.0)


def speech_like(seconds, rate, seed=0):
    """Gliding glottal pulses through moving formants, hiss between: loud, quiet and silent stretches."""
    rng = np.random.default_rng(seed)
    count = int(seconds * rate)
    time_s = np.arange(count) / rate
    turns = np.cumsum(120 + 40 * np.sin(2 * np.pi * 0.9 * time_s)) / rate
    pulses = np.diff(np.floor(turns), prepend=0.0)
    voiced = np.sin(2 * np.pi * 2.5 * time_s) > -0.3
    source = np.where(voiced, pulses, 0.02 * rng.standard_normal(count))
    out = np.zeros(count)
    step = rate // 50
    memory = {}
    for start in range(0, count, step):
        piece = source[start : start + step]
        for which, (middle, swing) in enumerate(((600, 200), (1400, 500), (2600, 300))):
            centre = middle + swing * np.sin(2 * np.pi * (1.3 + which) * start / rate)
            radius = np.exp(-np.pi * 90 / rate)
            poles = [1.0, -2 * radius * np.cos(2 * np.pi * centre / rate), radius**2]
            filtered, memory[which] = lfilter([1.0], poles, piece, zi=memory.get(which, np.zeros(2)))
            out[start : start + step] += filtered
    return (0.3 * out / np.abs(out).max()).astype(np.float32)


def magnitudes(sound, spec):
    return np.abs(np.fft.rfft(Framer(spec).process(sound) * hann(spec.n_fft), axis=1)).astype(np.float32)


def mels(sound, spec):
    return log_mel(magnitudes(sound, spec), spec)


def convergence_db(sound, wanted, spec):
    got = magnitudes(sound, spec)
    return 20 * np.log10(np.linalg.norm(got - wanted[: len(got)]) / np.linalg.norm(wanted[: len(got)]))


def silent(frames, spec=SPEC):
    return np.full((frames, spec.n_mels), spec.log_floor, np.float32)


@pytest.fixture(scope="module")
def speech():
    return speech_like(1.5, SPEC.sample_rate)


@pytest.mark.parametrize("lookahead", [-1.375, -1, 0, 0.25, 3])
def test_keeps_the_rules_of_streaming(lookahead):
    signal = mels(speech_like(0.5, SMALL.sample_rate), SMALL)
    check_stage(
        lambda: GriffinLim(SMALL, lookahead, iterations=5),
        signal,
        input_rate=SMALL.sample_rate / SMALL.hop,
        slack=SMALL.hop,
    )


@pytest.mark.parametrize("lookahead", range(-1, 7))
def test_a_block_leaves_per_frame_once_it_is_complete(lookahead):
    vocoder = GriffinLim(SMALL, lookahead, iterations=1)
    came = 0
    for frames in range(1, 15):
        came += len(vocoder.process(silent(1, SMALL)))
        assert came == max(0, frames - 3 - lookahead) * SMALL.hop
    assert vocoder.latency_samples == (3 + lookahead) * SMALL.hop


def test_what_left_early_joins_what_follows(speech):
    """What leaves later is bent to join it: no more of a step there than anywhere else."""
    signal = mels(speech, SPEC)
    early = GriffinLim(SPEC, -1.375, iterations=8)
    out = early.process(signal)
    whole = GriffinLim(SPEC, -1, iterations=8).process(signal)
    assert early.latency_samples == 2 * SPEC.hop - 0.375 * SPEC.hop == 416
    assert len(out) == len(whole) + 96
    steps = np.abs(np.diff(out, 2))
    joints = np.arange(SPEC.hop + 96, len(steps), SPEC.hop)
    assert steps[joints - 1].mean() < 1.3 * steps.mean()


@pytest.mark.parametrize("lookahead", [-2, 7])
def test_refuses_other_lookaheads(lookahead):
    with pytest.raises(ValueError, match="lookahead"):
        GriffinLim(SPEC, lookahead)


@pytest.mark.parametrize("source", ["mels", "magnitudes"])
def test_sound_stays_where_it_was(speech, source):
    """The envelope, as magnitudes leave signs open, and mels the place of a pulse within its frame."""
    vocoder = GriffinLim(SPEC, 1, iterations=16)
    wanted = magnitudes(speech, SPEC)
    out = vocoder.process(log_mel(wanted, SPEC)) if source == "mels" else vocoder.process_magnitudes(wanted)
    smooth = hann(512)
    before, after = (np.convolve(np.abs(x[: len(out)]), smooth, "same") for x in (speech, out))
    before, after = before - before.mean(), after - after.mean()
    lags = range(-200, 201)
    match = [float(before[300:-300] @ np.roll(after, -lag)[300:-300]) for lag in lags]
    assert abs(lags[int(np.argmax(match))]) <= SPEC.hop // 4
    assert max(match) > 0.9 * np.linalg.norm(before) * np.linalg.norm(after)


def test_exact_magnitudes_come_back(speech):
    wanted = magnitudes(speech, SPEC)
    errors = [
        convergence_db(GriffinLim(SPEC, lookahead).process_magnitudes(wanted), wanted, SPEC)
        for lookahead in (0, 3)
    ]
    assert errors[0] < -22
    assert errors[1] < errors[0] - 2


def test_the_mels_of_the_sound_are_those_asked_for(speech):
    wanted = mels(speech, SPEC)
    got = mels(GriffinLim(SPEC).process(wanted), SPEC)
    loud = wanted[: len(got)].max(axis=1) > wanted.max() - 5
    assert np.abs(got - wanted[: len(got)])[loud].mean() < 0.25


def test_beats_the_usual_offline_pipeline(speech):
    librosa = pytest.importorskip("librosa")
    wanted = mels(speech, SPEC)
    spectra = np.abs(librosa.stft(speech, n_fft=SPEC.n_fft, hop_length=SPEC.hop))
    theirs = librosa.feature.inverse.mel_to_stft(
        filterbank(SPEC) @ spectra, sr=SPEC.sample_rate, n_fft=SPEC.n_fft, power=1.0, fmin=20, fmax=8000
    )
    offline = librosa.griffinlim(theirs, n_iter=32, hop_length=SPEC.hop, length=len(speech), random_state=0)
    streamed = GriffinLim(SPEC).process(wanted)
    exact = magnitudes(speech, SPEC)
    assert convergence_db(streamed, exact, SPEC) < convergence_db(offline, exact, SPEC) - 1.5


def test_silence_stays_silent():
    out = GriffinLim(SPEC, 0).process(silent(30))
    assert np.abs(out).max() < 1e-4


def test_onset_after_silence_has_no_click(speech):
    """Nothing before the first frame with sound in it, no sample louder than the sound."""
    frames = np.concatenate([silent(12), mels(speech, SPEC)[20:60]])
    out = GriffinLim(SPEC, 0).process(frames)
    assert np.abs(out[: (12 - 3) * SPEC.hop]).max() < 1e-4
    assert np.abs(out).max() < 2 * np.abs(speech).max()


def test_sound_ends_when_the_mels_do(speech):
    frames = np.concatenate([mels(speech, SPEC)[20:60], silent(20)])
    out = GriffinLim(SPEC, 0).process(frames)
    assert np.abs(out[(40 + 6) * SPEC.hop :]).max() < 1e-4


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 80.0, -1e30])
def test_bad_numbers_pass(speech, bad):
    frames = mels(speech, SPEC)
    broken = frames.copy()
    broken[20] = bad
    vocoder = GriffinLim(SPEC, 0, iterations=16)
    out = vocoder.process(broken)
    assert np.all(np.isfinite(out))
    later = mels(out, SPEC)[40:]
    wanted = frames[40 : 40 + len(later)]
    loud = wanted.max(axis=1) > wanted.max() - 5
    assert np.abs(later - wanted)[loud].mean() < 0.35


def test_bad_magnitudes_pass(speech):
    wanted = magnitudes(speech, SPEC)
    wanted[10, 5], wanted[11], wanted[12] = np.nan, np.inf, -1.0
    out = GriffinLim(SPEC, 0, iterations=8).process_magnitudes(wanted)
    assert np.all(np.isfinite(out)) and 0.1 < np.abs(out).max() < 1.5


def test_huge_magnitudes_pass(speech):
    wanted = magnitudes(speech, SPEC)
    wanted[10, 5] = 1e30
    assert np.all(np.isfinite(GriffinLim(SPEC, 0, iterations=4).process_magnitudes(wanted)))


@pytest.mark.parametrize("poison", [np.nan, 1e30])
@pytest.mark.parametrize("where", ["guess", "estimate", "magnitude"])
def test_a_recursion_that_runs_away_is_caught(speech, where, poison):
    frames = mels(speech, SPEC)
    vocoder = GriffinLim(SPEC, 0)
    before = vocoder.process(frames[:30])
    getattr(vocoder._state, where)[:] = poison
    after = vocoder.process(frames[30:])
    assert np.abs(after).max() < 3 * np.abs(speech).max()
    later = mels(np.concatenate([before, after]), SPEC)[40:]
    wanted = frames[40 : 40 + len(later)]
    loud = wanted.max(axis=1) > wanted.max() - 5
    assert np.abs(later - wanted)[loud].mean() < 0.3


@pytest.mark.parametrize(
    "spec",
    [
        SMALL,
        MelSpec(sample_rate=16000, n_fft=512, hop=64, n_mels=64, fmax=8000.0),
        MelSpec(sample_rate=16000, n_fft=1024, hop=512, fmax=8000.0),
        MelSpec(sample_rate=8000, n_fft=256, hop=64, n_mels=80, fmax=4000.0),  # some bands have no bin
    ],
)
def test_other_front_ends(spec):
    sound = speech_like(0.6, spec.sample_rate)
    wanted = mels(sound, spec)
    out = GriffinLim(spec, 1, iterations=16).process(wanted)
    assert len(out) == (len(wanted) - spec.overlap) * spec.hop
    assert 0.3 < np.linalg.norm(out) / np.linalg.norm(sound[: len(out)]) < 1.5


def test_less_effort_costs_sound_not_time(speech):
    """As much comes out, at the same time, a little less like what was asked for."""
    wanted = mels(speech, SPEC)
    full, less, both = (GriffinLim(SPEC, -0.5, 20) for _ in range(3))
    less.set_effort(0.0)
    whole, rough = full.process(wanted), less.process(wanted)
    assert len(whole) == len(rough)
    errors = [convergence_db(sound, magnitudes(speech, SPEC), SPEC) for sound in (whole, rough)]
    assert errors[0] + 0.2 < errors[1] < -11
    both.set_effort(0.0)
    both.set_effort(1.0)
    assert np.array_equal(both.process(wanted), whole)


def test_effort_is_a_share_of_the_iterations():
    vocoder, done = GriffinLim(SPEC, 0, 20), []
    forward = vocoder._from_mels._forward
    vocoder._from_mels._forward = lambda *args: (done.append(1), forward(*args))[1]
    counts = []
    for effort in (1.0, 0.5, 0.2, 0.0):
        vocoder.set_effort(effort)
        vocoder.process(silent(1))
        counts.append(len(done) - sum(counts))
    assert counts == [21, 11, 5, 5], "one more for the new frame's phase"


def test_both_sources_in_one_stream_need_a_reset(speech):
    vocoder = GriffinLim(SPEC, 0, iterations=2)
    vocoder.process(mels(speech, SPEC)[:8])
    with pytest.raises(AssertionError, match="reset"):
        vocoder.process_magnitudes(magnitudes(speech, SPEC)[:8])
    vocoder.reset()
    assert len(vocoder.process_magnitudes(magnitudes(speech, SPEC)[:8])) == 5 * SPEC.hop


def test_works_without_the_private_transform(speech, monkeypatch):
    """Rounding differs, so the waveform does: the quality must not."""
    monkeypatch.setattr(row_fft, "TRANSFORMS", row_fft.NUMPYS)
    wanted = magnitudes(speech, SPEC)
    out = run(GriffinLim(SPEC, 1, iterations=16), log_mel(wanted, SPEC))
    assert out.dtype == np.float32
    assert convergence_db(out, wanted, SPEC) < -8


def test_both_transforms_agree():
    x = np.random.default_rng(0).standard_normal((4, 64)).astype(np.float32)
    spectra, backs = [], []
    for forward, inverse in (row_fft.TRANSFORMS, row_fft.NUMPYS):
        spectra.append(np.empty((4, 33), np.complex64))
        backs.append(np.empty_like(x))
        forward(x, spectra[-1])
        inverse(spectra[-1], backs[-1])
    np.testing.assert_allclose(spectra[0], spectra[1], atol=1e-4)
    np.testing.assert_allclose(backs[0], 64 * x, atol=1e-3)
    np.testing.assert_allclose(backs[1], 64 * x, atol=1e-3)


def test_inversion_finds_magnitudes_that_have_these_mels(speech):
    inversion = MelInversion(SPEC, steps=30)
    wanted = mels(speech, SPEC)
    linear = np.stack([inversion.mels(frame) for frame in wanted])
    found = inversion.invert(inversion.spread(linear), linear)
    bank = filterbank(SPEC)[:, : inversion.n_bins]
    again = found @ bank.T
    assert np.abs(again - linear).max() < 0.02 * linear.max()
    assert np.all(found >= 0)
