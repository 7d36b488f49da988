"""A local copy of each file for as long as it is read, in a scratch folder that is removed afterwards.

The folder is inside the dataset's own, so that no other disk fills. A run that was killed leaves its folder behind; the
next run knows by its lock that nobody uses it, and removes it.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from rlm_pipeline.configuration import Files
from rlm_pipeline.errors import SourceError, StoreError
from rlm_pipeline.model import SourceFile
from rlm_pipeline.sources.places.archives import NESTED, Budget, Member, archive_kind, members
from rlm_pipeline.sources.places.listing import printable
from rlm_pipeline.sources.places.objects import fetch
from rlm_pipeline.store import DatasetStore

_RESERVE = 256 << 20
"""Bytes that unpacking leaves free on the disk."""

_CHECKED_EVERY = 64 << 20
_GIB = 1 << 30


@dataclass(slots=True)
class _Cursor:
    """Where one archive has been gone through to; members asked for in its order are found in one pass."""

    path: Path
    position: Iterator[Member]


@dataclass(slots=True)
class Scratch:
    """The scratch folder of one run over one dataset; a context manager. Nothing is created before it is needed."""

    store: DatasetStore
    files: Files
    _folder: Path | None = None
    _lock: int = -1
    _numbered: int = 0
    _cursors: dict[Path, _Cursor] = field(default_factory=dict)
    _kept: dict[str, tuple[str, Path]] = field(default_factory=dict)

    def __enter__(self) -> Self:
        _remove_stale(self.store.folder / "scratch")
        return self

    def __exit__(self, *_: object) -> None:
        self._cursors.clear()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            _lock_path(self._folder).unlink(missing_ok=True)
            os.close(self._lock)
            with contextlib.suppress(OSError):
                self._folder.parent.rmdir()
            self._folder, self._lock = None, -1

    def new_path(self) -> Path:
        """A path in the scratch folder that is not in use.

        Raises:
            StoreError: the folder cannot be made.

        """
        if self._folder is None:
            try:
                self._folder, self._lock = _locked_folder(self.store.folder / "scratch")
            except OSError as error:
                raise _cannot_write(self.store.folder / "scratch", error) from error
        self._numbered += 1
        return self._folder / str(self._numbered)

    def budget(self) -> Budget:
        """How far one archive may unpack."""
        return Budget(left=int(self.files.most_unpacked_gib * _GIB))

    def keep(self, blocks: Iterable[bytes], name: str) -> tuple[Path, str]:
        """Write what `blocks` give into a scratch file; its path, and the SHA-256 of its content.

        Raises:
            SourceError: what `blocks` raise.
            StoreError: the disk is full, or would be.

        """
        path = self.new_path()
        digest = hashlib.sha256()
        unchecked = _CHECKED_EVERY
        try:
            with path.open("wb") as stream:
                for block in blocks:
                    unchecked += len(block)
                    if unchecked >= _CHECKED_EVERY:
                        self._check_room(path, name)
                        unchecked = 0
                    digest.update(block)
                    stream.write(block)
        except OSError as error:
            path.unlink(missing_ok=True)
            raise _cannot_write(path, error) from error
        except (SourceError, StoreError):
            path.unlink(missing_ok=True)
            raise
        return path, digest.hexdigest()

    def _check_room(self, path: Path, name: str) -> None:
        if shutil.disk_usage(path.parent).free < _RESERVE:
            raise StoreError(
                f"no room to unpack {name}: less than {_RESERVE >> 20} MiB would be left on the disk of "
                f"{path.parent}; free space, then run again"
            )

    def fetched(self, uri: str) -> Path:
        """A local copy of an object, kept until another is fetched.

        Raises:
            SourceError: it cannot be fetched.
            StoreError: the disk is full, or would be.

        """
        return self._kept_one("object", uri, lambda: fetch(uri, self.files))

    @contextlib.contextmanager
    def local_copy(self, file: SourceFile, sha256: str) -> Iterator[Path]:
        """The file as a local one whose content has the SHA-256 `sha256`; a copy is removed at the end.

        Errors that name the copy leave here naming the file.

        Raises:
            SourceError: the file is gone, damaged, or has changed since it was examined.
            StoreError: the disk is full, or would be.

        """
        if not file.member and not file.uri:
            yield file.path
            return
        path = self._copied(file, sha256)
        try:
            with named(path, origin_of(file)):
                yield path
        finally:
            path.unlink(missing_ok=True)

    def _copied(self, file: SourceFile, sha256: str) -> Path:
        if not file.member:
            path, found = self.keep(fetch(file.uri, self.files), file.name)
            if found != sha256:
                path.unlink()
                raise _changed(file)
            return path
        place = self.fetched(file.uri) if file.uri else file.path
        outer, _, inner = file.member.partition(NESTED)
        with named(place, file.uri or str(file.path)):
            if not inner:
                return self._unpacked(place, outer, sha256, file)
            key = f"{file.uri or file.path}{NESTED}{outer}"
            nested = self._kept_one("archive", key, lambda: self._blocks_of(place, outer))
            with named(nested, key):
                return self._unpacked(nested, inner, sha256, file)

    def _blocks_of(self, archive: Path, name: str) -> Iterator[bytes]:
        """The last file of this name in an archive, as it stands for those before it."""
        for member in self._walk(archive):
            if member.name == name and not member.reason:
                yield from member.blocks

    def _unpacked(self, archive: Path, name: str, sha256: str, file: SourceFile) -> Path:
        """Copy the member out; archives may have several of one name, of which the content tells the right one."""
        for _ in range(2):  # from where the last member was found, then from the beginning
            cursor = self._cursors.get(archive) or self._opened(archive)
            for member in cursor.position:
                if member.name == name and not member.reason:
                    path, found = self.keep(member.blocks, file.name)
                    if found == sha256:
                        return path
                    path.unlink()
            del self._cursors[archive]
        raise _changed(file)

    def _opened(self, archive: Path) -> _Cursor:
        self._cursors.clear()  # one archive is open at a time
        self._cursors[archive] = _Cursor(archive, self._walk(archive))
        return self._cursors[archive]

    def _walk(self, archive: Path) -> Iterator[Member]:
        kind = archive_kind(archive)
        return iter(()) if kind is None else members(archive, kind, self.budget())

    def _kept_one(self, place: str, key: str, blocks: Callable[[], Iterable[bytes]]) -> Path:
        """A scratch file that stays until another takes its place."""
        kept = self._kept.get(place)
        if kept is not None and kept[0] == key:
            return kept[1]
        if kept is not None:
            self._cursors.pop(kept[1], None)
            kept[1].unlink(missing_ok=True)
            del self._kept[place]
        path, _ = self.keep(blocks(), key)
        self._kept[place] = (key, path)
        return path


@contextlib.contextmanager
def named(path: Path, name: str) -> Iterator[None]:
    """Let errors that name the scratch file `path` leave here naming what it is a copy of."""
    try:
        yield
    except SourceError as error:
        raise SourceError(str(error).replace(str(path), printable(name))) from error


def origin_of(file: SourceFile) -> str:
    """Where a file is, as one string: a path or URI, and the member of an archive behind `!/`."""
    place = file.uri or str(file.path)
    return f"{place}{NESTED}{file.member}" if file.member else place


def _changed(file: SourceFile) -> SourceError:
    return SourceError(f"{origin_of(file)} changed while it was read; run again when it is complete")


def _cannot_write(path: Path, error: OSError) -> StoreError:
    return StoreError(f"cannot write {path}: {error.strerror}. Free space or fix permissions, then run again")


def _lock_path(folder: Path) -> Path:
    return folder.with_suffix(".lock")


def _locked_folder(parent: Path) -> tuple[Path, int]:
    """A new folder below `parent`, and the lock that says it is in use."""
    while True:
        try:
            parent.mkdir(parents=True, exist_ok=True)
            lock, name = tempfile.mkstemp(dir=parent, suffix=".lock")
        except (FileNotFoundError, FileExistsError):  # another run ended, and removed the empty folder
            if parent.is_file():
                raise
            continue
        fcntl.flock(lock, fcntl.LOCK_EX)
        # Between the two calls another run may have taken the file for one left behind, and removed it.
        if Path(name).exists():
            folder = Path(name).with_suffix("")
            folder.mkdir()
            return folder, lock
        os.close(lock)


def _remove_stale(parent: Path) -> None:
    """Remove the folders of runs that ended without doing so."""
    try:
        locks = sorted(parent.glob("*.lock"))
    except FileNotFoundError:  # another run ended, and removed the empty folder
        return
    for path in locks:
        try:
            lock = os.open(path, os.O_RDWR)
        except OSError:
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(path.with_suffix(""), ignore_errors=True)
            path.unlink(missing_ok=True)
        except OSError:  # in use
            continue
        finally:
            os.close(lock)
