"""DigitSound: who says the digits, how differently, and in whose voice."""

from typing import Any

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QComboBox, QGridLayout, QVBoxLayout, QWidget

from gui.modes import DIGITS
from gui.parts import Card, row, words
from gui.segmented import Segmented
from gui.value_slider import HEAD_PIXELS, ValueSlider, semitones
from rtvc.digit_settings import ANY_VOICE

_PREFIX = "digits-"  # of the models' names; the engine takes them without
_SEGMENT_PIXELS = 56


class DigitSound(Card):
    changed = pyqtSignal()  # what is said from now on
    sound_changed = pyqtSignal(dict)  # settings by the engine's names

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self._voices: dict[str, list[str]] = {}  # of each model
        self._voice, self._model, self._target = ANY_VOICE, "", ""
        self.model = Segmented(self.tr("Model"), _SEGMENT_PIXELS)
        self.voices = Segmented(self.tr("Spoken by"))
        self.variation = ValueSlider(self.tr("Variation"), (0, 1), 0.05, lambda v: f"{v:.0%}", 1.0)
        self.variation.setToolTip(self.tr("How different one 7 is from the next"))
        self.target = QComboBox()
        self.target.setAccessibleName(self.tr("In the voice of"))
        self.target.setProperty("compact", True)
        self.sliders = {
            "pitch_semitones": ValueSlider(self.tr("Pitch"), (-12, 12), 0.5, semitones),
            "formant_semitones": ValueSlider(self.tr("Formant"), (-6, 6), 0.5, semitones),
        }
        self._lay_out()
        self._wire()
        self.show_voices([])

    def _lay_out(self) -> None:
        head = row(words(self.tr("Spoken by"), "heading"), stretch=True)
        head.addWidget(self.model)
        own = QVBoxLayout()
        own.setSpacing(2)
        name = words(self.tr("In the voice of"), "muted")
        name.setFixedHeight(HEAD_PIXELS)
        own.addWidget(name)
        own.addWidget(self.target)
        grid = QGridLayout()
        grid.setHorizontalSpacing(22)
        grid.addWidget(self.variation, 0, 0)
        grid.addLayout(own, 0, 1)
        for column, slider in enumerate(self.sliders.values(), 2):
            grid.addWidget(slider, 0, column)
        for column in range(grid.columnCount()):
            grid.setColumnStretch(column, 1)
        self.body.setContentsMargins(16, 10, 16, 12)
        self.body.setSpacing(8)
        self.body.addLayout(head)
        self.body.addWidget(self.voices)
        self.body.addLayout(grid)

    def _wire(self) -> None:
        self.model.chosen.connect(self._choose_model)
        self.voices.chosen.connect(self._choose_voice)
        self.variation.moved.connect(lambda _: self.changed.emit())
        self.target.activated.connect(lambda _: self._choose_target())
        for name, slider in self.sliders.items():
            slider.moved.connect(lambda value, name=name: self.sound_changed.emit({name: value}))

    # ---- what there is

    def show_models(self, models: list[dict[str, Any]]) -> None:
        """Rows as the engine lists them; those that speak digits are of interest."""
        speaking = [model for model in models if model["mode"] == DIGITS and not model["note"]]
        self._voices = {model["name"].removeprefix(_PREFIX): model["voices"] for model in speaking}
        self.model.offer({name: name.upper() for name in self._voices})
        self._show_model(self._model)

    def show_voices(self, voices: list[dict[str, Any]]) -> None:
        """Those it can be turned into."""
        self.target.clear()
        self.target.addItem(self.tr("Their own"), "")
        for voice in voices:
            self.target.addItem(voice["name"], voice["id"])
        self._show_target(self._target)

    def show_settings(self, settings: dict[str, Any]) -> None:
        for name, slider in self.sliders.items():
            slider.show_value(float(settings[name]))

    # ---- what is chosen

    def choices(self) -> dict[str, Any]:
        """As the engine's `say` takes them."""
        chosen = {"voice": self._voice, "variation": self.variation.value}
        named = {"model": self._model, "target": self.target.currentData()}
        return chosen | {name: value for name, value in named.items() if value}

    def show_choices(self, choices: dict[str, Any]) -> None:
        self._voice = str(choices.get("voice", ANY_VOICE))
        variation = choices.get("variation", 1.0)
        self.variation.show_value(float(variation) if isinstance(variation, int | float) else 1.0)
        self._show_model(str(choices.get("model", "")))
        self._show_target(str(choices.get("target", "")))

    def _show_model(self, model: str) -> None:
        self._model = model if model in self._voices or not self._voices else next(iter(self._voices))
        self.model.choose(self._model)
        self.model.setVisible(len(self._voices) > 1)
        voices = self._voices.get(self._model, [])
        if self._voices and self._voice not in voices:
            self._voice = ANY_VOICE
        if self.voices.keys() != [ANY_VOICE, *voices]:
            names = {voice: voice.capitalize() for voice in voices}
            self.voices.offer({ANY_VOICE: self.tr("Anyone"), **names})
        self.voices.choose(self._voice)

    def _show_target(self, target: str) -> None:
        """It may be known before the voices are."""
        self._target = target
        self.target.setCurrentIndex(max(0, self.target.findData(target)))
        for slider in self.sliders.values():
            slider.slider.setEnabled(bool(self.target.currentData()))

    def _choose_model(self, model: str) -> None:
        self._show_model(model)
        self.changed.emit()

    def _choose_voice(self, voice: str) -> None:
        self._voice = voice
        self.changed.emit()

    def _choose_target(self) -> None:
        self._show_target(self.target.currentData())
        self.changed.emit()
