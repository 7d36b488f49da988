"""A file's bytes: decompressed where the content says so, and told apart from what is not text.

Everything that goes wrong while reading leaves here as a SourceError that names the file.
"""

import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import pyarrow as pa

from rlm_pipeline.errors import SourceError
from rlm_pipeline.sources.xz_stream import XzStream

BLOCK_BYTES = 1 << 20
READ_ERRORS = (OSError, EOFError, zlib.error, lzma.LZMAError, pa.ArrowException)


def _open_zstd(path: Path) -> BinaryIO:
    # pyarrow, because the package zstandard does not notice that a file is truncated.
    stream = pa.CompressedInputStream(pa.PythonFile(path.open("rb"), mode="r"), "zstd")
    return cast("BinaryIO", io.BufferedReader(stream, BLOCK_BYTES))


def _open_xz(path: Path) -> BinaryIO:
    return cast("BinaryIO", io.BufferedReader(XzStream(path), BLOCK_BYTES))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Compression:
    name: str
    magic: bytes
    open: Callable[[Path], BinaryIO]
    block: bytes = b""  # what follows the magic and one byte more, where the magic alone could be text

    def starts(self, head: bytes) -> bool:
        after = len(self.magic) + 1
        return head.startswith(self.magic) and (not self.block or head[after:].startswith(self.block))


_COMPRESSIONS = (
    _Compression(name="gzip", magic=b"\x1f\x8b", open=lambda path: cast("BinaryIO", gzip.GzipFile(path))),
    _Compression(name="bzip2", magic=b"BZh", block=b"1AY&SY", open=lambda path: cast("BinaryIO", bz2.BZ2File(path))),
    _Compression(name="zstd", magic=b"\x28\xb5\x2f\xfd", open=_open_zstd),
    _Compression(name="xz", magic=b"\xfd7zXZ\0", open=_open_xz),
)
_MAGIC_BYTES = 10

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
_EMPTY_ZIP = b"PK\x05\x06"
_TAR_BLOCK = 512
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
    """The file's bytes, decompressed if it starts like a gzip, bzip2, zstd or xz file, whatever it is called.

    Raises:
        SourceError: the file is missing or cannot be read.

    """
    compression = _compression(path)
    return path.open("rb") if compression is None else compression.open(path)


def is_compressed(path: Path) -> bool:
    """Whether the file starts like a gzip, bzip2, zstd or xz file.

    Raises:
        SourceError: the file is missing or cannot be read.

    """
    return _compression(path) is not None


def may_hold_more(head: bytes) -> bool:
    """Whether a file that starts with `head` is compressed or an archive, so that `head` does not show its content."""
    packed = head.startswith((_ZIP, _EMPTY_ZIP)) or is_tar(head)
    return packed or any(each.starts(head) for each in _COMPRESSIONS)


def _compression(path: Path) -> _Compression | None:
    try:
        with path.open("rb") as stream:
            head = stream.read(_MAGIC_BYTES)
    except OSError as error:
        raise unreadable(path, error) from error
    return next((each for each in _COMPRESSIONS if each.starts(head)), None)


def blocks(path: Path) -> Iterator[bytes]:
    """The file's bytes, decompressed, in blocks of up to 1 MiB.

    Raises:
        SourceError: the file is missing, cannot be read, or is a damaged or truncated compressed file.

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
    if isinstance(error, FileNotFoundError):
        return SourceError(f"{path} does not exist (any more)")
    if isinstance(error, OSError) and error.errno is not None:
        return SourceError(f"{path} cannot be read: {error.strerror}")
    kind = _kind_for_message(path)
    if isinstance(error, EOFError) or "Truncated" in str(error):
        return SourceError(f"{path} is a truncated {kind}: it ends before its content does; copy it again")
    return SourceError(f"{path} is a damaged {kind} ({error}); copy it again")


def _kind_for_message(path: Path) -> str:
    try:
        compression = _compression(path)
    except SourceError:
        return "file"
    return f"{compression.name} file" if compression else "file"


def known_format(head: bytes) -> str | None:
    """The format that a file's first bytes declare, if it is not text: "an xlsx workbook"; else None."""
    if head.startswith((_ZIP, _EMPTY_ZIP)):
        return next((kind for member, kind in _ZIP_MEMBERS if member in head), "a zip archive")
    if is_tar(head):
        return "a tar archive"
    return next((kind for magic, kind in _MAGIC if head.startswith(magic)), None)


def is_tar(head: bytes) -> bool:
    """Whether a file that starts with `head` (512 bytes or more) is a tar archive, by its mark or its checksum."""
    header = head[:_TAR_BLOCK]
    if header[257:262] == b"ustar":
        return True
    declared = header[148:156].strip(b" \0")
    if len(header) < _TAR_BLOCK or not declared.isdigit() or b"8" in declared or b"9" in declared:
        return False
    return int(declared, 8) == sum(header) - sum(header[148:156]) + 8 * 0x20


def is_binary(head: bytes) -> bool:
    """Whether more control characters are among a file's first bytes than any text has."""
    controls = len(head.translate(None, delete=_TEXT))
    return len(head) >= _BINARY_EVIDENCE and controls > _BINARY_SHARE * len(head)
