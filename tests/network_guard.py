"""Keeps a process and all that it starts from the network, and notes whoever tries.

Python's own sockets are refused by an audit hook, those of native libraries (Qt, PortAudio, onnxruntime) by
the kernel, on Linux: the process that asks for one is killed.
"""

import ctypes
import os
import platform
import socket
import struct
import sys
from pathlib import Path
from typing import Any

LOG_VARIABLE = "NETWORK_GUARD_LOG"
# For a folder of its own on PYTHONPATH: every Python that is started there runs it before anything else.
SITECUSTOMIZE = f"import os; from tests.network_guard import guard; guard(os.environ['{LOG_VARIABLE}'])\n"
KILLED = -31  # by SIGSYS

_FAMILIES = (socket.AF_INET, socket.AF_INET6)
_STEPS = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "urllib.Request")
_SOCKET_CALL = {"x86_64": 41, "aarch64": 198}.get(platform.machine())
_NO_NEW_PRIVILEGES, _SECCOMP, _FILTER_MODE = 38, 22, 2  # of prctl
_LOAD, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06  # of the kernel's filters
_ALLOW, _KILL = 0x7FFF0000, 0x80000000


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p)]


def guard(log: str) -> None:
    """From here on, for this process and its children."""
    sys.addaudithook(lambda event, arguments: _look(event, arguments, Path(log)))
    if guards_native_code():
        _forbid_sockets()


def guards_native_code() -> bool:
    return sys.platform.startswith("linux") and _SOCKET_CALL is not None


def _look(event: str, arguments: tuple[Any, ...], log: Path) -> None:
    is_socket = event == "socket.__new__" and arguments[1] in _FAMILIES
    if is_socket or event in _STEPS:
        with log.open("a", encoding="utf-8") as file:
            file.write(f"{os.getpid()} {event} {arguments[1:] if is_socket else arguments}\n")
        raise PermissionError(f"no network in this test: {event}")


def _forbid_sockets() -> None:
    """The system call `socket` with one of the two families ends the process."""
    call_at, family_at = 0, 16  # in what the kernel shows a filter
    steps = [
        (_LOAD, 0, 0, call_at),
        (_JUMP_IF_EQUAL, 0, 3, _SOCKET_CALL),
        (_LOAD, 0, 0, family_at),
        (_JUMP_IF_EQUAL, 2, 0, int(socket.AF_INET)),
        (_JUMP_IF_EQUAL, 1, 0, int(socket.AF_INET6)),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _KILL),
    ]
    program = _Program(len(steps), b"".join(struct.pack("HBBI", *step) for step in steps))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    if libc.prctl(_SECCOMP, _FILTER_MODE, ctypes.byref(program), 0, 0):
        raise OSError(ctypes.get_errno(), "the kernel takes no filter")
