import numpy as np
import pytest

from rtvc.conversion import Conversion
from rtvc.engine import Engine
from rtvc.level import LevelTracker, log_energy_at
from rtvc.runtime import StepModel
from rtvc.settings import ChainSettings
from rtvc.speaker import Speaker
from rtvc.speaker_memory import CERTAINTY, SpeakerMemory
from rtvc.speaker_pitch import SpeakerPitch
from rtvc.stage import Pipeline
from tests import tiny_models
from tests.fakes import FakeDevice, Passing
from tests.rtvc.test_conversion import VOICE, frames

HOP = 256 / 22050


@pytest.fixture
def memory(tmp_path):
    return SpeakerMemory(tmp_path / "sub" / "speakers.json")


def test_speakers_are_kept_by_microphone(memory):
    assert memory.recall("Headset") is None
    memory.remember("Headset", Speaker(210.0, 0.03))
    memory.remember("Mikrofon ü", Speaker(110.0, 0.01))
    memory.remember("Headset", Speaker(190.0, 0.03))
    assert memory.recall("Headset") == Speaker(190.0, 0.03)
    assert memory.recall("Mikrofon ü") == Speaker(110.0, 0.01)


@pytest.mark.parametrize(
    "text",
    ["", "[]", '{"Headset": 3}', '{"Headset": {"pitch_hz": "high", "rms": 0.1}}', '{"Headset": {"rms": 0.1}}']
    + ['{"Headset": {"pitch_hz": NaN, "rms": 0.1}}', '{"Headset": {"pitch_hz": 100, "rms": -1}}'],
)
def test_a_damaged_file_is_as_good_as_none(tmp_path, text):
    path = tmp_path / "speakers.json"
    path.write_text(text)
    memory = SpeakerMemory(path)
    assert memory.recall("Headset") is None
    memory.remember("Headset", Speaker(100.0, 0.05))
    assert memory.recall("Headset") == Speaker(100.0, 0.05)


def test_what_cannot_be_kept_is_no_reason_to_stop(tmp_path):
    (tmp_path / "file").write_text("")
    SpeakerMemory(tmp_path / "file" / "speakers.json").remember("Headset", Speaker(100.0, 0.05))


def test_somebody_else_is_found_out_in_a_few_seconds():
    pitch, level = SpeakerPitch(HOP, 220.0), LevelTracker(HOP)
    pitch.certainty = level.certainty = CERTAINTY
    level.known_rms = 0.1
    pitch.reset()
    level.reset()
    assert np.exp(pitch.log_hz) == pytest.approx(220.0) and level.rms == pytest.approx(0.1)
    for _ in range(round(4.0 / HOP)):
        pitch.hear(np.log(110.0))
        level.process(np.array([log_energy_at(0.02)], np.float32))
    assert np.exp(pitch.log_hz) == pytest.approx(110.0, rel=0.03)
    assert 0.02 <= level.rms < 0.04, "within 6 dB, as with any change of level"


def test_a_conversion_tells_who_speaks_once_it_knows(tmp_path):
    stage = Conversion(StepModel(tiny_models.write(tmp_path / "tiny.onnx")), VOICE)
    stage.process(frames(100))
    assert stage.speaker is None
    stage.process(frames(900))
    assert stage.speaker.pitch_hz == pytest.approx(120.0, rel=0.05)
    assert stage.speaker.rms == pytest.approx(10 ** (-26 / 20), rel=0.5)


class Listening(Pipeline):
    """Knows who speaks, and what it was told."""

    wants_speaker = True
    speaker = Speaker(150.0, 0.04)
    told: tuple[Speaker, float] | None = None

    def know_speaker(self, speaker, certainty=1.0):
        self.told = speaker, certainty


def test_the_next_start_knows_who_spoke(memory):
    made = []

    def build(settings, input_rate, output_rate):
        made.append(Listening([Passing(output_rate)]))
        return made[-1]

    for _ in range(2):
        with Engine(build, ChainSettings(), open_audio=FakeDevice(48000, 256).open, speakers=memory):
            pass
    assert made[0].told is None
    assert made[1].told == (Speaker(150.0, 0.04), CERTAINTY)
