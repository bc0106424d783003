"""Controller, the one object that talks to the engine. Widgets show what it says and ask it to act.

It holds what is wanted, so that an engine that was lost can be given all of it again.
"""

from typing import Any

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from gui.engine_link import EngineLink, Event, Then

_GATHER_MS = 40  # a slider that is dragged asks for its last place only
_PASSING = ("bypass", "mute")  # switches of the moment, which no one wants to find set tomorrow
_DEVICE_ERROR = 3


class Controller(QObject):
    state_changed = pyqtSignal(
        str, str
    )  # stopped, starting, running, recovering, failed or lost; what is wrong
    settings_changed = pyqtSignal(dict)  # all of them
    stats_came = pyqtSignal(dict)
    spectrum_came = pyqtSignal(dict)
    spectrum_described = pyqtSignal(dict)
    voices_changed = pyqtSignal(list)
    models_changed = pyqtSignal(list)
    timbres_changed = pyqtSignal(list)
    devices_changed = pyqtSignal(list)
    link_opened = pyqtSignal(dict)  # names and rates of the open devices
    recording_ended = pyqtSignal(str)  # by itself; why
    applied = pyqtSignal(str)  # what is heard now, in the engine's words
    spoken = pyqtSignal(dict)  # digits that are over: their `number`, and whether they were heard `whole`
    said = pyqtSignal(str, str)  # a sentence; info, warning or error

    def __init__(self, link: EngineLink, remembered: dict[str, Any], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._link = link
        self._remembered = dict(remembered)
        self._pending: dict[str, Any] = {}
        self._resumes = False
        self._shows_spectrum = False
        self.settings: dict[str, Any] = {}
        self.state = "stopped"
        self.voices: list[dict[str, Any]] = []
        self.models: list[dict[str, Any]] = []
        self.timbres: list[dict[str, Any]] = []
        self.devices: list[dict[str, Any]] = []
        self._gather = QTimer(self, singleShot=True, interval=_GATHER_MS)
        self._gather.timeout.connect(self._send_changes)
        link.event_came.connect(self._take)
        link.lost.connect(self._has_lost)

    # ---- what widgets ask for

    def open(self) -> None:
        self._set_state("opening", "")
        self._link.open()

    def close(self) -> None:
        self._gather.stop()
        self._link.event_came.disconnect(self._take)
        self._link.lost.disconnect(self._has_lost)
        self._link.close()

    def play_into(self, sink: str) -> None:
        """Linux: start the engine anew with this sink of the sound server in place of the default."""
        self._resumes = self.is_sounding
        self._set_state("opening", "")
        self._link.reopen({"PULSE_SINK": sink})

    @property
    def engine_process_id(self) -> int:
        return self._link.process_id

    @property
    def is_sounding(self) -> bool:
        return self.state in ("starting", "running", "recovering")

    def offers(self, name: str) -> bool:
        """Whether this engine knows a setting; what it does not know is not shown."""
        return name in self.settings

    def start(self) -> None:
        self._send_changes()
        self._set_state("starting", "")
        self._link.request("start", self._has_started)

    def stop(self) -> None:
        self._resumes = False
        self._link.request("stop")

    def toggle(self) -> None:
        if self.is_sounding:
            self.stop()
        else:
            self.start()

    def change(self, **settings: Any) -> None:
        """Ask for other settings. They are shown at once, and put back if the engine refuses them."""
        changed = {name: value for name, value in settings.items() if self.settings.get(name) != value}
        if not changed:
            return
        self.settings |= changed
        self._pending |= changed
        self.settings_changed.emit(self.settings)
        if not self._gather.isActive():
            self._gather.start()

    def remembered(self) -> dict[str, Any]:
        """What to start with the next time."""
        kept = self.settings or self._remembered
        return {name: value for name, value in kept.items() if name not in _PASSING}

    def show_spectrum(self, is_shown: bool) -> None:
        """Columns cost the engine a little: none are asked for that nobody sees."""
        self._shows_spectrum = is_shown
        if self.settings:
            self._link.request("spectrum", self._has_spectrum, on=is_shown)

    def refresh_devices(self) -> None:
        self._link.request("devices", self._has_devices)

    def refresh_voices(self) -> None:
        self._link.request("voices", self._has_voices)

    def refresh_timbres(self) -> None:
        self._link.request("timbres", self._has_timbres)

    def speak(self, then: Then, **what: Any) -> None:
        """Say digits into the sound that runs."""
        self._send_changes()
        self._link.request("say", then, **what)

    def hush(self) -> None:
        self._link.request("say")

    def measure(self, then: Then) -> None:
        """How late sound really is, with the present devices; sound must not run."""
        self._send_changes()
        self._link.request("measure", then)

    def record(self, input_path: str, output_path: str, then: Then) -> None:
        self._link.request("record", then, input=input_path, output=output_path)

    def stop_recording(self, then: Then | None = None) -> None:
        self._link.request("record", then)

    # ---- what the engine says

    def _take(self, event: Event) -> None:
        kind = event.get("event")
        if kind == "stats":
            self.stats_came.emit(event)
        elif kind == "spectrum":
            self.spectrum_came.emit(event)
        elif kind == "hello":
            self._greet(event)
        elif kind == "state":
            self._set_state(str(event.get("state")), str(event.get("message", "")))
        elif kind == "refused":
            self.said.emit(str(event.get("message")), "error")
            self._ask_settings()
        elif kind in ("monitor", "howl"):
            self.said.emit(str(event.get("message")), "warning")
        elif kind == "applied":
            self.applied.emit(str(event.get("message")))
        elif kind == "said":
            self.spoken.emit(event)
        elif kind == "recording":
            self.recording_ended.emit(str(event.get("message")))

    def _greet(self, hello: Event) -> None:
        known = dict(hello.get("settings", {}))
        wanted = self.settings or self._remembered
        changes = {name: wanted[name] for name in known if name in wanted and wanted[name] != known[name]}
        self.settings = known | changes
        self._pending = {}
        if changes:
            self._link.request("set", lambda answer: self._has_greeted(answer, changes), **changes)
        self.settings_changed.emit(self.settings)
        if self._shows_spectrum:
            self.show_spectrum(True)
        self._set_state("stopped", "")
        if self._resumes:  # before the lists, which take their time
            self._resumes = False
            self.start()
        self._link.request("voices", self._has_voices)
        self._link.request("devices", self._has_devices)
        self._link.request("models", self._has_models)

    def _has_greeted(self, answer: Event, changes: dict[str, Any]) -> None:
        """One remembered value that makes no sense any more must not cost the others."""
        if answer.get("ok") or answer.get("is_lost"):
            return
        for name, value in changes.items():
            self._link.request("set", None, **{name: value})
        self._ask_settings()

    def _send_changes(self) -> None:
        changes, self._pending = self._pending, {}
        if changes:
            self._link.request("set", self._has_set, **changes)

    def _has_set(self, answer: Event) -> None:
        if not answer.get("ok") and not answer.get("is_lost"):
            self.said.emit(str(answer.get("error")), "error")
            self._ask_settings()

    def _ask_settings(self) -> None:
        self._link.request("get", self._has_settings)

    def _has_settings(self, answer: Event) -> None:
        if answer.get("ok"):
            self.settings = dict(answer["settings"]) | self._pending
            self.settings_changed.emit(self.settings)

    def _has_started(self, answer: Event) -> None:
        if answer.get("ok"):
            self.link_opened.emit(answer)
        elif not answer.get("is_lost"):
            error = str(answer.get("error"))
            gone = self._devices_gone() if answer.get("code") == _DEVICE_ERROR else []
            if gone:
                self._use_defaults(gone)
            else:
                self._set_state("stopped", error)

    def _devices_gone(self) -> list[str]:
        """Of input and output, those that name a device which is not there any more."""
        labels = {device_label(device) for device in self.devices}
        return [
            end for end in ("input", "output") if self.settings.get(end) and self.settings[end] not in labels
        ]

    def _use_defaults(self, gone: list[str]) -> None:
        names = ", ".join(str(self.settings[end]) for end in gone)
        self.said.emit(self.tr("Not connected: {0}. The default is used instead.").format(names), "warning")
        self.change(**dict.fromkeys(gone))
        self.start()

    def _has_spectrum(self, answer: Event) -> None:
        if answer.get("ok"):
            self.spectrum_described.emit(answer)

    def _has_voices(self, answer: Event) -> None:
        if answer.get("ok"):
            self.voices = answer["voices"]
            self.voices_changed.emit(self.voices)

    def _has_models(self, answer: Event) -> None:
        if answer.get("ok"):
            self.models = answer["models"]
            self.models_changed.emit(self.models)

    def _has_timbres(self, answer: Event) -> None:
        if answer.get("ok"):
            self.timbres = answer["timbres"]
            self.timbres_changed.emit(self.timbres)

    def _has_devices(self, answer: Event) -> None:
        """No sound system is as good as one without devices: both leave files to convert."""
        if answer.get("is_lost"):
            return
        self.devices = answer.get("devices", [])
        self.devices_changed.emit(self.devices)

    def _has_lost(self, last_words: str) -> None:
        self._resumes = self._resumes or self.is_sounding
        reason = f" ({last_words})" if last_words else ""
        sentence = self.tr("The sound engine ended unexpectedly and is being started again.") + reason
        self._set_state("lost", sentence)

    def _set_state(self, state: str, message: str) -> None:
        self.state = state
        self.state_changed.emit(state, message)


def device_label(device: dict[str, Any]) -> str:
    """As the engine takes it: the name alone may occur once per host API."""
    return f"{device['name']}, {device['host_api']}"
