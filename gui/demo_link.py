"""DemoLink answers as the engine does, without a process or a sound: for pictures and for tests."""

import math
from typing import Any

from PyQt6.QtCore import QObject

from gui.demo_speech import BANDS, COLUMNS_PER_SECOND
from gui.engine_link import EngineLink, Event, Then
from gui.instrument_strokes import INSTRUMENTS

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
    "timbre": "flute",
    "scale": None,
    "scale_strength": 1.0,
    "scale_glide_ms": 60.0,
    "vibrato": 1.0,
    "added_vibrato_cents": 0.0,
    "breath": 1.0,
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
    "latency": {"input_ms": 3.1, "chain_ms": 64.8, "buffer_ms": 10.0, "output_ms": 5.0, "total_ms": 82.9},
    "load": 0.17,
    "hop_p99_ms": 2.1,
    "effort": 1.0,
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


def model(name: str, mode: str, **more: Any) -> dict[str, Any]:
    row = {"name": name, "path": "", "system": name, "mode": mode, "kind": "stateful", "voices": []}
    return row | {"licence": "MIT", "note": ""} | more


_SPEAKERS = ["george", "jackson", "lucas", "nicolas", "theo", "yweweler"]
MODELS = [
    model("stream", "speaker"),
    model("digits-cnn", "digits", voices=_SPEAKERS),
    model("digits-mlp", "digits", voices=_SPEAKERS),
    model("timbre", "timbre", voices=list(INSTRUMENTS)),
    model("timbre-mels", "timbre", voices=list(INSTRUMENTS)),
]
TIMBRES = [{"name": name, "models": ["timbre"], "licence": "MIT"} for name in INSTRUMENTS]


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

    def _say(self, fields: dict[str, Any]) -> Event:
        if not fields:
            return {}
        return {"number": len(self.asked("say")), "voice": "theo", "seed": 7}

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

    def _timbres(self, fields: dict[str, Any]) -> Event:
        return {"timbres": list(TIMBRES)}
