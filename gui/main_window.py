"""MainWindow: the rail, the pages, and how they are wired to the controller. Decides nothing."""

from typing import Any

from PyQt6.QtCore import QEvent, Qt, pyqtSignal
from PyQt6.QtGui import QCloseEvent, QKeySequence, QShortcut
from PyQt6.QtWidgets import QHBoxLayout, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from gui.controller import Controller
from gui.devices_page import DevicesPage
from gui.file_queue import FileQueue
from gui.files_page import FilesPage
from gui.live_page import LivePage
from gui.modes import Modes
from gui.notices import Notices
from gui.preset_button import PresetButton
from gui.presets import Presets
from gui.rail import Rail
from gui.settings_page import SettingsPage

_NARROW = 1100
_SMALLEST = 920, 500


class MainWindow(QMainWindow):
    closing = pyqtSignal(QCloseEvent)

    def __init__(self, controller: Controller, queue: FileQueue, presets: Presets, modes: Modes) -> None:
        super().__init__()
        self.setWindowTitle("RTVC")
        self.setMinimumSize(*_SMALLEST)
        self.controller, self._modes = controller, modes
        self.live = LivePage()
        self.devices = DevicesPage()
        self.files = FilesPage(queue)
        self.settings = SettingsPage()
        self.presets = PresetButton(presets)
        self.live.sound.presets_place.addWidget(self.presets)
        self.notices = Notices()
        self.pages = QStackedWidget()
        self._entries = [
            ("voice", self.tr("Live"), self.live),
            ("devices", self.tr("Devices"), self.devices),
            ("files", self.tr("Files"), self.files),
            ("settings", self.tr("Settings"), self.settings),
        ]
        self.rail = Rail([(icon, text) for icon, text, _ in self._entries])
        for _, _, page in self._entries:
            self.pages.addWidget(page)
        self._lay_out()
        self._wire()
        self.rail.choose(0)
        controller.state_changed.connect(self._focus_first)

    def _lay_out(self) -> None:
        middle = QWidget()
        middle.setObjectName("page")
        middle.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        column = QVBoxLayout()
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.notices)
        column.addWidget(self.pages, 1)
        line = QHBoxLayout(middle)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(0)
        line.addWidget(self.rail)
        line.addLayout(column, 1)
        self.setCentralWidget(middle)

    def _wire(self) -> None:
        engine, live, devices = self.controller, self.live, self.devices
        engine.state_changed.connect(live.show_state)
        engine.settings_changed.connect(live.show_settings)
        engine.settings_changed.connect(devices.show_settings)
        engine.stats_came.connect(live.show_stats)
        engine.stats_came.connect(devices.show_stats)
        engine.spectrum_described.connect(live.signal.describe)
        engine.spectrum_came.connect(live.signal.show_spectrum)
        engine.voices_changed.connect(live.show_voices)
        engine.models_changed.connect(live.sound.show_models)
        engine.timbres_changed.connect(live.show_timbres)
        live.timbres_wanted.connect(engine.refresh_timbres)
        live.mode_asked.connect(self._modes.switch)
        engine.devices_changed.connect(devices.show_devices)
        engine.link_opened.connect(live.show_link)
        engine.said.connect(self.notices.say)
        live.transport.toggled.connect(engine.toggle)
        live.change_asked.connect(lambda changes: engine.change(**changes))
        live.signal.seen.connect(engine.show_spectrum)
        devices.change_asked.connect(lambda changes: engine.change(**changes))
        devices.refresh_asked.connect(engine.refresh_devices)
        engine.settings_changed.connect(self._share_settings)
        engine.voices_changed.connect(lambda _: self._share_settings(engine.settings))
        self.files.queue.said.connect(self.notices.say)
        self.presets.chosen.connect(lambda sound: engine.change(**self._known(sound)))
        self.presets.said.connect(self.notices.say)
        self.rail.chosen.connect(self.show_page)
        for place in range(len(self._entries)):
            shortcut = QShortcut(QKeySequence(f"Ctrl+{place + 1}"), self)
            shortcut.activated.connect(lambda place=place: self.show_page(place))

    def _focus_first(self, state: str, message: str) -> None:
        """Once the engine is there, Enter starts it."""
        power = self.live.transport.power
        if power.isEnabled():
            power.setFocus()
            self.controller.state_changed.disconnect(self._focus_first)

    def _share_settings(self, settings: dict[str, Any]) -> None:
        """With those who use the sound without being part of it."""
        self.presets.settings = settings
        self.files.queue.settings = self._modes.for_files(settings)
        self.files.show_voice(self.live.name_of(self.files.queue.settings))

    def _known(self, sound: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in sound.items() if self.controller.offers(name)}

    def show_page(self, place: int) -> None:
        self.rail.choose(place)
        self.pages.setCurrentIndex(place)

    def resizeEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        super().resizeEvent(event)
        self.rail.be_narrow(self.width() < _NARROW)

    def changeEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        super().changeEvent(event)
        if event.type() == QEvent.Type.WindowStateChange:
            is_seen = not self.isMinimized() and self.live.signal.isVisible()
            self.controller.show_spectrum(is_seen)

    def closeEvent(self, event: QCloseEvent | None) -> None:
        assert event is not None
        self.closing.emit(event)
