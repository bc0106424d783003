"""InstrumentPanel: which instrument plays what is hummed."""

from typing import Any

from PyQt6.QtCore import QCoreApplication, Qt, pyqtSignal
from PyQt6.QtWidgets import QWidget

from gui.instrument_strokes import INSTRUMENTS
from gui.parts import Card, words
from gui.tiles import Tile, Tiles

_COLUMNS = 2
_ANY_INSTRUMENT = "note"


class InstrumentPanel(Card):
    chosen = pyqtSignal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self._instrument = ""
        self.tiles = Tiles(self.tr("Instrument"), _COLUMNS)
        self.tiles.chosen.connect(self._choose)
        hint = words(self.tr("Hum or sing, one note at a time."), "muted", wraps=True)
        hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.tiles.end_with(hint)
        self.body.setContentsMargins(12, 10, 12, 12)
        self.body.setSpacing(8)
        self.body.addWidget(words(self.tr("Instruments"), "heading"))
        self.body.addWidget(self.tiles, 1)

    def show_timbres(self, timbres: list[dict[str, Any]]) -> None:
        """Rows as the engine lists them."""
        self.tiles.offer(
            {
                row["name"]: Tile(
                    row["name"] if row["name"] in INSTRUMENTS else _ANY_INSTRUMENT,
                    instrument_name(row["name"]),
                    self.tr("Licence: {0}").format(row["licence"]),
                )
                for row in timbres
            }
        )
        self.show_instrument(self._instrument)

    def show_instrument(self, name: str) -> None:
        """Mark the one that plays; says nothing."""
        self._instrument = name
        self.tiles.choose(name)

    def step(self, places: int) -> None:
        """Choose the next one, or the one before."""
        keys = self.tiles.keys()
        if keys:
            now = keys.index(self._instrument) if self._instrument in keys else 0
            self.tiles.tile(keys[(now + places) % len(keys)]).click()

    def _choose(self, name: str) -> None:
        self._instrument = name
        self.chosen.emit(name)


def instrument_name(instrument: str) -> str:
    """As a person would write it; of a model of one's own, the name it has."""
    translate = QCoreApplication.translate
    names = {
        "accordion": translate("instruments", "Accordion"),
        "cello": translate("instruments", "Cello"),
        "clarinet": translate("instruments", "Clarinet"),
        "flute": translate("instruments", "Flute"),
        "saxophone": translate("instruments", "Saxophone"),
        "trumpet": translate("instruments", "Trumpet"),
        "violin": translate("instruments", "Violin"),
    }
    return names.get(instrument, instrument)
