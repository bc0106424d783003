"""missing_bytes: whether a chunked file (WAV, RF64, AIFF) holds all that its header promises.

libsndfile quietly shortens such files; a copy that broke off would pass for the whole recording.
Knows nothing of the samples; other formats tell on themselves when they are read.
"""

import struct
from pathlib import Path
from typing import BinaryIO

_SOUND = (b"data", b"SSND")
# Programs that write to a pipe can't know the length and promise "very long" instead.
_UNKNOWN_LENGTH = 0x7FFF_0000


def missing_bytes(path: Path) -> int:
    """Bytes of sound the header promises beyond the end of the file; 0 if none or not known."""
    with open(path, "rb") as file:
        file_size = file.seek(0, 2)
        file.seek(0)
        end = _promised_end(file, file_size)
    return max(0, end - file_size)


def _promised_end(file: BinaryIO, file_size: int) -> int:
    magic = file.read(12)[:4]
    if magic not in (b"RIFF", b"RIFX", b"RF64", b"FORM"):
        return 0
    order = ">" if magic in (b"RIFX", b"FORM") else "<"
    long_size = None
    while file.tell() < file_size:
        header = file.read(8)
        if len(header) < 8:
            return 0
        name, size = struct.unpack(f"{order}4sI", header)
        start = file.tell()
        if name == b"ds64":  # RF64 keeps its real sizes here
            sizes = file.read(16)
            long_size = struct.unpack("<8xQ", sizes)[0] if len(sizes) == 16 else None
        if name in _SOUND:
            if size == 0xFFFF_FFFF and long_size is not None:
                size = long_size
            elif size >= _UNKNOWN_LENGTH and start + size > file_size:
                return 0
            return start + int(size)
        file.seek(start + size + size % 2)  # chunks start at even offsets
    return 0
