"""What a `timbre` network makes of a melody, as numbers and as sound. For listening and judging, not live."""

import numpy as np
import torch

from rtvc.digit_sound import sound_of
from rtvc.harmonic_synth import HarmonicSynth
from rtvc.level import NOMINAL_RMS, log_energy_at
from rtvc.partials import Partials
from training.cache import Entry, FeatureCache
from training.networks.saved import Saved
from training.networks.timbre import Timbre
from training.partials import HARMONICS, HIGHEST_HZ, log_rms

_DB = 8.686  # in a natural log
_AUDIBLE = 1e-3  # share of a harmonic that is counted


@torch.no_grad()
def shares_of(saved: Saved, side: np.ndarray, instrument: str) -> np.ndarray:
    """The network's answer to a melody as the cache has it, (frames, width)."""
    network = _network(saved)
    given = torch.from_numpy(side.copy())[None]
    given[..., 2] -= log_energy_at(NOMINAL_RMS)
    place = torch.zeros(1, network.instruments)
    place[0, saved.speakers.index(instrument)] = 1.0
    made: np.ndarray = network(given, place, network.initial_state())[0][0].numpy()
    return made


def sound_of_shares(saved: Saved, side: np.ndarray, made: np.ndarray) -> np.ndarray:
    """Shares, or mels, at the loudness of the melody, to sound."""
    if _network(saved).is_mel:
        heard = np.where(side[:, 1:2] > 0.0, made + side[:, 2:], saved.mel.log_floor)
        return sound_of(heard.astype(np.float32), saved.mel)
    level = np.exp(log_rms(side[:, 2:])) * side[:, 1:2]
    tones = np.sqrt(2.0) * level * made[:, :HARMONICS]
    noise = level * made[:, HARMONICS:]
    synth = HarmonicSynth(saved.mel, HARMONICS, noise.shape[1])
    played = Partials(np.exp(side[:, 0]), tones.astype(np.float32), noise.astype(np.float32))
    return synth.process(played)


def truth_of(saved: Saved, cache: FeatureCache, entry: Entry) -> np.ndarray:
    """The recording put together again from its parts: the best that any network could do."""
    side = cache.side(entry)
    if _network(saved).is_mel:
        return sound_of_shares(saved, side, cache.mel(entry) - side[:, 2:])
    return sound_of_shares(saved, side, np.exp(cache.partials(entry)))


def distances(saved: Saved, cache: FeatureCache, entry: Entry, made: np.ndarray) -> dict[str, float]:
    """From the recording, in decibels, over frames that sound."""
    side = cache.side(entry)
    heard = side[:, 1] == 1.0
    if _network(saved).is_mel:
        apart = np.abs(made - (cache.mel(entry) - side[:, 2:]))[heard]
        return {"mels apart, dB": _DB * float(apart.mean())}
    truth, made = np.exp(cache.partials(entry))[heard], made[heard]
    counts = (truth[:, :HARMONICS] > _AUDIBLE) & (
        np.arange(1, HARMONICS + 1) * np.exp(side[heard, :1]) < HIGHEST_HZ
    )
    tones = np.abs(np.log(np.maximum(made, 1e-6) / np.maximum(truth, 1e-6)))[:, :HARMONICS][counts]
    return {
        "harmonics apart, dB": _DB * float(tones.mean()),
        "noise, dB": _noise_db(made),
        "noise of the recording, dB": _noise_db(truth),
    }


def _noise_db(shares: np.ndarray) -> float:
    """Of all power."""
    return float(10.0 * np.log10(np.square(shares[:, HARMONICS:]).sum(axis=1).mean()))


def _network(saved: Saved) -> Timbre:
    assert isinstance(saved.network, Timbre)
    return saved.network
