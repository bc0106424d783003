"""ValueSlider, a number with a name, a unit and a slider. A double click puts it back."""

from collections.abc import Callable

from PyQt6.QtCore import QEvent, QObject, Qt, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QSizePolicy, QSlider, QVBoxLayout, QWidget

from gui.parts import words

_LEAST_PIXELS = 110
HEAD_PIXELS = 21  # with or without a box beside the name


def semitones(value: float) -> str:
    return f"{value:+.1f} st" if value else "0 st"


class ValueSlider(QWidget):
    moved = pyqtSignal(float)  # by the user

    def __init__(
        self,
        name: str,
        limits: tuple[float, float],
        step: float,
        shown: Callable[[float], str],
        rest: float = 0.0,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._step, self._shown, self._rest = step, shown, rest
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(round(limits[0] / step), round(limits[1] / step))
        self.slider.setPageStep(max(1, round((limits[1] - limits[0]) / step / 12)))
        self.slider.setProperty("centred", limits[0] < rest < limits[1])
        self.slider.setAccessibleName(name)
        self.slider.setToolTip(self.tr("Double click: back to {0}").format(shown(rest)))
        self.slider.valueChanged.connect(self._has_moved)
        self.slider.installEventFilter(self)
        self._value = words(shown(rest))
        self._value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.name = words(name, "muted")
        self.name.setFixedHeight(HEAD_PIXELS)
        self.head = QHBoxLayout()
        self.head.setSpacing(8)
        self.head.addWidget(self.name)
        self.head.addStretch(1)
        self.head.addWidget(self._value)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)  # all columns alike
        self.setMinimumWidth(_LEAST_PIXELS)
        column.addLayout(self.head)
        column.addWidget(self.slider)
        self.show_value(rest)

    @property
    def value(self) -> float:
        return round(self.slider.value() * self._step, 6)

    def show_value(self, value: float) -> None:
        """Show it; says nothing. A hand on the slider goes before."""
        if not self.slider.isSliderDown():
            self.slider.blockSignals(True)
            self.slider.setValue(round(value / self._step))
            self.slider.blockSignals(False)
        self._tell()

    def _has_moved(self) -> None:
        self._tell()
        self.moved.emit(self.value)

    def _tell(self) -> None:
        text = self._shown(self.value)
        self._value.setText(text)
        self.slider.setAccessibleDescription(text)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if event is not None and event.type() == QEvent.Type.MouseButtonDblClick:
            self.slider.setValue(round(self._rest / self._step))
            return True
        if event is not None and event.type() == QEvent.Type.Wheel:  # a page that scrolls must change nothing
            event.ignore()
            return True
        return super().eventFilter(watched, event)
