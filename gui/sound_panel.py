"""SoundPanel: how the voice is to sound. Shows the settings that the engine knows."""

from typing import Any

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QCheckBox, QComboBox, QGridLayout, QHBoxLayout, QWidget

from gui.blend import Blend
from gui.parts import Card, row, words
from gui.segmented import Segmented
from gui.value_slider import ValueSlider
from rtvc.presets import PRESETS

_QUALITY_PIXELS, _CHECK_PIXELS = 82, 20
_GATE_REST_DB = -50.0


def _semitones(value: float) -> str:
    return f"{value:+.1f} st" if value else "0 st"


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
        self.model.setToolTip(self.tr("The model that speaks"))
        self.presets_place = QHBoxLayout()
        self.sliders = {
            "pitch_semitones": ValueSlider(self.tr("Pitch"), (-12, 12), 0.5, _semitones),
            "formant_semitones": ValueSlider(self.tr("Formant"), (-6, 6), 0.5, _semitones),
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
        self._laid_out: list[QWidget] = []
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
        """Those that speak; one is no choice."""
        current = self.model.currentData()
        self.model.clear()
        for model in models:
            if not model["note"] and model["mode"] == "speaker":
                self.model.addItem(model["name"], model["name"])
        self.model.setCurrentIndex(max(0, self.model.findData(current)))
        self.model.setVisible(self.model.count() > 1)

    def show_settings(self, settings: dict[str, Any]) -> None:
        self._lay_out(settings)
        self.quality.choose(settings["preset"])
        self.model.setCurrentIndex(self.model.findData(settings["model"]))
        for name, slider in self.sliders.items():
            if name in settings:
                slider.show_value(float(settings[name]))
        self.blend.show_target(settings["target"])
        gate = settings["gate_db"]
        self.gate_is_on.setChecked(gate is not None)
        self.gate.slider.setEnabled(gate is not None)
        if gate is not None:
            self.gate.show_value(gate)

    def _lay_out(self, settings: dict[str, Any]) -> None:
        """What makes the voice above, what keeps noise out of it below, both as far as the engine has it."""
        above = [self.sliders[name] for name in ("pitch_semitones", "formant_semitones") if name in settings]
        below = [self.sliders["input_gain_db"], self.gate]
        below += [self.sliders[name] for name in ("noise_reduction",) if name in settings]
        below += [self.sliders["output_gain_db"]]
        shown = [*above, self.blend, *below]
        if shown == self._laid_out:
            return
        for widget in self._laid_out:
            self._grid.removeWidget(widget)
            widget.setVisible(widget in shown)
        for column, widget in enumerate(above):
            self._grid.addWidget(widget, 0, column)
        self._grid.addWidget(self.blend, 0, len(above), 1, len(below) - len(above))
        for column, widget in enumerate(below):
            self._grid.addWidget(widget, 1, column)
            self._grid.setColumnStretch(column, 1)
        for widget in shown:
            widget.show()
        self._laid_out = shown
