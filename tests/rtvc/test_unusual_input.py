"""What is no speech goes through the shipped model too: nothing painful comes out, and speech goes on."""

import numpy as np
import pytest

from rtvc.catalog import ASSETS
from rtvc.chain import build_chain
from rtvc.clip import read_clip
from rtvc.settings import ChainSettings

RATE = 22050
TIME = np.arange(int(1.5 * RATE)) / RATE
NOISE = np.random.default_rng(0).standard_normal(len(TIME))
SPEECH = read_clip(ASSETS / "demo" / "hello.wav", RATE, 1.5)


def tone(hz, harmonics=8):
    return sum(np.sin(2 * np.pi * k * np.cumsum(hz + 0 * TIME) / RATE) / k for k in range(1, harmonics))


def loudness(sound):
    return np.sqrt(np.convolve(sound * sound, np.ones(256) / 256, "same"))


SOUNDS = {
    "hum of the mains": 0.003 * tone(50.0, 3),
    "room": 0.0005 * NOISE,
    "breath": 0.01 * NOISE * np.abs(np.sin(2 * np.pi * 0.7 * TIME)),
    "whisper": loudness(SPEECH) * NOISE,
    "cough": 0.5 * NOISE * np.exp(-(TIME % 0.7) / 0.08),
    "laughter": 0.2 * tone(350.0 + 15.0 * np.sin(2 * np.pi * 5 * TIME)) * (np.sin(2 * np.pi * 5 * TIME) > 0),
    "shriek": 0.4 * tone(1000.0, 6),
    "music": 0.1 * (tone(220.0) + tone(277.2) + tone(329.6)),
    "roar": 0.3 * NOISE,
    "clicks": np.where(np.arange(len(TIME)) % 4410 == 0, 0.9, 0.0),
    "overdriven": np.clip(20.0 * SPEECH, -1.0, 1.0),
    "direct current": 0.5 + 0.0 * TIME,
}


def rms_db(sound):
    return 20.0 * np.log10(np.sqrt(np.mean(np.square(sound))) + 1e-9)


@pytest.fixture(scope="module")
def chain():
    return build_chain(ChainSettings(), RATE, RATE)


def converted(chain, sound):
    return chain.process(np.asarray(sound, np.float32))


@pytest.mark.parametrize("name", SOUNDS)
def test_nothing_gets_louder_or_sharper(chain, name):
    chain.reset()
    sound = SOUNDS[name]
    out = converted(chain, np.concatenate([sound, np.zeros(RATE // 4)]))[: len(sound)]
    assert np.abs(out).max() <= 1.0
    assert rms_db(out) < rms_db(sound) + 3.0
    power = np.abs(np.fft.rfft(out * np.hanning(len(out)))) ** 2
    assert power[len(power) * 8 // 11 :].sum() < 0.1 * power.sum() + 1e-9, "nothing hisses above 8 kHz"


def test_silence_stays_silent_before_and_after_speech(chain):
    chain.reset()
    silence = np.zeros(RATE)
    out = converted(chain, np.concatenate([silence, SPEECH, silence]))
    assert np.abs(out[: RATE - 2048]).max() < 1e-6
    assert rms_db(out[len(SPEECH) + RATE + RATE // 2 :]) < -70.0


@pytest.mark.parametrize("name", ["roar", "shriek", "direct current", "clicks"])
def test_speech_is_as_loud_as_ever_soon_after(chain, name):
    chain.reset()
    alone = converted(chain, np.concatenate([np.zeros(len(TIME)), SPEECH, SPEECH]))
    chain.reset()
    after = converted(chain, np.concatenate([SOUNDS[name], SPEECH, SPEECH]))
    late = slice(len(TIME) + len(SPEECH), None)
    assert abs(rms_db(after[late]) - rms_db(alone[late])) < 3.0
