"""Files of an object store or web server, through fsspec: listed by prefix or glob, fetched block by block."""

import contextlib
import glob
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from rlm_pipeline.configuration import Files
from rlm_pipeline.errors import SourceError
from rlm_pipeline.model import LeftOut
from rlm_pipeline.sources.content import BLOCK_BYTES
from rlm_pipeline.sources.places.listing import Candidate, Listing, names_below, printable, summarised
from rlm_pipeline.sources.places.rules import Rules

_SHOWN = 8
_ETAGS = ("ETag", "etag", "md5Hash", "content_md5", "checksum")
_TIMES = ("LastModified", "last_modified", "mtime", "updated", "created")
# Libraries raise classes of their own below their Python interfaces; only those that are loaded can be raised.
_LIBRARY_ERRORS = (
    ("botocore.exceptions", ("BotoCoreError", "ClientError")),
    ("aiohttp", ("ClientError",)),
    ("google.auth.exceptions", ("GoogleAuthError",)),
    ("gcsfs.retry", ("HttpError",)),
    ("azure.core.exceptions", ("AzureError",)),
)


def list_objects(uri: str, files: Files) -> Listing:
    """What a URI means: one object, a glob, or all objects below a prefix, sorted by name.

    Raises:
        SourceError: there is nothing, or the store cannot be reached or used; says what to do.

    """
    with _explained(uri):
        system, path = _system(uri, files)
        system.invalidate_cache()
        if _is_glob(uri, path):
            found = system.glob(path, detail=True)
            return _glob_listing(uri, system, found, files) if found else _nothing(uri, system, path)
        details = system.info(path)
        if details["type"] == "file":
            return Listing(candidates=(_candidate(system, details, _base_name(details["name"])),))
        found = system.find(path, detail=True)
        return _prefix_listing(uri, system, path, found, files)


def fetch(uri: str, files: Files) -> Iterator[bytes]:
    """The bytes of one object, in blocks of up to 1 MiB.

    Raises:
        SourceError: as `list_objects`.

    """
    with _explained(uri):
        system, path = _system(uri, files)
        with system.open(path, "rb") as stream:
            while block := stream.read(BLOCK_BYTES):
                yield block


def _system(uri: str, files: Files) -> tuple[Any, str]:
    import fsspec  # 0.1 CPU s, and most sources are local

    system, path = fsspec.core.url_to_fs(uri, **files.storage)
    return system, path


def _is_glob(uri: str, path: str) -> bool:
    if uri.startswith(("http://", "https://")):
        return "*" in path  # ? and [ have meanings of their own in an address
    return glob.has_magic(path)


def _glob_listing(uri: str, system: Any, found: dict[str, Any], files: Files) -> Listing:
    details = [each for _, each in sorted(found.items()) if each["type"] == "file"]
    if not details:
        raise SourceError(f"{uri} matches no object, only prefixes; write {uri.rstrip('/')}/*")
    names = names_below(unquote(each["name"]) for each in details)
    rules = Rules(files)
    shown = uri.rpartition("/")[2].startswith(".")  # as in a shell, * is no name that starts with a dot
    reasons = [
        "hidden: its name starts with a dot" if "/." in f"/{name}" and not shown else rules.reason_chosen(name)
        for name in names
    ]
    entries = list(zip(names, details, reasons, strict=True))
    return _listing(uri, system, entries, strict=True)


def _prefix_listing(uri: str, system: Any, path: str, found: dict[str, Any], files: Files) -> Listing:
    rules = Rules(files)
    entries = []
    for name, details in sorted(found.items()):
        below = name.removeprefix(path).strip("/")
        if below and not name.endswith("/"):
            entries.append((printable(below), details, rules.reason_of_path(below)))
    return _listing(uri, system, entries, strict=False)


def _listing(uri: str, system: Any, entries: list[tuple[str, Any, str]], *, strict: bool) -> Listing:
    candidates = tuple(_candidate(system, details, name) for name, details, reason in entries if not reason)
    left_out = summarised(LeftOut(name=name, reason=reason) for name, _, reason in entries if reason)
    if not candidates:
        shown = "; ".join(f"{each.name}: {each.reason}" for each in left_out[:_SHOWN])
        raise SourceError(f"no object to read at {uri}" + (f"; left out are {shown}" if shown else ""))
    return Listing(candidates=candidates, left_out=left_out, strict=strict)


def _candidate(system: Any, details: dict[str, Any], name: str) -> Candidate:
    uri = system.unstrip_protocol(details["name"])
    size = details.get("size")
    return Candidate(
        name=name, path=Path(_base_name(details["name"])), uri=uri, bytes=size or 0, state=_state(size, details)
    )


def _state(size: int | None, details: dict[str, Any]) -> str:
    """The ETag with the size, else the time of change with it, else nothing to go by."""
    for keys in (_ETAGS, _TIMES):
        known = next((details[key] for key in keys if details.get(key)), None)
        if known is not None:
            return f"{size} {known}"
    return ""


def _base_name(name: str) -> str:
    path = urlsplit(name).path if "://" in name else name
    return printable(unquote(path.rstrip("/").rpartition("/")[2])) or "object"


def _nothing(uri: str, system: Any, path: str) -> Listing:
    """Say what is where the glob looked; a bucket that does not exist is an error of the store's own."""
    folder = path.rpartition("/")[0]
    while glob.has_magic(folder):
        folder = folder.rpartition("/")[0]
    names = sorted(_base_name(each) for each in system.ls(folder, detail=False)) if folder else []
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    holds = f"{folder} holds {', '.join(names[:_SHOWN])}{more}" if names else f"{folder} is empty"
    raise SourceError(f"no object matches {uri}; {holds}")


@contextlib.contextmanager
def _explained(uri: str) -> Iterator[None]:
    """Whatever the libraries below raise becomes one sentence that names the URI and says what to do."""
    try:
        yield
    except ImportError as error:
        scheme = uri.partition("://")[0]
        raise SourceError(f"{uri}: reading {scheme}:// needs another package: {_one_line(error)}") from error
    except FileNotFoundError as error:
        raise SourceError(f"{uri} cannot be read: {_one_line(error)}; check bucket and path") from error
    except _errors() as error:
        raise SourceError(f"{uri} cannot be read: {_one_line(error)}; {_advice(error)}") from error


def _errors() -> tuple[type[BaseException], ...]:
    known: list[type[BaseException]] = [OSError, ValueError, TypeError]
    for module, names in _LIBRARY_ERRORS:
        loaded = sys.modules.get(module)
        known += [getattr(loaded, name) for name in names if hasattr(loaded, name)]
    return tuple(known)


def _advice(error: BaseException) -> str:
    if isinstance(error, PermissionError) or "redential" in type(error).__name__:
        return "set the store's credentials as its own tools want them, or in files.storage"
    if isinstance(error, ValueError | TypeError):
        return "check source and files.storage"
    return "check the address, the network and files.storage"


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
