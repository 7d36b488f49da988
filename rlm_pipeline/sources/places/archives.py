"""Zip and tar archives, known by their content, gone through member by member in their own order.

What is unpacked is measured while it is unpacked; nothing an archive says about itself is trusted. No member's name is
ever used as a path.
"""

import posixpath
import stat
import struct
import tarfile
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal, cast

from rlm_pipeline.errors import SourceError
from rlm_pipeline.sources import content
from rlm_pipeline.sources.places.listing import printable

NESTED = "!/"
"""Between the name of an archive in an archive and that of its member."""

MOST_RATIO = 200
RATIO_FROM = 100 << 20
"""An archive that unpacks to more than this, and to MOST_RATIO times its size, is taken for a bomb."""

_HEAD_BYTES = 1 << 16
_LARGEST_HEADER = 1 << 20  # of a tar's extended headers, which tarfile reads whole
_ENCRYPTED = 0x1
_OFFICE = "[Content_Types].xml"
_ERRORS = (
    *content.READ_ERRORS,
    zipfile.BadZipFile,
    tarfile.TarError,
    struct.error,
    ValueError,
    OverflowError,
    RuntimeError,  # how zipfile says that a password or a method is missing
    IndexError,
    MemoryError,  # what a method may ask for before it unpacks anything
)

Kind = Literal["zip", "tar"]


@dataclass(slots=True)
class Budget:
    """How many bytes one archive may still unpack to, with all that is nested in it."""

    left: int
    exhausted: bool = False

    def spend(self, path: Path, size: int) -> None:
        """Count `size` unpacked bytes.

        Raises:
            SourceError: that is more than is left.

        """
        self.left -= size
        if self.left < 0:
            self.exhausted = True
            raise SourceError(f"{path} unpacks to more than files.most_unpacked_gib; raise it if the archive is sound")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Member:
    """One file of an archive: its name as the archive has it, why it is not read, or its bytes.

    `blocks` can be gone through once, before the next member is asked for; it raises SourceError where the member is
    damaged or unpacks too far.
    """

    name: str
    reason: str
    blocks: Iterator[bytes]


def archive_kind(path: Path) -> Kind | None:
    """Whether the file is a zip archive, a tar archive (compressed or not), or neither.

    Raises:
        SourceError: the file cannot be opened.

    """
    try:
        with path.open("rb") as stream:
            raw = stream.read(_HEAD_BYTES)
    except OSError as error:
        raise content.unreadable(path, error) from error
    if raw.startswith(b"PK"):
        return "zip" if content.known_format(raw) == "a zip archive" else None
    try:
        head = content.sample(path, _HEAD_BYTES)[0] if content.is_compressed(path) else raw
    except SourceError:
        return None
    return "tar" if content.is_tar(head) else None


def members(path: Path, kind: Kind, budget: Budget) -> Iterator[Member]:
    """The files of an archive in its own order; folders are no members.

    Raises:
        SourceError: the archive is damaged, or unpacks too far.

    """
    try:
        yield from _zip_members(path, budget) if kind == "zip" else _tar_members(path, budget)
    except _ERRORS as error:
        raise _damaged(path, kind, error) from error


def _damaged(path: Path, kind: Kind, error: BaseException) -> SourceError:
    if isinstance(error, FileNotFoundError):
        return content.unreadable(path, error)
    reason = printable(" ".join(str(error).split())) or "it ends before its content does"
    return SourceError(f"{path} is a damaged {kind} archive ({reason}); copy it again")


def _zip_members(path: Path, budget: Budget) -> Iterator[Member]:
    with zipfile.ZipFile(path) as archive:
        entries = [info for info in archive.infolist() if not info.is_dir()]
        if any(info.filename == _OFFICE for info in entries):
            raise SourceError(f"{path} is an Office document, not an archive; export it as CSV")
        last = {info.filename: info for info in entries}
        shared = _overlapping(entries)
        for info in entries:
            reason = "the archive has a later file of this name" if last[info.filename] is not info else ""
            reason = reason or ("it overlaps another file of the archive" if info.header_offset in shared else "")
            reason = reason or _reason_zip(info) or _reason_name(info.filename)
            yield Member(name=info.filename, reason=reason, blocks=_zip_blocks(path, archive, info, budget))


def _reason_zip(info: zipfile.ZipInfo) -> str:
    if info.flag_bits & _ENCRYPTED:
        return "encrypted; unpack it with its password"
    mode = info.external_attr >> 16
    if stat.S_ISLNK(mode):
        return "a symbolic link"
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        return "not a file but a pipe, socket or device"
    return ""


