"""TimbreControls: how an instrument plays what is hummed; rows for the panel Sound."""

from typing import Any

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtWidgets import QWidget

from gui.scale_choice import ScaleChoice
from gui.value_slider import ValueSlider


def _steps(value: float) -> str:
    return f"{value:+.0f} st" if value else "0 st"


def _share(value: float) -> str:
    return f"{value:.0%}"


class TimbreControls(QObject):
    changed = pyqtSignal(dict)  # settings by the engine's names

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.sliders = {
            "pitch_semitones": ValueSlider(self.tr("Transpose"), (-24, 24), 1, _steps),
            "vibrato": ValueSlider(self.tr("Your vibrato"), (0, 2), 0.05, _share, 1.0),
            "added_vibrato_cents": ValueSlider(
                self.tr("Added vibrato"), (0, 100), 5, lambda v: f"{v:.0f} ct"
            ),
            "breath": ValueSlider(self.tr("Breath"), (0, 2), 0.05, _share, 1.0),
            "scale_glide_ms": ValueSlider(self.tr("Glide"), (0, 500), 10, lambda v: f"{v:.0f} ms", 60.0),
        }
        self.sliders["vibrato"].setToolTip(self.tr("How much of your own is kept"))
        self.sliders["breath"].setToolTip(self.tr("The instrument's own noise"))
        self.sliders["scale_glide_ms"].setToolTip(self.tr("From one note of the scale to the next"))
        self.scale = ScaleChoice()
        for name, slider in self.sliders.items():
            slider.moved.connect(lambda value, name=name: self.changed.emit({name: value}))
        self.scale.moved.connect(lambda value: self.changed.emit({"scale_strength": value}))
        self.scale.changed.connect(lambda scale: self.changed.emit({"scale": scale}))

    def rows(self) -> list[list[tuple[QWidget, int]]]:
        """Widgets with how many columns each of them takes."""
        names = ("pitch_semitones", "vibrato", "added_vibrato_cents", "breath")
        return [
            [(self.sliders[name], 1) for name in names],
            [(self.scale, 3), (self.sliders["scale_glide_ms"], 1)],
        ]

    def show_settings(self, settings: dict[str, Any]) -> None:
        for name, slider in self.sliders.items():
            slider.show_value(float(settings[name]))
        self.scale.show_value(settings["scale_strength"])
        self.scale.show_scale(settings["scale"])
        self.sliders["scale_glide_ms"].slider.setEnabled(settings["scale"] is not None)
