"""Orders, what the user wants now: given by commands, followed by the keeper, or taken back."""

import threading

from rtvc.opening import Wanted


class Orders:
    """What the user wants now. Given by any thread but an audio thread, followed by the keeper."""

    def __init__(self, wanted: Wanted) -> None:
        self._lock = threading.Lock()  # held for an assignment; no audio thread ever asks for it
        self._wanted = wanted
        self.given = threading.Event()

    @property
    def wanted(self) -> Wanted:
        return self._wanted

    def give(self, wanted: Wanted) -> None:
        with self._lock:
            self._wanted = wanted
        self.given.set()

    def take_back(self, refused: Wanted, instead: Wanted) -> None:
        """Keeper's thread. Unless something newer is wanted by now, which gets its own chance."""
        with self._lock:
            if self._wanted == refused:
                self._wanted = instead
