"""A dataset as one archive: a tar whose first member lists every file with its size and SHA-256.

Everything below the dataset's folder travels, the search indexes included; the source files do not, only where they
were. Paths in the archive are relative to the dataset's folder, which stores none of its own.
"""

import io
import json
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from typing import IO, Any

import pydantic

from rlm_pipeline import fingerprint
from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.errors import QueryError, StoreError
from rlm_pipeline.exchange.removal import leftover_of, remove_folder
from rlm_pipeline.store import DatasetStore, Store, atomic_path

FORMAT = 1
MANIFEST = "manifest.json"
SUFFIXES = (".tar.zst", ".tar.gz")

_FOLDER = "dataset/"
_MAGIC = {b"\x28\xb5\x2f\xfd": "zstd", b"\x1f\x8b": "gzip"}
_LARGEST_MANIFEST = 256 << 20
_PACKAGES = ("rlm-pipeline", "polars", "lancedb", "tantivy")


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedFile:
    """A file of the archive: its path below the dataset's folder, its size and its SHA-256."""

    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What an archive holds; `versions` are of the packages that wrote it."""

    dataset: str
    format: int
    versions: dict[str, str]
    files: tuple[ArchivedFile, ...]

    @property
    def bytes(self) -> int:
        """The size of all files, unpacked."""
        return sum(each.bytes for each in self.files)


def write(store: DatasetStore, path: Path, *, force: bool = False) -> Contents:
    """Write a dataset into one archive, compressed as the suffix of `path` says; memory does not grow with its size.

    Raises:
        QueryError: the suffix is neither .tar.zst nor .tar.gz, or the file exists and `force` is not given.
        NotMaterialised: there is no such dataset.
        StoreError: a file changed meanwhile, or the archive cannot be written.

    """
    checked_target(path, SUFFIXES, force=force)
    store.existing(store.config_path, "configuration", None)
    if store.folder.resolve() in path.resolve().parents:
        raise QueryError(f"{path} is inside the dataset that it would hold; write it elsewhere")
    files = tuple(_listed(store.folder))
    contents = Contents(
        dataset=store.name, format=FORMAT, versions={name: version(name) for name in _PACKAGES}, files=files
    )
    with (
        atomic_path(path) as partial,
        _compressed(partial, path.name) as stream,
        tarfile.open(fileobj=stream, mode="w|", format=tarfile.PAX_FORMAT) as archive,
    ):
        _add_bytes(archive, MANIFEST, json.dumps(asdict(contents), ensure_ascii=False, indent=1).encode())
        for each in files:
            _add_file(archive, store.folder / each.path, each)
    return contents


def read(store: Store, path: Path, *, name: str = "", force: bool = False) -> Contents:
    """Unpack an archive as a dataset, under its own or another name; it is there whole or not at all.

    Raises:
        QueryError: the file is absent, the dataset exists and `force` is not given, or the name cannot be one.
        StoreError: the archive is damaged, is not one of ours, or cannot be unpacked.

    """
    if not path.is_file():
        raise QueryError(f"{path}: no such file")
    unpacked = leftover_of(store.root, "importing")
    try:
        with _opened(path) as archive:
            contents = _contents(archive, path)
            target = store.dataset(_free_name(store, name or contents.dataset, force=force))
            unpacked.mkdir(parents=True)
            _unpack(archive, contents, unpacked, path)
        _rename(unpacked, target.name, path)
        if target.folder.exists():
            remove_folder(target.folder)
        unpacked.replace(target.folder)
    except OSError as error:
        raise StoreError(f"cannot unpack {path}: {error.strerror or error}. Free space or fix permissions") from error
    finally:
        shutil.rmtree(unpacked, ignore_errors=True)
    return contents


def checked_target(path: Path, suffixes: tuple[str, ...], *, force: bool) -> None:
    """Refuse a file to write that has another suffix or exists.

    Raises:
        QueryError: says what to do.

    """
    if not path.name.endswith(suffixes):
        raise QueryError(f"{path}: give a name that ends with {' or '.join(suffixes)}")
    if path.exists() and not force:
        raise QueryError(f"{path} exists; --force replaces it")


def _listed(folder: Path) -> Iterator[ArchivedFile]:
    for path in sorted(folder.rglob("*")):
        inner = path.relative_to(folder)
        if path.is_symlink() or not path.is_file() or _temporary(inner):
            continue
        yield ArchivedFile(path=inner.as_posix(), bytes=path.stat().st_size, sha256=fingerprint.sha256_of_file(path))


def _temporary(inner: Path) -> bool:
    return inner.name.endswith((".partial", ".lock")) or inner.parts[0].startswith(".")


def _add_bytes(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))


def _add_file(archive: tarfile.TarFile, path: Path, listed: ArchivedFile) -> None:
    member = tarfile.TarInfo(_FOLDER + listed.path)
    member.size = listed.bytes
    before = path.stat().st_mtime_ns if path.exists() else 0
    try:
        with path.open("rb") as stream:
            archive.addfile(member, stream)
            same = path.stat().st_size == listed.bytes and path.stat().st_mtime_ns == before
    except FileNotFoundError:
        same = False
    if not same:
        raise StoreError(f"{path} changed while it was exported; wait for the run to end, then export again")


@contextmanager
def _compressed(partial: Path, name: str) -> Iterator[IO[bytes]]:
    import gzip

    if name.endswith(".gz"):
        with partial.open("wb") as raw, gzip.GzipFile(fileobj=raw, filename="", mode="wb", mtime=0) as stream:
            yield stream  # type: ignore[misc]
        return
    import pyarrow as pa

    with pa.OSFile(str(partial), "wb") as raw, pa.CompressedOutputStream(raw, "zstd") as stream:
        yield stream


@contextmanager
def _opened(path: Path) -> Iterator[tarfile.TarFile]:
    """The archive, as a stream; whatever is wrong with its bytes is told in one sentence."""
    import zlib

    import pyarrow as pa

    with path.open("rb") as file:
        first = file.read(4)
    compression = next((name for magic, name in _MAGIC.items() if first.startswith(magic)), "")
    if not compression:
        raise StoreError(f"{path} is no export of a dataset; give a {' or '.join(SUFFIXES)} that `rlm export` wrote")
    try:
        with (
            pa.OSFile(str(path)) as raw,
            pa.CompressedInputStream(raw, compression) as stream,
            tarfile.open(fileobj=stream, mode="r|") as archive,
        ):
            yield archive
    except (tarfile.TarError, EOFError, zlib.error, UnicodeDecodeError, pa.ArrowInvalid) as error:
        raise _damaged(path, str(error)) from error
    except OSError as error:
        if error.errno is None:  # Arrow's decompression errors
            raise _damaged(path, str(error)) from error
        raise


def _contents(archive: tarfile.TarFile, path: Path) -> Contents:
    first = archive.next()
    if first is None or first.name != MANIFEST or not first.isfile() or first.size > _LARGEST_MANIFEST:
        raise StoreError(f"{path} is no export of a dataset: it does not begin with {MANIFEST}")
    stream = archive.extractfile(first)
    try:
        stored: dict[str, Any] = json.loads(stream.read() if stream else b"")
        if stored["format"] != FORMAT:
            raise StoreError(
                f"{path} is of format {stored['format']}, this version reads format {FORMAT}; "
                f"it was written by {stored.get('versions')}"
            )
        files = tuple(ArchivedFile(**each) for each in stored["files"])
        return Contents(
            dataset=stored["dataset"], format=stored["format"], versions=dict(stored["versions"]), files=files
        )
    except (ValueError, KeyError, TypeError) as error:
        raise _damaged(path, f"its {MANIFEST} cannot be read: {error}") from error


def _unpack(archive: tarfile.TarFile, contents: Contents, folder: Path, path: Path) -> None:
    listed = {_FOLDER + each.path: each for each in contents.files}
    while (member := archive.next()) is not None:
        each = listed.pop(member.name, None)
        if each is None or not member.isfile() or member.size != each.bytes or not _stays_inside(each.path):
            raise _damaged(path, f"{member.name!r} is not what {MANIFEST} lists")
        target = folder / each.path
        target.parent.mkdir(parents=True, exist_ok=True)
        stream = archive.extractfile(member)
        with target.open("xb") as file:
            shutil.copyfileobj(stream, file, 1 << 20)  # type: ignore[arg-type]
        if fingerprint.sha256_of_file(target) != each.sha256:
            raise _damaged(path, f"the SHA-256 of {each.path} is not the one {MANIFEST} lists")
    if listed:
        raise _damaged(path, f"{len(listed)} of its files are missing, {next(iter(listed))} first")


def _stays_inside(path: str) -> bool:
    inner = PurePosixPath(path)
    return bool(inner.parts) and not inner.is_absolute() and ".." not in inner.parts and "\\" not in path


def _rename(unpacked: Path, name: str, path: Path) -> None:
    """Give the unpacked dataset its name, after its configuration was found valid."""
    store = DatasetStore(unpacked)
    try:
        config = store.config()
    except (StoreError, pydantic.ValidationError) as error:
        raise _damaged(path, f"its configuration cannot be read: {error}") from error
    if config.name != name:
        store.register(config.model_copy(update={"name": name}))


def _free_name(store: Store, name: str, *, force: bool) -> str:
    try:
        DatasetConfig(name=name, source="-")
    except pydantic.ValidationError as error:
        raise QueryError(f"{name!r} cannot name a dataset; give a lower-case name such as support_desk") from error
    if store.dataset(name).folder.exists() and not force:
        raise QueryError(f"there is a dataset {name!r}; give another --name, or --force to replace it")
    return name


def _damaged(path: Path, reason: str) -> StoreError:
    return StoreError(f"{path} is damaged or cut off: {reason}. Nothing was imported; export it again")
