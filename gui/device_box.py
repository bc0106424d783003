"""DeviceBox, a choice among the microphones or the outputs, grouped by the system's sound interfaces."""

from typing import Any

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QStandardItem, QStandardItemModel
from PyQt6.QtWidgets import QComboBox, QSizePolicy, QWidget

from gui.controller import device_label

_VALUE = Qt.ItemDataRole.UserRole


class DeviceBox(QComboBox):
    """Speaks the engine's values: a device's label, or None for the default."""

    picked = pyqtSignal(object)

    def __init__(self, end: str, name: str, none: str = "", parent: QWidget | None = None) -> None:
        """Args: none: what it means that none is chosen, where that is not the default."""
        super().__init__(parent)
        self._none = none
        self._end, self._count = end, f"{end}s"
        self._devices: list[dict[str, Any]] = []
        self._value: str | None = None
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(12)
        self.activated.connect(lambda _: self.picked.emit(self.currentData(_VALUE)))

    @property
    def is_empty(self) -> bool:
        return not self._devices

    def show_devices(self, devices: list[dict[str, Any]]) -> None:
        self._devices = [device for device in devices if device[self._count]]
        self._fill()

    def show_value(self, value: str | int | None) -> None:
        self._value = None if value is None else str(value)
        self._fill()

    def _fill(self) -> None:
        model = QStandardItemModel(self)
        model.appendRow(_item(self._default_text(), None))
        apis = list(dict.fromkeys(device["host_api"] for device in self._devices))
        for api in apis:
            if len(apis) > 1:
                header = QStandardItem(api)
                header.setFlags(Qt.ItemFlag.NoItemFlags)
                model.appendRow(header)
            for device in self._devices:
                if device["host_api"] == api:
                    model.appendRow(_item(device["name"], device_label(device)))
        labels = [device_label(device) for device in self._devices]
        if self._value is not None and self._value not in labels:
            model.appendRow(_item(self.tr("{0} (not connected)").format(self._value), self._value))
        self.setModel(model)
        self.setCurrentIndex(max(0, self.findData(self._value, _VALUE)))
        self.setEnabled(not self.is_empty)
        self.setToolTip(self.currentText())

    def _default_text(self) -> str:
        if self.is_empty:
            return self.tr("None connected")
        if self._none:
            return self._none
        for device in self._devices:
            if self._end in device["default"]:
                return self.tr("Default: {0}").format(device["name"])
        return self.tr("Default")

    def rate(self) -> int:
        """Samples per second of the device that is chosen; 0 where that is not known."""
        for device in self._devices:
            is_chosen = device_label(device) == self._value
            if is_chosen or (self._value is None and self._end in device["default"]):
                return int(device["sample_rate"])
        return 0

    def device_name(self) -> str:
        for device in self._devices:
            if device_label(device) == self._value:
                return str(device["name"])
        return ""


def _item(text: str, value: str | None) -> QStandardItem:
    item = QStandardItem(text)
    item.setData(value, _VALUE)
    return item
