"""DevicesPage: which microphone, which output, whether they work, and the way into other programs."""

from typing import Any

from PyQt6.QtCore import QUrl, pyqtSignal
from PyQt6.QtGui import QDesktopServices
from PyQt6.QtWidgets import QGridLayout, QWidget

from gui.cables import Guidance, guidance
from gui.device_box import DeviceBox
from gui.level_meter import LevelMeter
from gui.parts import GAP, Card, IconButton, Page, button, row, words

_WORKING_LEVEL = 0.02


class DevicesPage(Page):
    change_asked = pyqtSignal(dict)
    refresh_asked = pyqtSignal()
    tone_asked = pyqtSignal(str)  # on the output of this name
    microphone_test_asked = pyqtSignal(bool)
    cable_asked = pyqtSignal()
    measure_asked = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.refresh = IconButton("refresh", self.tr("Look again"), "")
        head = row(words(self.tr("Devices"), "title"), stretch=True)
        head.addWidget(self.refresh)
        self.column.addLayout(head)
        grid = QGridLayout()
        grid.setSpacing(GAP)
        self._input_card, self._output_card = self._microphone(), self._output()
        grid.addWidget(self._input_card, 0, 0)
        grid.addWidget(self._output_card, 0, 1)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        self.column.addLayout(grid)
        lower = QGridLayout()
        lower.setSpacing(GAP)
        lower.addWidget(self._cable(), 0, 0)
        lower.addWidget(self._delay(), 0, 1)
        lower.setColumnStretch(0, 1)
        lower.setColumnStretch(1, 1)
        self.column.addLayout(lower)
        self.column.addStretch(1)
        self._devices: list[dict[str, Any]] = []
        self._loudest = 0.0
        self._has_cable = False
        self._guidance = Guidance("", "")
        self._wire()

    def _microphone(self) -> Card:
        card = Card(self.tr("Microphone"))
        self.input = DeviceBox("input", self.tr("Microphone"))
        self.input_note = words("", "muted", wraps=True)
        self.meter = LevelMeter(self.tr("Level of the microphone"))
        self.test = button(self.tr("Test the microphone"))
        self.test.setCheckable(True)
        self.test.setToolTip(self.tr("Nothing is played, so nothing can howl"))
        self.test_note = words(self.tr("Speak, and watch the level."), "muted", wraps=True)
        for widget in (self.input, self.input_note, self.meter):
            card.body.addWidget(widget)
        line = row(self.test)
        line.addWidget(self.test_note, 1)
        card.body.addLayout(line)
        card.body.addStretch(1)
        return card

    def _output(self) -> Card:
        card = Card(self.tr("Output"))
        self.output = DeviceBox("output", self.tr("Output"))
        self.output_note = words("", "muted", wraps=True)
        self.tone = button(self.tr("Play a test tone"))
        tone_note = words(self.tr("Headphones keep the voice out of the microphone."), "muted", wraps=True)
        card.body.addWidget(self.output)
        card.body.addWidget(self.output_note)
        self.monitor = DeviceBox("output", self.tr("Second output"), self.tr("Nowhere else"))
        self.monitor_name = words(self.tr("To be heard as well on"), "muted")
        line = row(self.monitor_name, self.monitor)
        line.setStretch(1, 1)
        card.body.addLayout(line)
        card.body.addStretch(1)
        line = row(self.tone)
        line.addWidget(tone_note, 1)
        card.body.addLayout(line)
        return card

    def _cable(self) -> Card:
        card = Card(self.tr("Into a call, a game or a stream"))
        self.cable_title = words("", wraps=True)
        self.cable_text = words("", "muted", wraps=True)
        self.cable_button = button("")
        card.body.addWidget(self.cable_title)
        card.body.addWidget(self.cable_text)
        card.body.addStretch(1)
        card.body.addLayout(row(self.cable_button, stretch=True))
        return card

    def _delay(self) -> Card:
        card = Card(self.tr("True delay"))
        self.delay = words("", wraps=True)
        text = self.tr(
            "What devices say of themselves is often wrong. Hold the microphone to the loudspeaker or the "
            "headphones: some chirps are played and timed."
        )
        self.measure = button(self.tr("Measure the delay"))
        card.body.addWidget(words(text, "muted", wraps=True))
        card.body.addWidget(self.delay)
        card.body.addStretch(1)
        card.body.addLayout(row(self.measure, stretch=True))
        self.show_measured("")
        return card

    def show_measured(self, text: str) -> None:
        self.delay.setText(text or self.tr("Not measured for these devices yet."))

    def _wire(self) -> None:
        self.input.picked.connect(lambda value: self.change_asked.emit({"input": value}))
        self.output.picked.connect(lambda value: self.change_asked.emit({"output": value}))
        self.monitor.picked.connect(lambda value: self.change_asked.emit({"monitor": value}))
        self.measure.clicked.connect(self.measure_asked)
        self.refresh.clicked.connect(self.refresh_asked)
        self.tone.clicked.connect(lambda: self.tone_asked.emit(self.output.device_name()))
        self.test.clicked.connect(self._test)
        self.cable_button.clicked.connect(self._help_with_cable)

    def show_devices(self, devices: list[dict[str, Any]]) -> None:
        self._devices = devices
        self.input.show_devices(devices)
        self.output.show_devices(devices)
        self.monitor.show_devices(devices)
        self.test.setEnabled(not self.input.is_empty)
        self.measure.setEnabled(not self.input.is_empty and not self.output.is_empty)
        self.tone.setEnabled(not self.output.is_empty)
        self._note()
        self.show_cable(self._has_cable)

    def show_settings(self, settings: dict[str, Any]) -> None:
        self.input.show_value(settings["input"])
        self.output.show_value(settings["output"])
        for widget in (self.monitor, self.monitor_name):
            widget.setVisible("monitor" in settings)
        self.monitor.show_value(settings.get("monitor"))
        self._note()

    def show_cable(self, has_cable: bool) -> None:
        self._has_cable = has_cable
        self._guidance = guidance(self._devices, has_cable=has_cable)
        self.cable_title.setText(self._guidance.title)
        self.cable_text.setText(self._guidance.text)
        self.cable_button.setVisible(bool(self._guidance.link) or self._guidance.can_be_made)
        is_made = self._guidance.can_be_made
        self.cable_button.setText(self.tr("Make it and use it") if is_made else self.tr("Open its page"))

    def show_stats(self, stats: dict[str, Any]) -> None:
        self.meter.show_level(stats["input_peak"])
        if self.test.isChecked():
            self._loudest = max(self._loudest, stats["input_peak"])
            if self._loudest > _WORKING_LEVEL:
                self.test_note.setText(self.tr("It works: you are heard."))

    def end_test(self) -> None:
        self.test.setChecked(False)
        self.meter.rest()

    def _test(self, is_on: bool) -> None:
        self._loudest = 0.0
        self.test_note.setText(self.tr("Speak, and watch the level."))
        self.microphone_test_asked.emit(is_on)

    def _note(self) -> None:
        here, there = self.input.rate(), self.output.rate()
        rate = self.tr("Works at {0:g} kHz.")
        missing = self.tr("Connect one, or switch it on, then look again. Files can be converted without it.")
        self.input_note.setText(missing if self.input.is_empty else rate.format(here / 1000))
        text = missing if self.output.is_empty else rate.format(there / 1000)
        if here and there and here != there:
            text += " " + self.tr("The microphone's {0:g} kHz are adapted; nothing has to be set.").format(
                here / 1000
            )
        self.output_note.setText(text)

    def _help_with_cable(self) -> None:
        if self._guidance.can_be_made:
            self.cable_asked.emit()
        else:
            QDesktopServices.openUrl(QUrl(self._guidance.link))
