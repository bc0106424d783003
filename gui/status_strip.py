"""StatusStrip: the figures an engineer looks for, in one line, each with an explanation when pointed at."""

from typing import Any

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QHBoxLayout, QWidget

from gui.parts import set_role, words

_NONE = "–"
_HIGH_LOAD = 0.7
_LESS_EFFORT = 0.95  # shown as less than all


class _Figure(QWidget):
    def __init__(self, name: str, hint: str) -> None:
        super().__init__()
        self.value = words(_NONE)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(6)
        line.addWidget(words(name, "muted"))
        line.addWidget(self.value)
        self.setToolTip(hint)
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def show_value(self, text: str, role: str = "") -> None:
        self.value.setText(text)
        self.setAccessibleDescription(text)
        set_role(self.value, role)


class StatusStrip(QWidget):
    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.delay = _Figure(self.tr("Delay"), self.tr("From your mouth to the listener's ear"))
        self._load_hint = self.tr("Time spent computing per time of sound, on one core")
        self.load = _Figure(self.tr("Load"), self._load_hint)
        self.faults = _Figure(self.tr("Interruptions"), self.tr("None so far"))
        self.time = _Figure(self.tr("Running"), self.tr("How much sound has been taken in"))
        line = QHBoxLayout(self)
        line.setContentsMargins(4, 0, 4, 0)
        line.setSpacing(24)
        for figure in (self.delay, self.load, self.faults, self.time):
            line.addWidget(figure)
        line.addStretch(1)
        self.rates = words("", "muted")
        line.addWidget(self.rates)

    def show_stats(self, stats: dict[str, Any]) -> None:
        latency = stats["latency"]
        self.delay.show_value(f"{latency['total_ms']:.0f} ms")
        self.delay.setToolTip(
            self.tr(
                "Microphone {0:.1f} ms\nConversion {1:.1f} ms\nBuffers {2:.1f} ms\nOutput {3:.1f} ms\n"
                "Devices are counted as the sound system states them."
            ).format(latency["input_ms"], latency["chain_ms"], latency["buffer_ms"], latency["output_ms"])
        )
        self._show_load(float(stats["load"]), float(stats["effort"]))
        faults = stats["underruns"] + stats["drops"] + stats["overruns"]
        self.faults.show_value(str(faults), "warning" if faults else "")
        self.faults.setToolTip(
            self.tr(
                "Output waited {0} times\nMicrophone waited {1} times\nSound cut to keep the delay {2} times "
                "({3:.0f} ms)\nReported by the sound system {4}\nDevices opened again {5}"
            ).format(
                stats["underruns"],
                stats["overruns"],
                stats["drops"],
                stats["dropped_ms"],
                stats["device_xruns"],
                stats["recoveries"],
            )
        )
        minutes, seconds = divmod(int(stats["seconds"]), 60)
        self.time.show_value(f"{minutes}:{seconds:02d}")

    def _show_load(self, load: float, effort: float) -> None:
        self.load.show_value(f"{load:.0%}", "warning" if load > _HIGH_LOAD else "")
        done = self.tr("There is time for all the work on the sound.")
        if effort < _LESS_EFFORT:
            done = self.tr(
                "There is time for {0:.0%} of the work on the sound; it is a little rougher, not late."
            ).format(effort)
        self.load.setToolTip(f"{self._load_hint}\n{done}")

    def show_link(self, link: dict[str, Any]) -> None:
        rates = f"{link['input_rate'] / 1000:g} → {link['output_rate'] / 1000:g} kHz"
        kind = self.tr("one clock") if link.get("duplex") else self.tr("two clocks")
        self.rates.setText(f"{rates} · {kind}")

    def rest(self) -> None:
        for figure in (self.delay, self.load):
            figure.show_value(_NONE)
        self.rates.setText("")
