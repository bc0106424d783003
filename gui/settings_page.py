"""SettingsPage: how the window looks, where recordings go, which keys do what."""

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtGui import QKeySequence
from PyQt6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QKeySequenceEdit,
    QVBoxLayout,
    QWidget,
)

from gui import hotkeys
from gui.parts import GAP, Card, Elided, Page, button, row, words
from gui.segmented import Segmented
from gui.window_settings import WindowSettings

_KEY_PIXELS = 150


class SettingsPage(Page):
    theme_chosen = pyqtSignal(str)
    recordings_chosen = pyqtSignal(str)
    tray_switched = pyqtSignal(bool)
    hotkeys_changed = pyqtSignal(dict)  # those that are not as they came
    welcome_asked = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._keys: dict[str, str] = dict(hotkeys.DEFAULTS)
        self.column.addWidget(words(self.tr("Settings"), "title"))
        left, line = QVBoxLayout(), QHBoxLayout()
        left.setSpacing(GAP)
        line.setSpacing(GAP)
        for card in (self._appearance(), self._recordings(), self._behaviour()):
            left.addWidget(card)
        left.addStretch(1)
        right = QVBoxLayout()
        right.addWidget(self._hotkeys())
        right.addStretch(1)
        line.addLayout(left, 1)
        line.addLayout(right, 1)
        self.column.addLayout(line)
        self.column.addStretch(1)

    def _appearance(self) -> Card:
        card = Card(self.tr("Appearance"))
        self.theme = Segmented(self.tr("Colours"))
        self.theme.offer(
            {"system": self.tr("As the system"), "light": self.tr("Light"), "dark": self.tr("Dark")}
        )
        self.theme.chosen.connect(self.theme_chosen)
        card.body.addWidget(self.theme)
        return card

    def _recordings(self) -> Card:
        card = Card(self.tr("Recordings"))
        self.place = Elided("", "muted")
        self.choose = button(self.tr("Choose a folder"))
        self.choose.clicked.connect(self._ask_folder)
        line = row(self.place, self.choose)
        line.setStretch(0, 1)
        card.body.addLayout(line)
        return card

    def _behaviour(self) -> Card:
        card = Card(self.tr("Window"))
        self.tray = QCheckBox(self.tr("Closing the window leaves it in the tray, speaking on"))
        self.tray.clicked.connect(self.tray_switched)
        self.welcome = button(self.tr("Show the first steps again"))
        self.welcome.clicked.connect(self.welcome_asked)
        card.body.addWidget(self.tray)
        card.body.addLayout(row(self.welcome, stretch=True))
        return card

    def _hotkeys(self) -> Card:
        card = Card(self.tr("Keys in this window"))
        grid = QGridLayout()
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(0, 1)
        self.edits: dict[str, QKeySequenceEdit] = {}
        for place, (name, text) in enumerate(hotkeys.texts().items()):
            edit = QKeySequenceEdit()
            edit.setMaximumSequenceLength(1)
            edit.setClearButtonEnabled(True)
            edit.setFixedWidth(_KEY_PIXELS)
            edit.setAccessibleName(text)
            edit.editingFinished.connect(lambda name=name: self._edited(name))
            self.edits[name] = edit
            grid.addWidget(words(text), place, 0)
            grid.addWidget(edit, place, 1)
        self.clash = words("", "warning", wraps=True)
        self.reset = button(self.tr("As they came"))
        self.reset.clicked.connect(lambda: self.hotkeys_changed.emit({}))
        card.body.addLayout(grid)
        line = row(self.clash, self.reset)
        line.setStretch(0, 1)
        card.body.addLayout(line)
        return card

    def show_settings(self, settings: WindowSettings, recordings: str) -> None:
        """Args: recordings: the folder, also where none was chosen."""
        self.theme.choose(settings.theme)
        self.place.say(recordings)
        self.tray.setChecked(settings.closes_to_tray)
        self._keys = hotkeys.DEFAULTS | settings.hotkeys
        for name, edit in self.edits.items():
            edit.setKeySequence(QKeySequence(self._keys[name]))
        self.clash.setText("")

    def offer_tray(self, is_there: bool) -> None:
        self.tray.setVisible(is_there)

    def _edited(self, name: str) -> None:
        key = self.edits[name].keySequence().toString()
        if key == self._keys[name]:
            return
        other = hotkeys.clash(self._keys, name, key)
        if other:
            taken = self.tr("{0} is the key for: {1}").format(key, hotkeys.texts()[other])
            self.edits[name].setKeySequence(QKeySequence(self._keys[name]))
            self.clash.setText(taken)
            return
        self._keys[name] = key
        self.hotkeys_changed.emit(
            {action: key for action, key in self._keys.items() if key != hotkeys.DEFAULTS[action]}
        )

    def _ask_folder(self) -> None:
        name = QFileDialog.getExistingDirectory(
            self, self.tr("A folder for recordings"), self.place.whole_text()
        )
        if name:
            self.recordings_chosen.emit(name)
