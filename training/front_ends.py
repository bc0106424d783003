"""The front ends that features can be made with, by the name the command line and the configs use."""

from rtvc.errors import UsageError
from rtvc.mel import MelSpec

FRONT_ENDS = {
    "voice": MelSpec(),
    # Recordings at 8 kHz: windows of 64 ms resolve the harmonics of low voices.
    "digits8k": MelSpec(sample_rate=8000, n_fft=512, hop=128, n_mels=64, fmin=40.0, fmax=4000.0),
}


def front_end(name: str) -> MelSpec:
    if name not in FRONT_ENDS:
        raise UsageError(f"There is no front end '{name}'; choose one of {', '.join(FRONT_ENDS)}.")
    return FRONT_ENDS[name]
