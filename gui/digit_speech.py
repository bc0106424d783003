"""DigitSpeech: what the panels of the digits ask for is said by the engine, or written to a file."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtWidgets import QFileDialog, QWidget

from gui.controller import Controller
from gui.digit_map_card import DigitMapCard
from gui.digit_pad import DigitPad
from gui.digit_sound import DigitSound
from gui.engine_link import Event
from gui.modes import DIGITS, shown_mode
from gui.program_call import ProgramCall

_FIRST_DIGITS = "2024"
_LONGEST_STEM = 40  # of a file's name
_READY = ("running", "recovering")


@dataclass
class DigitPanels:
    pad: DigitPad = field(default_factory=DigitPad)
    card: DigitMapCard = field(default_factory=DigitMapCard)
    sound: DigitSound = field(default_factory=DigitSound)


class DigitSpeech(QObject):
    said = pyqtSignal(str, str)

    def __init__(
        self,
        controller: Controller,
        panels: DigitPanels,
        kept: dict[str, Any],
        folder: Callable[[], Path],
        parent: QWidget,
    ) -> None:
        """Args: kept: what was chosen last, held up to date; folder: where files are saved."""
        super().__init__(parent)
        self._controller, self._kept, self._folder, self._window = controller, kept, folder, parent
        self.pad, self.card, self.sound = panels.pad, panels.card, panels.sound
        self.call = ProgramCall
        self._waiting: dict[str, Any] | None = None  # said as soon as there is sound
        self._number: int | None = None  # of what is being said
        self._is_asked = False  # and its number is not known yet
        self._next_place: tuple[float, float] | None = None  # where the hand has gone meanwhile
        self._show_kept()
        self._wire()

    def _show_kept(self) -> None:
        controller, digits = self._controller, self._kept.get("digits")
        self.sound.show_choices(self._kept)
        self.sound.show_models(controller.models)
        self.sound.show_voices(controller.voices)
        self.sound.show_settings(controller.settings)
        self.pad.text.setText(digits if isinstance(digits, str) else _FIRST_DIGITS)

    def _wire(self) -> None:
        controller = self._controller
        controller.models_changed.connect(self.sound.show_models)
        controller.voices_changed.connect(self.sound.show_voices)
        controller.settings_changed.connect(self._has_settings)
        controller.state_changed.connect(self._look)
        controller.spoken.connect(self._has_said)
        self.pad.say_asked.connect(lambda digits: self._say(digits=digits))
        self.pad.end_asked.connect(self._end)
        self.pad.save_asked.connect(lambda digits: self._ask_save(digits=digits))
        self.pad.typed.connect(lambda _: self._keep())
        self.sound.changed.connect(self._keep)
        self.sound.sound_changed.connect(lambda changes: controller.change(**changes))
        self.card.place_asked.connect(self._say_place)
        self.card.save_asked.connect(lambda: self._ask_save(**self._place()))

    def _keep(self) -> None:
        self._kept.clear()
        self._kept.update(self.sound.choices(), digits=self.pad.text.text())

    def _has_settings(self, settings: dict[str, Any]) -> None:
        self.sound.show_settings(settings)
        if shown_mode(settings) != DIGITS and self._is_busy:
            self._end()

    # ---- aloud

    @property
    def _is_busy(self) -> bool:
        return self._is_asked or self._number is not None

    def _place(self) -> dict[str, Any]:
        return {"digits": self.card.digit, "at": list(self.card.map.place)}

    def _say_place(self) -> None:
        """A hand that drags is followed as fast as one word comes after the other."""
        if self._is_busy or self._waiting is not None:
            self._next_place = self.card.map.place
        else:
            self._say(**self._place())

    def _say(self, **what: Any) -> None:
        what |= self.sound.choices()
        if self._controller.state in _READY:
            self._ask(what)
        else:
            self._waiting = what
            self._controller.start()

    def _ask(self, what: dict[str, Any]) -> None:
        self._is_asked, self._next_place = True, None
        if "at" in what:
            self.card.map.mark_heard(tuple(what["at"]))
        self.pad.show_note("")
        self.pad.show_speaking(True)
        self._controller.speak(self._has_asked, **what)

    def _has_asked(self, answer: Event) -> None:
        self._is_asked = False
        if answer.get("ok"):
            self._number = answer["number"]
        else:
            self.pad.show_speaking(False)
            self.pad.show_note(str(answer.get("error")), "danger")

    def _has_said(self, told: Event) -> None:
        if told.get("number") != self._number:
            return
        self._number = None
        self.pad.show_speaking(False)
        if self._next_place is not None:
            self._say(**self._place())

    def _end(self) -> None:
        self._waiting = self._next_place = None
        self._controller.hush()

    def _look(self, state: str, message: str) -> None:
        """Sound may have come, or have gone before all was said."""
        if state in _READY and self._waiting is not None:
            what, self._waiting = self._waiting, None
            self._ask(what)
        elif state in ("stopped", "failed", "lost"):
            self._number, self._is_asked, self._next_place = None, False, None
            self.pad.show_speaking(False)
            if state != "lost" and message:
                self._waiting = None
                self.pad.show_note(
                    self.tr("Nothing can be heard just now; a WAV file can be saved."), "warning"
                )

    # ---- into a file

    def _ask_save(self, **what: Any) -> None:
        stem = what["digits"][:_LONGEST_STEM]
        folder = self._folder()
        start = (folder if folder.is_dir() else Path.home()) / f"{stem}.wav"
        name, _ = QFileDialog.getSaveFileName(
            self._window, self.tr("Save as WAV"), str(start), self.tr("Sound (*.wav)")
        )
        if name:
            path = Path(name)
            self.save(path if path.suffix else path.with_suffix(".wav"), **what)

    def save(self, path: Path, **what: Any) -> None:
        """In a process of its own, so with or without sound devices."""
        self.pad.save.setEnabled(False)
        self.pad.show_note(self.tr("Saving …"))
        arguments = _arguments(what | self.sound.choices(), self._controller.settings)
        self.call([*arguments, str(path)], lambda answer: self._has_saved(path, answer), self)

    def _has_saved(self, path: Path, answer: dict[str, Any]) -> None:
        self.pad.save.setEnabled(True)
        if "error" in answer:
            self.pad.show_note(str(answer["error"]), "danger")
        else:
            self.pad.show_note(self.tr("Saved as {0}").format(path.name), "good")


def _arguments(what: dict[str, Any], settings: dict[str, Any]) -> list[str]:
    """The same on the command line."""
    given: dict[str, Any] = {
        name: what[name] for name in ("digits", "voice", "variation", "model", "target") if name in what
    }
    if "at" in what:
        given["at"] = ",".join(f"{step:g}" for step in what["at"])
    if "target" in what:
        given |= {"pitch": settings["pitch_semitones"], "formant": settings["formant_semitones"]}
    return ["--mode", DIGITS, *(f"--{name}={value}" for name, value in given.items())]
