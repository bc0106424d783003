"""The log of live conversion: what happened when, in small files of which the oldest gives way.

Written on a thread of its own, so that a slow disk keeps nobody waiting. Audio threads log nothing. Anyone
may log to `LOGGER`; without `kept_log` it goes nowhere.
"""

import logging
import platform
import queue
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from logging.handlers import QueueHandler, QueueListener, RotatingFileHandler
from pathlib import Path

import platformdirs

from rtvc.errors import RtvcError

LOGGER = logging.getLogger("rtvc")
LOGGER.addHandler(logging.NullHandler())
_FILE = "rtvc.log"
_MOST_BYTES, _OLDER_FILES = 500_000, 3
_LINE = "%(asctime)s %(levelname)s %(message)s"


def log_path() -> Path:
    return Path(platformdirs.user_log_dir("rtvc", appauthor=False)) / _FILE


@contextmanager
def kept_log(path: Path | None = None) -> Iterator[None]:
    """Keep a log meanwhile, what ends it included. Where none can be written there is none."""
    try:
        handler = _handler(path or log_path())
    except OSError:
        yield
        return
    waiting: queue.SimpleQueue[logging.LogRecord] = queue.SimpleQueue()
    entrance, listener = QueueHandler(waiting), QueueListener(waiting, handler)
    level = LOGGER.level
    LOGGER.addHandler(entrance)
    LOGGER.setLevel(logging.INFO)
    listener.start()
    try:
        LOGGER.info("begins: rtvc %s, Python %s", _version(), platform.python_version())
        yield
        LOGGER.info("ends")
    except RtvcError as error:
        LOGGER.error("ends: %s", error, exc_info=error.__cause__)
        raise
    except BaseException:
        LOGGER.exception("ends")
        raise
    finally:
        LOGGER.removeHandler(entrance)
        LOGGER.setLevel(level)
        listener.stop()
        handler.close()


def _handler(path: Path) -> RotatingFileHandler:
    path.parent.mkdir(parents=True, exist_ok=True)
    handler = _Quiet(path, maxBytes=_MOST_BYTES, backupCount=_OLDER_FILES, encoding="utf-8")
    handler.setFormatter(logging.Formatter(_LINE))
    return handler


class _Quiet(RotatingFileHandler):
    """A disk that is full is no reason to write to the terminal, which may be a program's pipe."""

    def handleError(self, record: logging.LogRecord) -> None:
        pass


def _version() -> str:
    try:
        return metadata.version("rtvc")
    except metadata.PackageNotFoundError:
        return "(not installed)"
