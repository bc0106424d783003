"""LivePage: everything one needs while speaking. Lays out and wires, decides nothing."""

from typing import Any

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from gui.blend import first_voice
from gui.hints import HintFinder
from gui.parts import GAP, Page
from gui.signal_view import SignalView
from gui.sound_panel import SoundPanel
from gui.status_strip import StatusStrip
from gui.transport import Transport
from gui.voice_panel import VoicePanel
from rtvc.blend import parts

_VOICES_WIDE, _VOICES_NARROW, _NARROW_PAGE = 292, 236, 1000


class LivePage(Page):
    change_asked = pyqtSignal(dict)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.transport = Transport()
        self.voices = VoicePanel()
        self.signal = SignalView()
        self.sound = SoundPanel()
        self.strip = StatusStrip()
        self._hints = HintFinder(self)
        self._settings: dict[str, Any] = {}
        self._names: dict[str, str] = {}
        self._state, self._message, self._devices = "opening", "", ""
        right = QVBoxLayout()
        right.setSpacing(GAP)
        right.addWidget(self.transport)
        right.addWidget(self.signal, 1)
        right.addWidget(self.sound)
        right.addWidget(self.strip)
        line = QHBoxLayout()
        line.setSpacing(GAP)
        line.addWidget(self.voices)
        line.addLayout(right, 1)
        self.column.addLayout(line, 1)
        self.voices.chosen.connect(lambda voice: self.change_asked.emit({"target": voice, "mode": "speaker"}))
        self.sound.changed.connect(self.change_asked)
        self.transport.bypass_switched.connect(lambda on: self.change_asked.emit({"bypass": on}))
        self.transport.mute_switched.connect(lambda on: self.change_asked.emit({"mute": on}))

    def show_voices(self, voices: list[dict[str, Any]]) -> None:
        self._names = {voice["id"]: voice["name"] for voice in voices}
        self.voices.show_voices(voices)
        self.sound.blend.show_voices(voices)
        if self._settings:
            self.show_settings(self._settings)

    def show_settings(self, settings: dict[str, Any]) -> None:
        self._settings = settings
        self.voices.show_target(first_voice(settings["target"]))
        self.sound.show_settings(settings)
        self.transport.bypass.setChecked(settings["bypass"])
        self.transport.mute.setChecked(settings["mute"])
        self.signal.show_voice(self.voice_name())
        self._show_state()

    def show_state(self, state: str, message: str) -> None:
        self._state, self._message = state, message
        if state == "starting":
            self._hints.forget()
        if state in ("stopped", "failed", "lost"):
            self.signal.rest()
            self.strip.rest()
        self._show_state()

    def show_link(self, link: dict[str, Any]) -> None:
        self._devices = f"{link['input']} → {link['output']}"
        self.strip.show_link(link)
        self._show_state()

    def show_stats(self, stats: dict[str, Any]) -> None:
        self.signal.show_stats(stats)
        if self.transport.record.isChecked():
            self.transport.show_recording(stats["recorded_seconds"])
        self.strip.show_stats(stats)
        self._hints.add(stats)
        if self._state == "running":
            self._show_hint()

    def _show_state(self) -> None:
        self.transport.show_state(self._state, self._message, self._heard())
        if not self._message:
            self._show_hint()

    def _show_hint(self) -> None:
        hint = self._hints.hint if self._state == "running" else ""
        idle = {
            "stopped": self.tr("With headphones on, the microphone does not hear the voice."),
            "running": self._devices,
        }
        self.transport.show_detail(hint or idle.get(self._state, ""), bool(hint))

    def _heard(self) -> str:
        if self._settings.get("mute"):
            return self.tr("Live – muted")
        if self._settings.get("bypass"):
            return self.tr("Live – your own voice")
        return self.tr("Live – you speak as {0}").format(self.voice_name())

    def voice_name(self) -> str:
        """By its name; of a blend, the names of all that are in it."""
        if not self._settings:
            return ""
        shares = parts(self._settings["target"])
        return " + ".join(self._names.get(share.voice, share.voice) for share in shares)

    def resizeEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        super().resizeEvent(event)
        is_narrow = self.width() < _NARROW_PAGE
        self.voices.setFixedWidth(_VOICES_NARROW if is_narrow else _VOICES_WIDE)
        self.transport.be_narrow(is_narrow)
