"""FirstRun: microphone, output, voice, and a try that cannot howl, one after the other."""

import tempfile
from pathlib import Path
from typing import Any

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QComboBox, QDialog, QProgressBar, QStackedWidget, QVBoxLayout, QWidget

from gui.controller import Controller
from gui.device_box import DeviceBox
from gui.level_meter import LevelMeter
from gui.microphone_take import MicrophoneTake
from gui.parts import GAP, button, row, words
from gui.player import Player
from gui.program_call import ProgramCall

_SECONDS = 4.0


class FirstRun(QDialog):
    ended = pyqtSignal()

    def __init__(self, controller: Controller, player: Player, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("First steps"))
        self.setMinimumSize(520, 340)
        self._controller, self._player = controller, player
        self._folder = tempfile.TemporaryDirectory(prefix="rtvc-try-")
        self.call = ProgramCall
        self.take = MicrophoneTake(controller, _SECONDS, self)
        self.input = DeviceBox("input", self.tr("Microphone"))
        self.output = DeviceBox("output", self.tr("Output"))
        self.voice = QComboBox()
        self.voice.setAccessibleName(self.tr("Voice"))
        self.meter = LevelMeter(self.tr("Level of the microphone"))
        self.bar = QProgressBar()
        self.bar.setRange(0, 100)
        self.bar.setTextVisible(False)
        self.tone = button(self.tr("Play a test tone"))
        self.listen = button(self.tr("Listen to this voice"))
        self.try_it = button(self.tr("Record 4 seconds"), "primary")
        self.note = words("", "muted", wraps=True)
        self.steps = QStackedWidget()
        self.back = button(self.tr("Back"))
        self.onward = button(self.tr("Next"), "primary")
        self._lay_out()
        self._wire()
        self._fill()
        self._go(0)

    def _lay_out(self) -> None:
        self._step(
            self.tr("Which microphone do you speak into?"),
            self.tr("Headphones on: a loudspeaker beside the microphone would be heard by it."),
            self.input,
        )
        self._step(
            self.tr("Where is the voice to be heard?"),
            self.tr("Your headphones to begin with. The way into calls and streams is on the page Devices."),
            self.output,
            self.tone,
        )
        self._step(
            self.tr("Whose voice would you like?"),
            self.tr("You can change it at any time, also while you speak."),
            self.voice,
            self.listen,
        )
        self._step(
            self.tr("Try it"),
            self.tr("Say a sentence. It is played to you afterwards, so nothing can howl."),
            self.meter,
            self.bar,
            self.try_it,
            self.note,
        )
        skip = button(self.tr("Skip"), "quiet")
        skip.clicked.connect(self.accept)
        foot = row(skip, stretch=True)
        foot.addWidget(self.back)
        foot.addWidget(self.onward)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 22, 24, 18)
        column.addWidget(self.steps, 1)
        column.addLayout(foot)

    def _step(self, title: str, text: str, *widgets: QWidget) -> None:
        step = QWidget()
        column = QVBoxLayout(step)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        column.addWidget(words(title, "title"))
        column.addWidget(words(text, "muted", wraps=True))
        column.addSpacing(6)
        for widget in widgets:
            column.addWidget(widget)
        column.addStretch(1)
        self.steps.addWidget(step)

    def _wire(self) -> None:
        change = self._controller.change
        self.input.picked.connect(lambda value: change(input=value))
        self.output.picked.connect(lambda value: change(output=value))
        self.voice.activated.connect(lambda _: change(target=self.voice.currentData()))
        self.tone.clicked.connect(lambda: self._player.play_tone(self.output.device_name()))
        self.listen.clicked.connect(self._listen)
        self.try_it.clicked.connect(lambda: self._try())
        self.back.clicked.connect(lambda: self._go(self.steps.currentIndex() - 1))
        self.onward.clicked.connect(self._next)
        self.take.heard.connect(self._hear)
        self.take.finished.connect(self._has_taken)
        self.take.failed.connect(self._has_failed)
        self._controller.devices_changed.connect(lambda _: self._fill())
        self._controller.voices_changed.connect(lambda _: self._fill())

    def _fill(self) -> None:
        controller = self._controller
        for box, end in ((self.input, "input"), (self.output, "output")):
            box.show_devices(controller.devices)
            box.show_value(controller.settings.get(end))
        self.voice.clear()
        for voice in controller.voices:
            self.voice.addItem(
                f"{voice['name']}  ·  {voice['gender']}  ·  {voice['median_hz']} Hz", voice["id"]
            )
        self.voice.setCurrentIndex(self.voice.findData(controller.settings.get("target")))
        self.try_it.setEnabled(not self.input.is_empty)
        if self.input.is_empty:
            self.note.setText(self.tr("No microphone is connected. Files can be converted all the same."))

    def _go(self, place: int) -> None:
        self.steps.setCurrentIndex(place)
        is_last = place == self.steps.count() - 1
        self.back.setEnabled(place > 0)
        self.onward.setText(self.tr("Done") if is_last else self.tr("Next"))

    def _next(self) -> None:
        if self.steps.currentIndex() == self.steps.count() - 1:
            self.accept()
        else:
            self._go(self.steps.currentIndex() + 1)

    def _listen(self) -> None:
        voices = self._controller.voices
        chosen = next((voice for voice in voices if voice["id"] == self.voice.currentData()), None)
        if chosen and chosen["preview"]:
            self._player.play_file(Path(chosen["preview"]), self.output.device_name())

    def _try(self) -> None:
        self.try_it.setEnabled(False)
        self.note.setText(self.tr("Speak now …"))
        self.take.begin(Path(self._folder.name) / "take.wav")

    def _hear(self, level: float, share: float) -> None:
        self.meter.show_level(level)
        self.bar.setValue(round(100 * share))

    def _has_taken(self, path: str, fault: str) -> None:
        self.meter.rest()
        self.note.setText(fault or self.tr("One moment …"))
        target = str(self._controller.settings["target"])
        self.call([path, str(self._spoken), "--target", target], self._has_converted, self)

    @property
    def _spoken(self) -> Path:
        return Path(self._folder.name) / "voice.wav"

    def _has_converted(self, answer: dict[str, Any]) -> None:
        self.try_it.setEnabled(True)
        if "error" in answer:
            self.note.setText(str(answer["error"]))
        elif self._player.play_file(self._spoken, self.output.device_name()):
            self.note.setText(self.tr("This is how you sound."))

    def _has_failed(self, why: str) -> None:
        self.meter.rest()
        self.try_it.setEnabled(True)
        self.note.setText(why)

    def done(self, result: int) -> None:
        self.take.cancel()
        super().done(result)
        self._folder.cleanup()
        self.ended.emit()
