"""LineReader, lines from a pipe that may bring anything in any amount. Never holds more than a little."""

import os
import queue
import threading

from rtvc import realtime

MOST_LINE_BYTES = 65536
_CHUNK_BYTES = 65536
_MOST_WAITING = 64  # lines; when they are not taken the pipe fills, and whoever writes has to wait
_LINES_IN_A_ROW, _REST_SECONDS = 2, 0.004  # 500 lines a second; more at once would slow the hops down
_WAIT_SECONDS = 0.1

TOO_LONG = b"\n"  # stands for a line that was thrown away; no line can look like it


class LineReader:
    """Reads on a thread of its own. `next` gives a line without its end, TOO_LONG, or None after the last."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lines: queue.Queue[bytes | None] = queue.Queue(_MOST_WAITING)
        self._rest = threading.Event()  # never set: a wait on it is a rest
        self._since_rest = 0
        threading.Thread(target=self._read, name="rtvc control reader", daemon=True).start()

    def next(self, timeout: float) -> bytes | None:
        """The next line.

        Raises:
            queue.Empty: there was none in time.
        """
        return self._lines.get(timeout=timeout)

    def _read(self) -> None:
        """Reader's thread."""
        realtime.raise_thread_priority(realtime.ONLOOKER_PRIORITY)
        begun, is_too_long = b"", False
        while chunk := self._chunk():
            *lines, begun = (begun + chunk).split(b"\n")
            for line in lines:
                self._put(TOO_LONG if is_too_long or len(line) > MOST_LINE_BYTES else line)
                is_too_long = False
            if len(begun) > MOST_LINE_BYTES:
                begun, is_too_long = b"", True
        self._lines.put(None)

    def _chunk(self) -> bytes:
        try:
            return os.read(self._descriptor, _CHUNK_BYTES)
        except OSError:
            return b""  # as good as closed

    def _put(self, line: bytes) -> None:
        if not line.strip() and line != TOO_LONG:
            return
        self._lines.put(line)
        self._since_rest += 1
        if self._since_rest >= _LINES_IN_A_ROW:
            self._since_rest = 0
            self._rest.wait(_REST_SECONDS)
