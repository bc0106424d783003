"""FilesPage: drop recordings, and get them back in the chosen voice."""

from pathlib import Path

from PyQt6.QtCore import QModelIndex, QRectF, QSize, Qt, QUrl, pyqtSignal
from PyQt6.QtGui import QColor, QDesktopServices, QDragEnterEvent, QDropEvent, QPainter
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QFileDialog,
    QLabel,
    QListView,
    QProgressBar,
    QStackedLayout,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from gui.file_queue import FILE, File, FileQueue
from gui.icons import pixmap
from gui.parts import Card, Elided, IconButton, Page, button, row, words
from gui.theme import current_theme

_ROW_PIXELS = 44


class _Row(QStyledItemDelegate):
    """Name, what became of it, and how far it is."""

    def __init__(self, word, parent: QWidget) -> None:  # type: ignore[no-untyped-def]
        super().__init__(parent)
        self._word = word

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        return QSize(200, _ROW_PIXELS)

    def paint(self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        assert painter is not None
        theme, file = current_theme(), index.data(FILE)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        place = QRectF(option.rect).adjusted(10, 0, -10, 0)
        metrics = painter.fontMetrics()
        middle = Qt.AlignmentFlag.AlignVCenter
        name_width = place.width() * 0.5
        painter.setPen(QColor(theme.text))
        name = metrics.elidedText(file.source.name, Qt.TextElideMode.ElideMiddle, int(name_width - 12))
        painter.drawText(place, int(middle | Qt.AlignmentFlag.AlignLeft), name)
        rest = place.adjusted(name_width, 0, 0, 0)
        colours = {"done": theme.good, "failed": theme.danger, "running": theme.accent}
        painter.setPen(QColor(colours.get(file.state, theme.muted)))
        if file.state == "running":
            self._bar(painter, rest.adjusted(0, 0, -56, 0), file)
        word = metrics.elidedText(self._word(file), Qt.TextElideMode.ElideRight, int(rest.width()))
        painter.drawText(rest, int(middle | Qt.AlignmentFlag.AlignRight), word)
        painter.setPen(QColor(theme.border))
        painter.drawLine(option.rect.bottomLeft(), option.rect.bottomRight())
        painter.restore()

    def _bar(self, painter: QPainter, place: QRectF, file: File) -> None:
        theme, pen = current_theme(), painter.pen()
        bar = QRectF(place.left(), place.center().y() - 2, place.width(), 4)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.sunken))
        painter.drawRoundedRect(bar, 2, 2)
        bar.setWidth(bar.width() * file.share)
        painter.setBrush(QColor(theme.accent))
        painter.drawRoundedRect(bar, 2, 2)
        painter.setPen(pen)


