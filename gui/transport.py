"""Transport: start and stop, what is going on in words, and the switches one needs while speaking."""

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtGui import QKeyEvent, QMouseEvent
from PyQt6.QtWidgets import QVBoxLayout, QWidget

from gui.parts import Card, Elided, IconButton, restyle, row, set_role, words

_HOLD_MS = 350


class HoldButton(IconButton):
    """A switch: a click turns it, holding it down turns it for as long as it is held."""

    switched = pyqtSignal(bool)

    def __init__(self, icon_name: str, text: str) -> None:
        super().__init__(icon_name, text)
        self.setCheckable(True)
        self._since: int | None = None  # when the mouse took hold of it, by the clock of the events
        self._was_on = False

    def nextCheckState(self) -> None:
        """Whoever does what was asked for sets it."""

    def keyReleaseEvent(self, event: QKeyEvent | None) -> None:
        is_pressed = self.isDown()
        super().keyReleaseEvent(event)
        if is_pressed and not self.isDown():
            self.switched.emit(not self.isChecked())

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        assert event is not None
        super().mousePressEvent(event)
        if self.isDown():
            self._since = event.timestamp()
            self._was_on = self.isChecked()
            if not self._was_on:
                self.switched.emit(True)

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        assert event is not None
        is_click = self.isDown()  # else it is let go beside the button
        super().mouseReleaseEvent(event)
        if self._since is None:
            return
        is_short = event.timestamp() - self._since < _HOLD_MS
        self._since = None
        if self._was_on and is_click:
            self.switched.emit(False)
        elif not self._was_on and not (is_click and is_short):
            self.switched.emit(False)


class Transport(Card):
    toggled = pyqtSignal()
    bypass_switched = pyqtSignal(bool)
    mute_switched = pyqtSignal(bool)
    record_switched = pyqtSignal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self._is_narrow = False
        self._recorded: float | None = None
        self.power = IconButton("play", self.tr("Start"), "big", "on_accent")
        self.power.setMinimumWidth(132)
        self.state = Elided("", "state")
        self.detail = words("", "muted", wraps=True)
        self.bypass = HoldButton("compare", self.tr("Compare"))
        self.bypass.setToolTip(self.tr("Your own voice, as late as the other. Hold it, or click to switch."))
        self.mute = self._switch("mute", self.tr("Mute"), self.tr("Nothing is heard of you"))
        self.record = self._switch("record", self.tr("Record"), self.tr("Both ends into WAV files"), "danger")
        texts = QVBoxLayout()
        texts.setSpacing(1)
        texts.addStretch(1)
        texts.addWidget(self.state)
        texts.addWidget(self.detail)
        texts.addStretch(1)
        line = row(self.power, spacing=12)
        line.addLayout(texts, 1)
        for switch in (self.bypass, self.mute, self.record):
            line.addWidget(switch)
        line.setSpacing(8)
        line.insertSpacing(1, 6)
        self.body.setContentsMargins(12, 10, 12, 10)
        self.body.addLayout(line)
        self.power.clicked.connect(self.toggled)
        self.bypass.switched.connect(self.bypass_switched)
        self.mute.clicked.connect(self.mute_switched)
        self.record.clicked.connect(self.record_switched)
        self.show_state("opening", "", "")

    def _switch(self, icon_name: str, text: str, hint: str, colour: str = "text") -> IconButton:
        switch = IconButton(icon_name, text, "", colour)
        switch.setCheckable(True)
        switch.setToolTip(hint)
        return switch

    def offer_comparison(self, is_offered: bool) -> None:
        """Where nothing of the microphone is heard, there is nothing to compare with."""
        self.bypass.setVisible(is_offered)

    def be_narrow(self, is_narrow: bool) -> None:
        """Where there is little room, the switches keep their icons and their names for those who listen."""
        self._is_narrow = is_narrow
        for switch, text in ((self.bypass, self.tr("Compare")), (self.mute, self.tr("Mute"))):
            switch.setText("" if is_narrow else text)
            switch.setAccessibleName(text)
        self.show_recording(self._recorded)

    def show_state(self, state: str, message: str, heard: str) -> None:
        """Args: heard: what is heard while sound runs."""
        titles = {
            "opening": self.tr("Getting ready …"),
            "stopped": self.tr("Could not start") if message else self.tr("Ready"),
            "starting": self.tr("Starting …"),
            "running": heard,
            "recovering": self.tr("Waiting for the sound device"),
            "failed": self.tr("Stopped by a fault"),
            "lost": self.tr("Restarting"),
        }
        self.state.say(titles.get(state, state))
        set_role(self.detail, "danger" if message else "muted")
        self.detail.setText(message)
        sounds = state in ("starting", "running", "recovering")
        self.power.setText(self.tr("Stop") if sounds else self.tr("Start"))
        self.power.setAccessibleName(self.power.text())
        self.power.setProperty("isprimary", not sounds)
        self.power.show_icon("stop" if sounds else "play", "text" if sounds else "on_accent")
        restyle(self.power)
        self.power.setEnabled(state not in ("opening", "lost"))
        self.record.setEnabled(state in ("running", "recovering") or self.record.isChecked())

    def show_detail(self, text: str, is_hint: bool) -> None:
        set_role(self.detail, "warning" if is_hint else "muted")
        self.detail.setText(text)

    def show_recording(self, seconds: float | None) -> None:
        """None: nothing is being recorded."""
        self._recorded = seconds
        self.record.setChecked(seconds is not None)
        minutes, rest = divmod(int(seconds or 0), 60)
        name = "" if self._is_narrow else self.tr("Record")
        self.record.setText(f"{minutes}:{rest:02d}" if seconds is not None else name)
        self.record.setAccessibleName(self.tr("Record"))
        self.record.show_icon("record", "on_accent" if seconds is not None else "danger")
