"""How far a network run on windows is from itself given the whole utterance, on the clip of the program."""

from pathlib import Path

import numpy as np
import soundfile
import soxr
import torch

from rtvc.analysis import Analysis
from rtvc.catalog import ASSETS
from rtvc.framer import Framer
from rtvc.frames import Frames
from rtvc.level import LevelTracker
from rtvc.low_cut import LowCut
from rtvc.mel import MelSpec
from rtvc.runtime import BlockModel
from rtvc.silence import attenuation
from rtvc.voices import Voice
from rtvc.windowed import WindowedConversion
from training.networks.autoencoder import Autoencoder
from training.networks.gan import FRAME_MULTIPLE
from training.networks.saved import Saved

CLIP = ASSETS / "demo" / "hello.wav"


def clip_frames(path: Path, spec: MelSpec) -> Frames:
    audio, rate = soundfile.read(path, dtype="float32", always_2d=True)
    mono = soxr.resample(audio.mean(axis=1), rate, spec.sample_rate).astype(np.float32)
    framer = Framer(spec, LowCut(spec.sample_rate, spec.hop))
    frames: Frames = Analysis(spec).process(framer.process(mono))
    return frames


@torch.no_grad()
def distance_to_whole(saved: Saved, model: BlockModel) -> float:
    """Mean difference of the mels, natural log of magnitude."""
    frames = clip_frames(CLIP, saved.mel)
    speaker = saved.speakers[0]
    vector = saved.network.voices[0] if isinstance(saved.network, Autoencoder) else torch.zeros(0)
    voice = Voice(speaker, speaker, "", 5.0, {model.info.name: vector.tolist()}, "", "")
    streamed = WindowedConversion(model, voice).process(frames).log_mel
    gain = LevelTracker(saved.mel.hop_seconds, model.info.nominal_rms).process(frames.log_energy)
    levelled = np.maximum(frames.log_mel + gain[:, None], saved.mel.log_floor)
    count = len(levelled) // FRAME_MULTIPLE * FRAME_MULTIPLE
    given = [torch.from_numpy(levelled[None, :count])]
    if len(vector):
        given.append(vector[None])
    whole = saved.network.convert(*given)[0].numpy()  # type: ignore[operator]
    undo = gain + attenuation(frames.log_energy)
    whole = np.maximum(whole - undo[:count, None], saved.mel.log_floor)
    return float(np.abs(whole[: len(streamed)] - streamed[:count]).mean())
