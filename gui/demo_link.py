"""DemoLink answers as the engine does, without a process or a sound: for pictures and for tests."""

import base64
import math
import random
from typing import Any

from PyQt6.QtCore import QObject

from gui.engine_link import EngineLink, Event, Then

BANDS = 80
COLUMNS_PER_SECOND = 50
MEANING = {
    "bands": BANDS,
    "columns_per_second": COLUMNS_PER_SECOND,
    "lowest_hz": 20.0,
    "highest_hz": 8000.0,
    "floor_db": -100.0,
}
SETTINGS: dict[str, Any] = {
    "mode": "speaker",
    "target": "p230",
    "model": "stream",
    "preset": "balanced",
    "input_gain_db": 0.0,
    "output_gain_db": 0.0,
    "gate_db": None,
    "pitch_semitones": 0.0,
    "formant_semitones": 0.0,
    "noise_reduction": 0.0,
    "input": None,
    "output": None,
    "monitor": None,
    "sample_rate": None,
    "bypass": False,
    "mute": False,
}
STATS: dict[str, Any] = {
    "seconds": 0.0,
    "underruns": 0,
    "overruns": 0,
    "drops": 0,
    "dropped_ms": 0.0,
    "repairs": 0,
    "device_xruns": 0,
    "state": "running",
    "message": "",
    "latency": {"input_ms": 3.1, "chain_ms": 70.6, "buffer_ms": 4.4, "output_ms": 5.0, "total_ms": 83.1},
    "load": 0.17,
    "hop_p99_ms": 2.1,
    "recoveries": 0,
    "recorded_seconds": 0.0,
    "recording_drops": 0,
    "input_peak": 0.21,
    "output_peak": 0.24,
    "f0_hz": 118.0,
}
DEVICES: list[dict[str, Any]] = [
    {
        "index": index,
        "name": name,
        "host_api": api,
        "inputs": inputs,
        "outputs": outputs,
        "sample_rate": rate,
        "default": default,
    }
    for index, (name, api, inputs, outputs, rate, default) in enumerate(
        [
            ("USB Microphone", "Core Audio", 1, 0, 44100, "input"),
            ("Headphones", "Core Audio", 0, 2, 48000, "output"),
            ("Studio Interface", "Core Audio", 2, 2, 48000, ""),
            ("Studio Interface", "JACK", 2, 2, 48000, ""),
        ]
    )
]
_CORPUS = "CSTR VCTK Corpus, speaker "


def voice(name: str, gender: str, median_hz: int, **more: Any) -> dict[str, Any]:
    return {
        "id": name,
        "name": name,
        "gender": gender,
        "median_hz": median_hz,
        "mean_log_f0": math.log(median_hz),
        "licence": "CC BY 4.0",
        "source": _CORPUS + name,
        "models": ["stream"],
        "own": False,
        "preview": "",
    } | more


VOICES = [
    voice("p225", "F", 205),
    voice("p226", "M", 112),
    voice("p227", "M", 101),
    voice("p228", "F", 192),
    voice("p230", "F", 188),
    voice("p232", "M", 109),
    voice("p239", "F", 181),
    voice("p243", "M", 114),
]
MODELS = [
    {
        "name": "stream",
        "path": "",
        "system": "stream",
        "mode": "speaker",
        "kind": "stateful",
        "voices": [],
        "licence": "MIT",
        "note": "",
    }
]


class DemoLink(EngineLink):
    """Does at once what it is asked, and remembers it in `requests`; refuses what is in `refusals`."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__([], parent)
        self.requests: list[tuple[str, dict[str, Any]]] = []
        self.refusals: dict[str, tuple[str, int]] = {}  # command to sentence and code
        self.settings = dict(SETTINGS)
        self.voices, self.models, self.devices = list(VOICES), list(MODELS), list(DEVICES)
        self.state = "stopped"
        self.is_open = False

    def open(self) -> None:
        self.is_open = True
        self.say("hello", protocol=1, settings=dict(self.settings))

    def close(self) -> None:
        self.is_open = False

    def reopen(self, environment: dict[str, str]) -> None:
        self.environment = environment
        self.open()

    def request(self, cmd: str, then: Then | None = None, **fields: Any) -> None:
        self.requests.append((cmd, fields))
        if cmd in self.refusals:
            error, code = self.refusals[cmd]
            answer: Event = {"ok": False, "error": error, "code": code}
        else:
            answer = {"ok": True, **getattr(self, f"_{cmd}")(fields)}
        if then:
            then({"event": "answer", "id": None, **answer})

    def asked(self, cmd: str) -> list[dict[str, Any]]:
        """What came with each command of this name."""
        return [fields for name, fields in self.requests if name == cmd]

    def say(self, event: str, **content: Any) -> None:
        self.event_came.emit({"event": event, **content})

    def tell_stats(self, **changes: Any) -> None:
        self.say("stats", **(STATS | changes))

    def lose(self, last_words: str = "") -> None:
        self.is_open = False
        self.lost.emit(last_words)

    def _to_state(self, state: str, message: str = "") -> None:
        self.state = state
        self.say("state", state=state, message=message)

    def _start(self, fields: dict[str, Any]) -> Event:
        self._to_state("running")
        return {
            "input": "USB Microphone",
            "output": "Headphones",
            "input_rate": 44100,
            "output_rate": 48000,
            "duplex": False,
        }

    def _stop(self, fields: dict[str, Any]) -> Event:
        self._to_state("stopped")
        return {}

    def _set(self, fields: dict[str, Any]) -> Event:
        self.settings |= fields
        return {}

    def _get(self, fields: dict[str, Any]) -> Event:
        return {"state": self.state, "settings": dict(self.settings)}

    def _record(self, fields: dict[str, Any]) -> Event:
        return {} if fields else {"seconds": 3.2}

    def _measure(self, fields: dict[str, Any]) -> Event:
        return {"loop_ms": 14.2, "reported_ms": 9.0, "total_ms": 88.4}

    def _spectrum(self, fields: dict[str, Any]) -> Event:
        return dict(MEANING)

    def _devices(self, fields: dict[str, Any]) -> Event:
        return {"devices": list(self.devices), "fresh": True}

    def _voices(self, fields: dict[str, Any]) -> Event:
        return {"voices": list(self.voices)}

    def _models(self, fields: dict[str, Any]) -> Event:
        return {"models": list(self.models)}


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
