"""Columns of a spectrogram that look like somebody speaking, for pictures and for tests. Knows no engine."""

import base64
import math
import random

BANDS = 80
COLUMNS_PER_SECOND = 50


def speech_columns(first: int, count: int, f0_hz: float) -> str:
    """Columns that look like speech: harmonics that bend, formants that move, pauses between words."""
    data, noise = bytearray(), random.Random(first)
    for column in range(first, first + count):
        seconds = column / COLUMNS_PER_SECOND
        word = max(0.0, 0.35 + math.sin(4.1 * seconds) + 0.5 * math.sin(9.7 * seconds + 1.0)) ** 0.5
        pitch = f0_hz * (1 + 0.12 * math.sin(1.7 * seconds))
        for band in range(BANDS):
            loudness = 34 + 10 * noise.random()
            if word:
                loudness += word * (30 + 120 * _speech(_hz(band), pitch, seconds) + 16 * noise.random())
            data.append(round(min(255.0, loudness)))
    return base64.b64encode(bytes(data)).decode()


def _speech(hz: float, pitch_hz: float, seconds: float) -> float:
    formants = (550 + 250 * math.sin(3.1 * seconds), 1600 + 600 * math.sin(2.3 * seconds + 1), 2800, 3900)
    envelope = sum(
        math.exp(-(((hz - f) / (160 + 0.12 * f)) ** 2)) / (1 + 0.4 * i) for i, f in enumerate(formants)
    )
    harmonic = 0.6 + 0.4 * math.cos(2 * math.pi * hz / pitch_hz) if hz < 1800 else 0.7
    return envelope * harmonic


def _hz(band: int) -> float:
    """Evenly spaced enough for a picture."""
    return 20.0 + 8000.0 * (math.exp(band / BANDS * 3.0) - 1) / (math.exp(3.0) - 1)