class FilesPage(Page):
    folder_chosen = pyqtSignal(str)  # for results; empty: beside each file

    def __init__(self, queue: FileQueue, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.queue = queue
        self.setAcceptDrops(True)
        self.add_files = IconButton("add", self.tr("Add files"), "primary", "on_accent")
        self.add_folder = IconButton("folder", self.tr("Add a folder"))
        self.cancel = button(self.tr("Cancel"))
        self.clear = button(self.tr("Clear the list"))
        head = row(words(self.tr("Files"), "title"), stretch=True)
        for widget in (self.clear, self.cancel, self.add_folder, self.add_files):
            head.addWidget(widget)
        self.column.addLayout(head)
        self.column.addWidget(self._list_card(), 1)
        self.column.addWidget(self._result_card())
        self._wire()
        self.show_folder("")
        self.show_voice("")
        self._show()

    def _list_card(self) -> Card:
        card = Card()
        self.list = QListView()
        self.list.setModel(self.queue)
        self.list.setUniformItemSizes(True)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.list.setItemDelegate(_Row(self.queue.word, self.list))
        self.list.setAccessibleName(self.tr("Files to convert"))
        self._layers = QStackedLayout()
        self._empty = self._drop_place()
        self._layers.addWidget(self._empty)
        self._layers.addWidget(self.list)
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(self.tr("All files"))
        self.summary = words("", "muted")
        card.body.setContentsMargins(6, 6, 6, 12)
        card.body.addLayout(self._layers, 1)
        foot = QVBoxLayout()
        foot.setContentsMargins(10, 0, 10, 0)
        foot.addWidget(self.bar)
        foot.addWidget(self.summary)
        card.body.addLayout(foot)
        return card

    def _drop_place(self) -> QWidget:
        place = QWidget()
        column = QVBoxLayout(place)
        column.addStretch(1)
        self._drop_sign = QLabel()
        self._drop_sign.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column.addWidget(self._drop_sign)
        texts = (
            (self.tr("Drop recordings or folders here"), "heading"),
            (self.tr("WAV, FLAC, MP3, OGG, AIFF and more; the result is as long as the source"), "muted"),
        )
        for text, role in texts:
            label = words(text, role)
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column.addWidget(label)
        column.addStretch(1)
        return place

    def _result_card(self) -> Card:
        card = Card()
        self.voice = Elided("", "heading")
        self.place = Elided("", "muted")
        texts = QVBoxLayout()
        texts.setSpacing(1)
        texts.addWidget(self.voice)
        texts.addWidget(self.place)
        self.choose = button(self.tr("Choose a folder"))
        self.beside = button(self.tr("Beside each file"))
        self.open = IconButton("folder", self.tr("Open the folder"))
        line = row()
        line.addLayout(texts, 1)
        for widget in (self.beside, self.choose, self.open):
            line.addWidget(widget)
        card.body.addLayout(line)
        return card

    def _wire(self) -> None:
        self.add_files.clicked.connect(self._ask_files)
        self.add_folder.clicked.connect(self._ask_folder)
        self.cancel.clicked.connect(self.queue.cancel)
        self.clear.clicked.connect(self.queue.clear)
        self.choose.clicked.connect(self._ask_place)
        self.beside.clicked.connect(lambda: self.folder_chosen.emit(""))
        self.open.clicked.connect(self._open)
        self.queue.changed.connect(self._show)

    def show_folder(self, folder: str) -> None:
        self.queue.folder = Path(folder) if folder else None
        self.place.say(folder or self.tr("Results appear beside each file"))
        self.beside.setVisible(bool(folder))

    def show_voice(self, name: str) -> None:
        """Files take the settings that are heard live."""
        self.voice.say(self.tr("Converted to {0}, with the sound set on the page Live").format(name or "–"))

    def _show(self) -> None:
        queue = self.queue
        self._layers.setCurrentWidget(self.list if queue.rowCount() else self._empty)
        self.cancel.setEnabled(queue.is_busy)
        self.clear.setEnabled(bool(queue.rowCount()) and not queue.is_busy)
        self.open.setEnabled(any(file.state == "done" for file in queue.files))
        self.bar.setVisible(queue.is_busy)
        self.bar.setValue(round(1000 * queue.share))
        done, failed, total = queue.count("done"), queue.count("failed"), queue.rowCount()
        text = self.tr("{0} of {1} converted").format(done, total) if total else ""
        if failed:
            text += ", " + self.tr("{0} failed").format(failed)
        self.summary.setText(text)

    def _ask_files(self) -> None:
        names, _ = QFileDialog.getOpenFileNames(self, self.tr("Recordings to convert"))
        self.queue.add([Path(name) for name in names])

    def _ask_folder(self) -> None:
        name = QFileDialog.getExistingDirectory(self, self.tr("A folder of recordings"))
        if name:
            self.queue.add([Path(name)])

    def _ask_place(self) -> None:
        name = QFileDialog.getExistingDirectory(self, self.tr("Where results are to appear"))
        if name:
            self.folder_chosen.emit(name)

    def _open(self) -> None:
        last = next(file for file in reversed(self.queue.files) if file.state == "done")
        assert last.destination is not None
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(last.destination.parent)))

    def dragEnterEvent(self, event: QDragEnterEvent | None) -> None:
        assert event is not None
        data = event.mimeData()
        if data is not None and data.hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent | None) -> None:
        assert event is not None
        data = event.mimeData()
        if data is not None:
            self.queue.add([Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()])
            event.acceptProposedAction()

    def showEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        super().showEvent(event)
        drawn = pixmap("files", current_theme().muted, 44, self.devicePixelRatioF())
        self._drop_sign.setPixmap(drawn)
