"""What C libraries print of their own accord: kept from a terminal, where sentences of ours say the same.

PortAudio and ALSA write dozens of lines for each device that is pulled out or does not open, past Python and
over the status line. Sent elsewhere (`2> messages.txt`, a pipe) all of it arrives.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_STANDARD_ERROR = 2  # its number, for those who know nothing of Python's streams


@contextmanager
def kept_from_terminal() -> Iterator[None]:
    """Meanwhile only Python writes to a terminal's standard error."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield
        return
    before = sys.stderr
    before.flush()
    terminal, nowhere = os.dup(_STANDARD_ERROR), os.open(os.devnull, os.O_WRONLY)
    with open(os.dup(terminal), "w", encoding=before.encoding, errors=before.errors, buffering=1) as ours:
        sys.stderr = ours
        os.dup2(nowhere, _STANDARD_ERROR)
        os.close(nowhere)
        try:
            yield
        finally:
            os.dup2(terminal, _STANDARD_ERROR)
            os.close(terminal)
            sys.stderr = before
