"""Keys pressed in a terminal, one at a time and without Enter. Does nothing where there is no terminal."""

import select
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

ReadKey = Callable[[], str]  # the next key, or "" when none was pressed


@contextmanager
def pressed_keys(stream: TextIO | None = None) -> Iterator[ReadKey]:
    """A function that never waits. The terminal is as before when the block is left."""
    stream = sys.stdin if stream is None else stream
    if stream is None or not stream.isatty():
        yield lambda: ""
    elif sys.platform == "win32":
        yield _windows_key
    else:
        with _single_keys(stream) as read:
            yield read


@contextmanager
def _single_keys(stream: TextIO) -> Iterator[ReadKey]:
    """A terminal of Unix. Ctrl-C and Ctrl-Z go on doing what they do."""
    import os
    import termios

    descriptor = stream.fileno()
    try:
        is_in_front = os.tcgetpgrp(descriptor) == os.getpgrp()
    except OSError:  # not the terminal that this program was started from
        is_in_front = False
    if not is_in_front:  # the keyboard is another program's
        yield lambda: ""
        return
    before = termios.tcgetattr(descriptor)
    now = termios.tcgetattr(descriptor)
    now[3] &= ~(termios.ICANON | termios.ECHO)

    def read() -> str:
        if not select.select([descriptor], [], [], 0)[0]:
            return ""
        try:
            return os.read(descriptor, 1).decode(errors="replace")
        except OSError:  # the terminal has been closed
            return ""

    termios.tcsetattr(descriptor, termios.TCSADRAIN, now)
    try:
        yield read
    finally:
        try:
            termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
        except termios.error:
            pass  # closed meanwhile; there is nothing left to restore


def _windows_key() -> str:
    import msvcrt

    if not msvcrt.kbhit():  # type: ignore[attr-defined,unused-ignore]
        return ""
    return str(msvcrt.getwch())  # type: ignore[attr-defined,unused-ignore]
