"""A file's bytes: opened through gzip where the content says so, and told apart from what is not text.

Everything that goes wrong while reading leaves here as a SourceError that names the file.
"""

import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from rlm_pipeline.errors import SourceError

BLOCK_BYTES = 1 << 20
READ_ERRORS = (OSError, EOFError, zlib.error)
_GZIP = b"\x1f\x8b"

_MAGIC = (
    (b"%PDF-", "a PDF document"),
    (b"PAR1", "a Parquet file"),
    (b"ARROW1", "an Arrow file"),
    (b"FEA1", "a Feather file"),
    (b"ORC", "an ORC file"),
    (b"Obj\x01", "an Avro file"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a legacy Office document such as xls"),
    (b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF87a", "a GIF image"),
    (b"GIF89a", "a GIF image"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\0", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a", "a rar archive"),
    (b"\x7fELF", "a program"),
    (b"{\\rtf", "an RTF document"),
)
_ZIP = b"PK\x03\x04"
_ZIP_MEMBERS = (
    (b"xl/", "an xlsx workbook"),
    (b"word/", "a Word document"),
    (b"ppt/", "a PowerPoint document"),
    (b"opendocument.spreadsheet", "an OpenDocument spreadsheet"),
    (b"opendocument", "an OpenDocument file"),
)
# Bytes no text has: C0 controls other than tab, line feed, vertical tab, form feed, carriage return, and DOS's ^Z.
_TEXT = bytes(byte for byte in range(256) if byte >= 0x20 or byte in b"\t\n\v\f\r\x1a")
_BINARY_SHARE = 0.05  # random bytes have 0.1
_BINARY_EVIDENCE = 512  # shorter samples are read as text, whatever they hold


def open_decompressed(path: Path) -> BinaryIO:
    """The file's bytes, decompressed if it starts like a gzip file, whatever it is called."""
    return cast("BinaryIO", gzip.open(path)) if is_compressed(path) else path.open("rb")


def is_compressed(path: Path) -> bool:
    """Whether the file starts like a gzip file.

    Raises:
        SourceError: the file is missing or cannot be read.

    """
    try:
        with path.open("rb") as stream:
            return stream.read(len(_GZIP)) == _GZIP
    except OSError as error:
        raise unreadable(path, error) from error


def blocks(path: Path) -> Iterator[bytes]:
    """The file's bytes, decompressed, in blocks of up to 1 MiB.

    Raises:
        SourceError: the file is missing, cannot be read, or is a damaged or truncated gzip file.

    """
    try:
        with open_decompressed(path) as stream:
            while block := cast("io.BufferedReader", stream).read1(BLOCK_BYTES):
                yield block
    except READ_ERRORS as error:
        raise unreadable(path, error) from error


def sample(path: Path, size: int) -> tuple[bytes, bool]:
    """The first `size` bytes, decompressed, and whether they are the whole file.

    Raises:
        SourceError: as `blocks`.

    """
    parts = bytearray()
    for block in blocks(path):
        parts += block
        if len(parts) > size:
            return bytes(parts[:size]), False
    return bytes(parts), True


def unreadable(path: Path, error: BaseException) -> SourceError:
    """What to tell a person about an error met while reading `path`."""
    if isinstance(error, EOFError):
        return SourceError(f"{path} is a truncated gzip file: it ends before its content does; copy it again")
    if isinstance(error, gzip.BadGzipFile | zlib.error):
        return SourceError(f"{path} is a damaged gzip file ({error}); copy it again")
    if isinstance(error, FileNotFoundError):
        return SourceError(f"{path} does not exist (any more)")
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return SourceError(f"{path} cannot be read: {reason}")


def known_format(head: bytes) -> str | None:
    """The format that a file's first bytes declare, if it is not text: "an xlsx workbook"; else None."""
    if head.startswith(_ZIP):
        return next((kind for member, kind in _ZIP_MEMBERS if member in head), "a zip archive")
    if head[257:262] == b"ustar":
        return "a tar archive"
    return next((kind for magic, kind in _MAGIC if head.startswith(magic)), None)


def is_binary(head: bytes) -> bool:
    """Whether more control characters are among a file's first bytes than any text has."""
    controls = len(head.translate(None, delete=_TEXT))
    return len(head) >= _BINARY_EVIDENCE and controls > _BINARY_SHARE * len(head)