def _overlapping(entries: Iterable[zipfile.ZipInfo]) -> set[int]:
    """Where the entries start that share bytes with another, which no archiver writes but bombs do."""
    ordered = sorted(entries, key=lambda info: info.header_offset)
    shared: set[int] = set()
    end, owner = -1, -1
    for info in ordered:
        if info.header_offset < end:
            shared |= {info.header_offset, owner}
        if info.header_offset + info.compress_size > end:
            end, owner = info.header_offset + info.compress_size, info.header_offset
    return shared


def _zip_blocks(path: Path, archive: zipfile.ZipFile, info: zipfile.ZipInfo, budget: Budget) -> Iterator[bytes]:
    unpacked = 0
    try:
        with archive.open(info) as stream:
            while block := stream.read(content.BLOCK_BYTES):
                unpacked += len(block)
                if unpacked > RATIO_FROM and unpacked > MOST_RATIO * info.compress_size:
                    raise SourceError(_bomb(printable(info.filename), info.compress_size))
                budget.spend(path, len(block))
                yield block
    except NotImplementedError as error:
        raise SourceError(f"{printable(info.filename)} is compressed in a way that is not known: {error}") from error
    except _ERRORS as error:
        raise SourceError(f"{printable(info.filename)} is damaged ({printable(str(error))})") from error


def _bomb(name: str, size: int) -> str:
    return (
        f"{name} unpacks to more than {MOST_RATIO} times its {size:,} bytes, as decompression bombs do; "
        "unpack it yourself if it is sound"
    )


class _BoundedHeader(tarfile.TarInfo):
    """Refuses extended headers that would fill the memory."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> "_BoundedHeader":
        info = super().frombuf(buf, encoding, errors)
        extended = (tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE, *tarfile.GNU_TYPES)
        if info.type in extended and info.type != tarfile.GNUTYPE_SPARSE and info.size > _LARGEST_HEADER:
            raise tarfile.HeaderError(f"a header of {info.size:,} bytes")
        return info


class _Measured:
    """The unpacked bytes of a tar archive, counted as they are read, those between the members too."""

    def __init__(self, path: Path, stream: BinaryIO, budget: Budget) -> None:
        self._path = path
        self._stream = stream
        self._budget = budget
        self._size = path.stat().st_size
        self._unpacked = 0

    def read(self, size: int) -> bytes:
        block = self._stream.read(size)
        self._unpacked += len(block)
        if self._unpacked > RATIO_FROM and self._unpacked > MOST_RATIO * self._size:
            self._budget.exhausted = True
            raise SourceError(_bomb(str(self._path), self._size))
        self._budget.spend(self._path, len(block))
        return block


def _tar_members(path: Path, budget: Budget) -> Iterator[Member]:
    with content.open_decompressed(path) as stream:
        measured = cast("BinaryIO", _Measured(path, stream, budget))
        with tarfile.open(fileobj=measured, mode="r|", tarinfo=_BoundedHeader, errors="surrogateescape") as archive:
            while (info := archive.next()) is not None:
                cast("Any", archive).members = []  # tarfile would remember them all
                if not info.isdir():
                    reason = _reason_tar(info) or _reason_name(info.name)
                    yield Member(name=info.name, reason=reason, blocks=_tar_blocks(archive, info))
        while measured.read(content.BLOCK_BYTES):  # the checksum of what is compressed comes last
            pass


def _reason_tar(info: tarfile.TarInfo) -> str:
    if info.issym():
        return f"a symbolic link to {printable(info.linkname)}"
    if info.islnk():
        return f"a hard link to {printable(info.linkname)}"
    if info.issparse():
        return "a sparse file"
    return "" if info.isreg() else "not a file but a pipe, socket or device"


def _tar_blocks(archive: tarfile.TarFile, info: tarfile.TarInfo) -> Iterator[bytes]:
    try:
        stream = archive.extractfile(info)
        while stream is not None and (block := stream.read(content.BLOCK_BYTES)):
            yield block
    except _ERRORS as error:
        raise SourceError(f"{printable(info.name)} is damaged ({printable(str(error))})") from error


def _reason_name(name: str) -> str:
    """Why a member of this name is not read: archivers write none of these, attackers do."""
    parts = name.replace("\\", "/").split("/")
    if ".." in parts or parts[0].endswith(":") or not parts[0]:
        return "its name leads out of the archive"
    return f"its name has {NESTED} in it" if NESTED in name else ""


def member_path(name: str) -> str:
    """A member's name as a path with `/` below the archive's root; of a nested archive, below that one's name."""
    return posixpath.normpath(name.replace("\\", "/").replace(NESTED, "/"))
