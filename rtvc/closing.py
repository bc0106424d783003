"""Closing streams of PortAudio, also where a driver or a sound server hangs."""

import atexit
import threading
from typing import Any

_CLOSE_SECONDS = 1.0  # to close streams takes a tenth of that, where all is well
_left_behind: list[threading.Thread] = []  # only appended to


class Closing:
    """Closes once. Streams that hang are left behind on a thread that waits for them.

    PortAudio's own farewell, which would wait as well, is then called off.
    """

    def __init__(self, sd: Any) -> None:
        self._sd = sd
        self._thread: threading.Thread | None = None

    def close(self, streams: list[Any]) -> None:
        """Stop at once; what the sound card still holds is thrown away. May be called twice."""
        if self._thread is not None:
            return
        self._thread = threading.Thread(
            target=self._close_all, args=(streams,), name="rtvc closing", daemon=True
        )
        self._thread.start()
        self._thread.join(_CLOSE_SECONDS)
        if self._thread.is_alive():
            _left_behind.append(self._thread)
            call_off_farewell(self._sd)

    def _close_all(self, streams: list[Any]) -> None:
        """Closing thread."""
        for stream in streams:
            try:
                stream.abort()
                stream.close()
            except self._sd.PortAudioError:
                pass  # a device that went away; there is nothing left to close

    def has_let_go(self) -> bool:
        return self._thread is not None and not self._thread.is_alive()


def is_any_left_behind() -> bool:
    """Whether streams hang now. PortAudio as a whole cannot be ended meanwhile; it can open others."""
    return any(thread.is_alive() for thread in _left_behind)


def call_off_farewell(sd: Any) -> None:
    """PortAudio is told good-bye when the program ends; where it hangs, that would hang the end too."""
    atexit.unregister(getattr(sd, "_exit_handler", call_off_farewell))
