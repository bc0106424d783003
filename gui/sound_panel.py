"""SoundPanel: how the voice, or the instrument, is to sound. Shows the settings that the engine knows."""

from typing import Any

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QCheckBox, QComboBox, QGridLayout, QHBoxLayout, QWidget

from gui.blend import Blend
from gui.modes import TIMBRE, shown_mode
from gui.parts import Card, row, words
from gui.segmented import Segmented
from gui.timbre_controls import TimbreControls
from gui.value_slider import ValueSlider, semitones
from rtvc.presets import PRESETS
from rtvc.settings import model_meant

_QUALITY_PIXELS, _CHECK_PIXELS = 82, 20
_GATE_REST_DB = -50.0
_COLUMNS = 4
_Rows = list[list[tuple[QWidget, int]]]  # widgets, and how many columns each of them takes


def _share(value: float) -> str:
    return f"{value:.0%}"


def _decibels(value: float) -> str:
    return f"{value:+.0f} dB" if value else "0 dB"


class SoundPanel(Card):
    changed = pyqtSignal(dict)  # settings by the engine's names

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.quality = Segmented(self.tr("Delay and quality"), _QUALITY_PIXELS)
        names = {"low": self.tr("Low delay"), "balanced": self.tr("Balanced"), "quality": self.tr("Quality")}
        self.quality.offer(
            {name: names.get(name, name) for name in PRESETS},
            {name: preset.description for name, preset in PRESETS.items()},
        )
        self.model = QComboBox()
        self.model.setAccessibleName(self.tr("Model"))
        self.model.setToolTip(self.tr("The model that speaks, or plays"))
        self.presets_place = QHBoxLayout()
        self.sliders = {
            "pitch_semitones": ValueSlider(self.tr("Pitch"), (-12, 12), 0.5, semitones),
            "formant_semitones": ValueSlider(self.tr("Formant"), (-6, 6), 0.5, semitones),
            "noise_reduction": ValueSlider(self.tr("Noise reduction"), (0, 1), 0.05, _share),
            "input_gain_db": ValueSlider(self.tr("Microphone"), (-24, 24), 1, _decibels),
            "output_gain_db": ValueSlider(self.tr("Output"), (-24, 24), 1, _decibels),
        }
        self.blend = Blend()
        self.gate_is_on = QCheckBox()
        self.gate_is_on.setAccessibleName(self.tr("Noise gate on"))
        self.gate_is_on.setFixedWidth(_CHECK_PIXELS)  # it would keep room for a text
        self.gate_is_on.setToolTip(self.tr("Silence what is quieter than this"))
        self.gate = ValueSlider(self.tr("Gate"), (-80, -20), 1, lambda v: f"{v:.0f} dB", _GATE_REST_DB)
        self.gate.head.insertWidget(0, self.gate_is_on)
        head = row(words(self.tr("Sound"), "heading"), stretch=True)
        head.addLayout(self.presets_place)
        head.addWidget(self.model)
        head.addWidget(self.quality)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(22)
        self._grid.setVerticalSpacing(8)
        self.body.setContentsMargins(16, 10, 16, 12)
        self.body.setSpacing(8)
        self.body.addLayout(head)
        self.body.addLayout(self._grid)
        self._laid_out: _Rows = []
        self._models: list[dict[str, Any]] = []
        self._offered = ""  # the mode whose models are offered
        self.timbre: TimbreControls | None = None  # made when they are seen first
        self._wire()

    def _wire(self) -> None:
        self.quality.chosen.connect(lambda name: self.changed.emit({"preset": name}))
        self.model.activated.connect(lambda _: self.changed.emit({"model": self.model.currentData()}))
        for name, slider in self.sliders.items():
            slider.moved.connect(lambda value, name=name: self.changed.emit({name: value}))
        self.gate_is_on.clicked.connect(self._gate_moved)
        self.gate.moved.connect(self._gate_moved)
        self.blend.changed.connect(lambda target: self.changed.emit({"target": target}))

    def _gate_moved(self) -> None:
        self.changed.emit({"gate_db": self.gate.value if self.gate_is_on.isChecked() else None})

    def show_models(self, models: list[dict[str, Any]]) -> None:
        self._models = [model for model in models if not model["note"]]
        self._offer_models(self._offered)

    def _offer_models(self, mode: str) -> None:
        """Those that are for this mode; one is no choice."""
        self._offered = mode
        current = self.model.currentData()
        self.model.clear()
        for model in self._models:
            if model["mode"] == mode:
                self.model.addItem(model["name"], model["name"])
        self.model.setCurrentIndex(max(0, self.model.findData(current)))
        self.model.setVisible(self.model.count() > 1)

    def show_settings(self, settings: dict[str, Any]) -> None:
        mode = shown_mode(settings)
        if mode != self._offered:
            self._offer_models(mode)
        self._lay_out(self._rows(settings))
        self.quality.choose(settings["preset"])
        self.model.setCurrentIndex(self.model.findData(model_meant(mode, settings["model"])))
        if self.timbre is not None and mode == TIMBRE:
            self.timbre.show_settings(settings)
        for name, slider in self.sliders.items():
            if name in settings:
                slider.show_value(float(settings[name]))
        self.blend.show_target(settings["target"])
        gate = settings["gate_db"]
        self.gate_is_on.setChecked(gate is not None)
        self.gate.slider.setEnabled(gate is not None)
        if gate is not None:
            self.gate.show_value(gate)

    def _rows(self, settings: dict[str, Any]) -> _Rows:
        """What makes the sound above, what keeps noise out of it below, both as far as the engine has it."""
        names = ("input_gain_db", "gate_db", "noise_reduction", "output_gain_db")
        sliders = self.sliders | {"gate_db": self.gate}
        below: list[tuple[QWidget, int]] = [(sliders[name], 1) for name in names if name in settings]
        if shown_mode(settings) == TIMBRE:
            return [*self._timbre_controls().rows(), below]
        voice = ("pitch_semitones", "formant_semitones")
        above: list[tuple[QWidget, int]] = [(sliders[name], 1) for name in voice if name in settings]
        return [[*above, (self.blend, len(below) - len(above))], below]

    def _timbre_controls(self) -> TimbreControls:
        if self.timbre is None:
            self.timbre = TimbreControls(self)
            self.timbre.changed.connect(self.changed)
        return self.timbre

    def _lay_out(self, rows: _Rows) -> None:
        if rows == self._laid_out:
            return
        shown = {widget for row in rows for widget, _ in row}
        known = {*self.sliders.values(), *(widget for row in self._laid_out for widget, _ in row)}
        for widget in known:
            self._grid.removeWidget(widget)
            widget.setVisible(widget in shown)
        for line, widgets in enumerate(rows):
            column = 0
            for widget, columns in widgets:
                self._grid.addWidget(widget, line, column, 1, columns)
                widget.show()
                column += columns
        for column in range(_COLUMNS):
            self._grid.setColumnStretch(column, 1 if column < len(rows[-1]) else 0)
        self._laid_out = rows
