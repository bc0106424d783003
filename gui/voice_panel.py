"""VoicePanel: find a voice, listen to it, choose it; add one of your own."""

from typing import Any

from PyQt6.QtCore import QModelIndex, QPoint, Qt, pyqtSignal
from PyQt6.QtGui import QAction, QKeyEvent, QResizeEvent
from PyQt6.QtWidgets import QAbstractItemView, QLineEdit, QListView, QMenu, QWidget

from gui.icons import icon
from gui.parts import Card, IconButton, row, words
from gui.segmented import Segmented
from gui.theme import current_theme
from gui.voice_list import VOICE, Voice, VoiceDelegate, VoiceFilter, VoiceRows, is_own


class _Voices(QListView):
    """Enter chooses, space listens; the arrows only walk."""

    preview_asked = pyqtSignal(dict)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        assert event is not None
        current = self.currentIndex()
        if event.key() == Qt.Key.Key_Space and current.isValid():
            self.preview_asked.emit(current.data(VOICE))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and current.isValid():
            self.activated.emit(current)
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self.scrollTo(self.currentIndex())


class VoicePanel(Card):
    chosen = pyqtSignal(str)
    preview_asked = pyqtSignal(dict)
    add_asked = pyqtSignal()
    rename_asked = pyqtSignal(dict)
    remove_asked = pyqtSignal(dict)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self._rows = VoiceRows(self)
        self._filter = VoiceFilter(self)
        self._filter.setSourceModel(self._rows)
        self._target = ""
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Search voices"))
        self.search.setAccessibleName(self.tr("Search voices"))
        self.search.setClearButtonEnabled(True)
        self._search_icon = QAction(self.search)
        self.search.addAction(self._search_icon, QLineEdit.ActionPosition.LeadingPosition)
        self.kinds = Segmented(self.tr("Kind of voice"))
        self.add = IconButton("add", self.tr("Add"), "quiet")
        self.add.setToolTip(self.tr("A voice of your own, from files or from the microphone"))
        self.add.setAccessibleName(self.tr("Add a voice"))
        self.list = self._make_list()
        self.none = words(self.tr("No voice is called that."), "muted", wraps=True)
        self.none.hide()
        head = row(words(self.tr("Voices"), "heading"), stretch=True)
        head.addWidget(self.add)
        self.body.setContentsMargins(12, 10, 12, 10)
        self.body.setSpacing(8)
        self.body.addLayout(head)
        self.body.addWidget(self.search)
        self.body.addWidget(self.kinds)
        self.body.addWidget(self.none)
        self.body.addWidget(self.list, 1)
        self._offer_kinds()
        self._wire()

    def _make_list(self) -> _Voices:
        view = _Voices()
        view.setModel(self._filter)
        view.setMouseTracking(True)
        view.setUniformItemSizes(True)
        view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        view.setAccessibleName(self.tr("Voices"))
        self.delegate = VoiceDelegate(self._rows.describe, view)
        view.setItemDelegate(self.delegate)
        return view

    def _wire(self) -> None:
        self.search.textChanged.connect(self._look)
        self.search.returnPressed.connect(self._choose_first)
        self.kinds.chosen.connect(self._look)
        self.add.clicked.connect(self.add_asked)
        self.list.clicked.connect(self._choose)
        self.list.activated.connect(self._choose)
        self.list.preview_asked.connect(self.preview_asked)
        self.delegate.preview_asked.connect(self.preview_asked)
        self.list.customContextMenuRequested.connect(self._show_menu)
        self._kind = "all"
        self.kinds.chosen.connect(self._set_kind)

    def show_voices(self, voices: list[Voice]) -> None:
        self._rows.show_voices(voices)
        self._offer_kinds(any(is_own(voice) for voice in voices))
        self._look()
        self.show_target(self._target)

    def show_target(self, target: str) -> None:
        """Mark the voice that is spoken; says nothing."""
        self._target = target
        for place in range(self._filter.rowCount()):
            index = self._filter.index(place, 0)
            if index.data(VOICE)["id"] == target:
                if index != self.list.currentIndex():
                    self.list.setCurrentIndex(index)
                    self.list.scrollTo(index)
                return
        self.list.clearSelection()

    def step(self, places: int) -> None:
        """Choose the next voice in the list, or the one before."""
        count = self._filter.rowCount()
        if count:
            place = (max(0, self.list.currentIndex().row()) + places) % count
            self.list.setCurrentIndex(self._filter.index(place, 0))
            self._choose(self._filter.index(place, 0))

    def _offer_kinds(self, has_own: bool = False) -> None:
        choices = {"all": self.tr("All"), "F": self.tr("Female"), "M": self.tr("Male")}
        if has_own:
            choices["own"] = self.tr("Mine")
        if self.kinds.keys() != list(choices):
            self.kinds.offer(choices)
            self.kinds.choose("all")
            self._kind = "all"

    def _set_kind(self, kind: str) -> None:
        self._kind = kind
        self._look()

    def _look(self, _: Any = None) -> None:
        self._filter.look_for(self.search.text(), self._kind)
        self.none.setVisible(self._filter.rowCount() == 0 and bool(self.search.text()))
        self.show_target(self._target)

    def _choose(self, index: QModelIndex) -> None:
        self._target = index.data(VOICE)["id"]
        self.chosen.emit(self._target)

    def _choose_first(self) -> None:
        if self._filter.rowCount():
            index = self._filter.index(0, 0)
            self.list.setCurrentIndex(index)
            self._choose(index)

    def _show_menu(self, place: QPoint) -> None:
        index = self.list.indexAt(place)
        if index.isValid():
            self.menu_for(index.data(VOICE)).popup(self.list.viewport().mapToGlobal(place))  # type: ignore[union-attr]

    def menu_for(self, voice: Voice) -> QMenu:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        listen = menu.addAction(self.tr("Listen"), lambda: self.preview_asked.emit(voice))
        assert listen is not None
        listen.setEnabled(bool(voice.get("preview")))
        rename = menu.addAction(self.tr("Rename …"), lambda: self.rename_asked.emit(voice))
        remove = menu.addAction(self.tr("Delete …"), lambda: self.remove_asked.emit(voice))
        for action in (rename, remove):
            assert action is not None
            action.setEnabled(is_own(voice))
        return menu

    def changeEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        super().changeEvent(event)
        if event.type() == event.Type.StyleChange:
            self._search_icon.setIcon(icon("search", current_theme().muted))
