"""LivePage: everything one needs while speaking. Lays out and wires, decides nothing."""

from typing import Any

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from gui.blend import first_voice
from gui.digit_speech import DigitPanels
from gui.hints import HintFinder
from gui.instruments import InstrumentPanel, instrument_name
from gui.modes import DIGITS, SPEAKER, TIMBRE, shown_mode
from gui.parts import GAP, Card, Page
from gui.segmented import Segmented
from gui.signal_view import SignalView
from gui.sound_panel import SoundPanel
from gui.status_strip import StatusStrip
from gui.transport import Transport
from gui.voice_panel import VoicePanel
from rtvc.blend import parts

_PANEL_WIDE, _PANEL_NARROW, _NARROW_PAGE = 292, 236, 1000


class LivePage(Page):
    change_asked = pyqtSignal(dict)
    mode_asked = pyqtSignal(str)
    timbres_wanted = pyqtSignal()
    digits_made = pyqtSignal(object)  # DigitPanels, when they are seen first

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.transport = Transport()
        self.voices = VoicePanel()
        self.instruments: InstrumentPanel | None = None  # what other modes need is made when it is seen
        self.digits: DigitPanels | None = None
        self.signal = SignalView()
        self.sound = SoundPanel()
        self.strip = StatusStrip()
        self._hints = HintFinder(self)
        self._settings: dict[str, Any] = {}
        self._names: dict[str, str] = {}
        self._mode = SPEAKER
        self._state, self._message, self._devices = "opening", "", ""
        self._lay_out()
        self.mode.chosen.connect(self.mode_asked)
        self.voices.chosen.connect(lambda voice: self.change_asked.emit({"target": voice, "mode": SPEAKER}))
        self.sound.changed.connect(self.change_asked)
        self.transport.bypass_switched.connect(lambda on: self.change_asked.emit({"bypass": on}))
        self.transport.mute_switched.connect(lambda on: self.change_asked.emit({"mute": on}))

    def _lay_out(self) -> None:
        self.mode = Segmented(self.tr("Mode"))
        self.mode.offer(
            {SPEAKER: self.tr("Speaker"), TIMBRE: self.tr("Timbre"), DIGITS: self.tr("Digits")},
            {
                SPEAKER: self.tr("Your words in another voice"),
                TIMBRE: self.tr("What you hum, played by an instrument"),
                DIGITS: self.tr("Numbers you type, spoken as nobody has before"),
            },
        )
        self.mode.choose(self._mode)
        self._mode_card = Card()
        self._mode_card.body.setContentsMargins(12, 10, 12, 10)
        self._mode_card.body.addWidget(self.mode)
        self._panels = QVBoxLayout()
        self._panels.addWidget(self.voices)
        self._right = QVBoxLayout()
        self._right.setSpacing(GAP)
        self._right.addWidget(self.signal, 1)
        self._right.addWidget(self.sound)
        self._right.addWidget(self.strip)
        grid = QGridLayout()
        grid.setSpacing(GAP)
        grid.addWidget(self._mode_card, 0, 0)
        grid.addWidget(self.transport, 0, 1)
        grid.addLayout(self._panels, 1, 0)
        grid.addLayout(self._right, 1, 1)
        grid.setColumnStretch(1, 1)
        grid.setRowStretch(1, 1)
        self.column.addLayout(grid, 1)

    # ---- modes

    def _show_mode(self, mode: str) -> None:
        self.mode.choose(mode)
        if mode == self._mode:
            return
        self._mode = mode
        if mode == TIMBRE and self.instruments is None:
            self._make_instruments()
        if mode == DIGITS and self.digits is None:
            self._make_digits()
        is_digits = mode == DIGITS
        self.voices.setVisible(mode == SPEAKER)
        self.sound.setVisible(not is_digits)
        self.transport.offer_comparison(not is_digits)
        if self.instruments is not None:
            self.instruments.setVisible(mode == TIMBRE)
        if self.digits is not None:
            self.digits.pad.setVisible(is_digits)
            self.digits.sound.setVisible(is_digits)
            self.signal.begin_with(self.digits.card if is_digits else None)

    def _make_instruments(self) -> None:
        self.instruments = InstrumentPanel()
        self.instruments.chosen.connect(lambda name: self.change_asked.emit({"timbre": name, "mode": TIMBRE}))
        self._panels.addWidget(self.instruments)
        self._fit(self.instruments)
        self.timbres_wanted.emit()

    def _make_digits(self) -> None:
        self.digits = DigitPanels()
        self._panels.addWidget(self.digits.pad)
        self._fit(self.digits.pad)
        self._right.insertWidget(self._right.indexOf(self.sound), self.digits.sound)
        self.digits_made.emit(self.digits)

    def step(self, places: int) -> None:
        """To the next voice or instrument, or the one before."""
        if self._mode == SPEAKER:
            self.voices.step(places)
        elif self._mode == TIMBRE and self.instruments is not None:
            self.instruments.step(places)

    # ---- what the engine says

    def show_voices(self, voices: list[dict[str, Any]]) -> None:
        self._names = {voice["id"]: voice["name"] for voice in voices}
        self.voices.show_voices(voices)
        self.sound.blend.show_voices(voices)
        if self._settings:
            self.show_settings(self._settings)

    def show_timbres(self, timbres: list[dict[str, Any]]) -> None:
        if self.instruments is not None:
            self.instruments.show_timbres(timbres)

    def show_settings(self, settings: dict[str, Any]) -> None:
        self._settings = settings
        self._mode_card.setVisible("timbre" in settings)  # an older engine has one mode
        self._show_mode(shown_mode(settings))
        self.voices.show_target(first_voice(settings["target"]))
        if self.instruments is not None:
            self.instruments.show_instrument(settings["timbre"])
        self.sound.show_settings(settings)
        self.transport.bypass.setChecked(settings["bypass"])
        self.transport.mute.setChecked(settings["mute"])
        self.signal.show_voice(self.name_of(settings))
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
        is_of_use = self._state == "running" and self._mode != DIGITS  # which hears no microphone
        hint = self._hints.hint if is_of_use else ""
        headphones = self.tr("With headphones on, the microphone does not hear the voice.")
        idle = {
            "stopped": headphones
            if self._mode != DIGITS
            else self.tr("Digits are saved without sound, too."),
            "running": self._devices,
        }
        self.transport.show_detail(hint or idle.get(self._state, ""), bool(hint))

    # ---- in words

    def _heard(self) -> str:
        if self._settings.get("mute"):
            return self.tr("Live – muted")
        if self._settings.get("bypass"):
            return self.tr("Live – your own voice")
        sentences = {
            SPEAKER: self.tr("Live – you speak as {0}"),
            TIMBRE: self.tr("Live – {0} plays what you hum"),
            DIGITS: self.tr("Live – type a number"),
        }
        return sentences[self._mode].format(self.name_of(self._settings))

    def name_of(self, settings: dict[str, Any]) -> str:
        """What is heard: of a blend, the names of all that are in it."""
        if not settings:
            return ""
        mode = shown_mode(settings)
        if mode == DIGITS:
            return self.tr("What others hear")
        if mode == TIMBRE:
            return instrument_name(settings["timbre"])
        shares = parts(settings["target"])
        return " + ".join(self._names.get(share.voice, share.voice) for share in shares)

    # ---- room

    def _fit(self, panel: QWidget) -> None:
        panel.setFixedWidth(_PANEL_NARROW if self.width() < _NARROW_PAGE else _PANEL_WIDE)

    def resizeEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        super().resizeEvent(event)
        pad = self.digits.pad if self.digits is not None else None
        for panel in (self._mode_card, self.voices, self.instruments, pad):
            if panel is not None:
                self._fit(panel)
        self.transport.be_narrow(self.width() < _NARROW_PAGE)
