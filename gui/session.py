"""Session: one window with its engine, from opening to closing. Puts together, and wires what is no page."""

import traceback
from pathlib import Path
from types import TracebackType
from typing import Any

from PyQt6.QtCore import QUrl
from PyQt6.QtGui import QCloseEvent, QDesktopServices, QGuiApplication
from PyQt6.QtWidgets import QApplication, QDialog

from gui.cables import LINUX_SINK, make_cable
from gui.controller import Controller
from gui.digit_speech import DigitPanels, DigitSpeech
from gui.engine_link import EngineLink, Event
from gui.file_queue import FileQueue
from gui.file_runner import FileRunner
from gui.first_run import FirstRun
from gui.hotkeys import Hotkeys
from gui.icons import write_svg
from gui.main_window import MainWindow
from gui.microphone_test import MicrophoneTest
from gui.modes import Modes
from gui.own_voices import OwnVoices
from gui.player import Player
from gui.presets import Presets
from gui.recording import Recording
from gui.theme import dress, wanted_theme
from gui.tray import Tray
from gui.window_settings import SettingsFile


class Session:
    def __init__(self, application: QApplication, file: SettingsFile, link: EngineLink, images: Path) -> None:
        """Args: images: a folder for drawings that the style sheet needs as files."""
        self._application, self._file, self._images = application, file, images
        self.settings, self._damage = file.load()
        self.is_open = False
        self.dress()
        self.controller = Controller(link, self.settings.engine)
        self.queue = FileQueue(FileRunner())
        modes = Modes(self.controller, self.settings.modes)
        self.window = MainWindow(self.controller, self.queue, Presets(file.folder / "presets"), modes)
        self.player = Player(self.window)
        self.microphone_test = MicrophoneTest(self.controller, self.window)
        self.recording = Recording(self.controller, lambda: self.settings.recordings, parent=self.window)
        self.own_voices = OwnVoices(self.controller, self.window)
        self.tray = Tray(self.window)
        self.hotkeys = Hotkeys(self.window, self._actions())
        self.digits: DigitSpeech | None = None  # when they are seen first
        self.window.live.digits_made.connect(self._has_digits)
        self._wire_voices()
        self._wire_devices()
        self._wire_recording()
        self._wire_settings()
        self._wire_tray()

    # ---- from opening to closing

    def open(self) -> None:
        self.window.resize(self.settings.width, self.settings.height)
        self.window.files.show_folder(self.settings.converted)
        self._use_settings()
        self.window.show()
        self.is_open = True
        self.controller.open()
        if self._damage:
            text = self.window.tr(
                "The remembered settings could not be read, so all is as it was at first: {0}"
            )
            self.window.notices.say(text.format(self._damage), "warning")
        if not self.settings.is_welcomed:
            self.welcome()

    def welcome(self) -> FirstRun:
        self.settings.is_welcomed = True
        steps = FirstRun(self.controller, self.player, self.window)
        steps.open()
        return steps

    def close(self) -> None:
        self.is_open = False
        for dialog in self.window.findChildren(QDialog):
            dialog.done(0)
        self.save()
        self.tray.hide()
        self.queue.close()
        self.controller.close()

    def save(self) -> None:
        self.settings.engine = self.controller.remembered()
        size = self.window.size()
        self.settings.width, self.settings.height = size.width(), size.height()
        self._file.save(self.settings)

    def dress(self) -> None:
        theme = wanted_theme(self.settings.theme)
        images = {
            "arrow": write_svg("down", theme.muted, self._images),
            "check": write_svg("check", theme.on_accent, self._images),
        }
        dress(self._application, theme, images)

    def has_faulted(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        """A fault in the window is said and printed, and the sound goes on."""
        traceback.print_exception(kind, error, trace)
        text = self.window.tr("The window met a fault of its own ({0}: {1}); please report it.")
        self.window.notices.say(text.format(kind.__name__, error), "error")

    def _is_closing(self, event: QCloseEvent) -> None:
        if self.settings.closes_to_tray and self.tray.is_there():
            event.ignore()
            self.window.hide()
        else:
            self._application.quit()

    # ---- wiring

    def _actions(self) -> dict[str, Any]:
        live, controller = self.window.live, self.controller
        return {
            "start": controller.toggle,
            "compare": lambda: controller.change(bypass=not controller.settings.get("bypass")),
            "mute": lambda: controller.change(mute=not controller.settings.get("mute")),
            "record": lambda: self.recording.switch(not self.recording.is_on),
            "next_voice": lambda: live.step(1),
            "previous_voice": lambda: live.step(-1),
            "search": live.voices.search.setFocus,
        }

    def _wire_voices(self) -> None:
        voices, own = self.window.live.voices, self.own_voices
        voices.preview_asked.connect(self._preview)
        voices.add_asked.connect(own.add)
        voices.rename_asked.connect(own.ask_rename)
        voices.remove_asked.connect(own.ask_remove)
        own.said.connect(self.window.notices.say)

    def _has_digits(self, panels: DigitPanels) -> None:
        kept, recording = self.settings.digits, self.recording
        self.digits = DigitSpeech(self.controller, panels, kept, lambda: recording.place, self.window)

    def _preview(self, voice: dict[str, Any]) -> None:
        if voice["preview"]:
            self.player.play_file(Path(voice["preview"]), self.window.devices.output.device_name())

    def _wire_devices(self) -> None:
        devices = self.window.devices
        self.player.said.connect(self.window.notices.say)
        devices.tone_asked.connect(self.player.play_tone)
        devices.microphone_test_asked.connect(self.microphone_test.switch)
        devices.cable_asked.connect(self._make_cable)
        devices.measure_asked.connect(self._measure)
        self.microphone_test.ended.connect(devices.end_test)

    def _make_cable(self) -> None:
        error = make_cable()
        if error:
            self.window.notices.say(error, "error")
            return
        self.controller.play_into(LINUX_SINK)
        self.window.devices.show_cable(True)

    def _measure(self) -> None:
        self.window.devices.measure.setEnabled(False)
        self.window.devices.show_measured(self.window.tr("Listening …"))
        self.controller.measure(self._has_measured)

    def _has_measured(self, answer: Event) -> None:
        devices = self.window.devices
        devices.measure.setEnabled(True)
        if answer.get("ok"):
            text = self.window.tr("{0:.0f} ms from mouth to ear, of which the devices take {1:.0f} ms.")
            devices.show_measured(text.format(answer["total_ms"], answer["loop_ms"]))
        else:
            devices.show_measured(str(answer.get("error")))

    def _wire_recording(self) -> None:
        transport, recording = self.window.live.transport, self.recording
        transport.record_switched.connect(recording.switch)
        recording.began.connect(lambda: transport.show_recording(0.0))
        recording.ended.connect(self._has_recorded)
        recording.said.connect(self.window.notices.say)

    def _has_recorded(self, folder: str) -> None:
        self.window.live.transport.show_recording(None)
        if folder:
            text = self.window.tr("Recorded into {0}").format(folder)
            open_it = self.window.tr("Open the folder")
            url = QUrl.fromLocalFile(folder)
            self.window.notices.say(text, "info", open_it, lambda: QDesktopServices.openUrl(url))

    def _wire_settings(self) -> None:
        page = self.window.settings
        page.offer_tray(self.tray.is_there())
        page.theme_chosen.connect(lambda theme: self._set(theme=theme))
        page.recordings_chosen.connect(lambda folder: self._set(recordings=folder))
        page.tray_switched.connect(lambda is_on: self._set(closes_to_tray=is_on))
        page.hotkeys_changed.connect(lambda keys: self._set(hotkeys=keys))
        page.welcome_asked.connect(self.welcome)
        self.window.files.folder_chosen.connect(lambda folder: self._set(converted=folder))
        hints = QGuiApplication.styleHints()
        if hints is not None:
            hints.colorSchemeChanged.connect(lambda _: self.dress())

    def _set(self, **changes: Any) -> None:
        for name, value in changes.items():
            setattr(self.settings, name, value)
        if "theme" in changes:
            self.dress()
        self.window.files.show_folder(self.settings.converted)
        self._use_settings()
        self.save()

    def _use_settings(self) -> None:
        self.hotkeys.use(self.settings.hotkeys)
        self.window.settings.show_settings(self.settings, str(self.recording.place))

    def _wire_tray(self) -> None:
        tray, window = self.tray, self.window
        window.closing.connect(self._is_closing)
        self.controller.state_changed.connect(tray.show_state)
        self.controller.settings_changed.connect(lambda settings: tray.show_mute(settings["mute"]))
        tray.shown.connect(window.showNormal)
        tray.toggled.connect(self.controller.toggle)
        tray.mute_switched.connect(lambda is_on: self.controller.change(mute=is_on))
        tray.quit_asked.connect(self._application.quit)
        tray.show()
