"""Bell: one thread tells another that there is something to do, and never waits for it."""

import threading


class Bell:
    """Rung by one thread, waited for by one other; rung twice before that is rung once.

    A bare lock as a binary semaphore: locked means silent. A Condition or an Event would make a callback wait
    for a lock that the worker may just hold.
    """

    def __init__(self) -> None:
        self._is_silent = threading.Lock()
        self._is_silent.acquire()

    def ring(self) -> None:
        """The thread that rings."""
        if self._is_silent.locked():
            self._is_silent.release()

    def hush(self) -> None:
        """The thread that waits. What was rung before does not count."""
        self._is_silent.acquire(blocking=False)

    def wait(self, seconds: float) -> bool:
        """The thread that waits. Whether it was rung in time, or before."""
        return self._is_silent.acquire(timeout=seconds)
