"""play: sound that is being made, out of one open output device, to its end. Makes and opens nothing."""

import time
from collections.abc import Iterable

from rtvc.errors import DeviceError
from rtvc.monitor import OutputLink
from rtvc.ring import Ring
from rtvc.stage import Audio

_WAITING_SECONDS = 2.0  # of sound made ahead of what is heard
_LOOK_SECONDS = 0.02
_DEAD_AFTER_SECONDS = 3.0  # Bluetooth has to wake up


def play(pieces: Iterable[Audio], link: OutputLink) -> None:
    """Caller's thread, until all was heard; the device is closed then, whatever happens.

    Raises:
        DeviceError: the device went away, or asks for no sound.
    """
    player = _Player(link)
    try:
        link.start(player.on_play)
        for piece in pieces:
            player.put(piece)
        player.drain()
    finally:
        link.close()


class _Player:
    def __init__(self, link: OutputLink) -> None:
        self._link = link
        self._ring = Ring(round(_WAITING_SECONDS * link.rate))
        # Samples asked for, counted by the callback and read by the caller.
        self._asked = 0
        self._seen, self._seen_at = 0, time.monotonic()

    def on_play(self, out: Audio) -> None:
        """Output callback."""
        count = self._ring.read_into(out)
        out[count:] = 0.0
        self._asked += len(out)

    def put(self, piece: Audio) -> None:
        while len(piece := piece[self._ring.write(piece) :]):
            self._wait()

    def drain(self) -> None:
        """Until the last sample has left the device too."""
        while self._ring.available:
            self._wait()
        behind = 2 * self._link.block + round(self._link.latency_seconds * self._link.rate)
        until = self._asked + behind
        while self._asked < until:
            self._wait()

    def _wait(self) -> None:
        time.sleep(_LOOK_SECONDS)
        if self._asked != self._seen:
            self._seen, self._seen_at = self._asked, time.monotonic()
        if not self._link.is_alive or time.monotonic() - self._seen_at > _DEAD_AFTER_SECONDS:
            raise DeviceError(f"The output device '{self._link.label}' went away or hangs.")
