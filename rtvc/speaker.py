"""Speaker, what is known of somebody before the first word."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Speaker:
    """How high and how loud somebody speaks into a microphone."""

    pitch_hz: float
    rms: float
