"""What a dataset's `source` means: a file or archive, a folder, a glob, standard input or a URI; nothing is read."""

import difflib
import glob
from pathlib import Path
from urllib.parse import unquote, urlsplit

from rlm_pipeline.configuration import STANDARD_INPUT, DatasetConfig
from rlm_pipeline.errors import SourceError
from rlm_pipeline.model import LeftOut
from rlm_pipeline.sources.content import unreadable
from rlm_pipeline.sources.places.directories import list_folder
from rlm_pipeline.sources.places.listing import Candidate, Listing, local_candidate, names_below, summarised
from rlm_pipeline.sources.places.objects import list_objects
from rlm_pipeline.sources.places.rules import Rules
from rlm_pipeline.sources.places.standard_input import list_standard_input
from rlm_pipeline.store import DatasetStore

_SHOWN = 8


def locate(store: DatasetStore, config: DatasetConfig) -> Listing:
    """The files `source` means, in the order they are read.

    Files of a folder or prefix are named by their path below it; others by their base name, or, where two share one,
    by their path below their common folder. files.include and files.exclude hold for folders, prefixes and globs.

    Raises:
        SourceError: nothing matches; says where it was looked for and what is there.

    """
    if config.source == STANDARD_INPUT:
        return list_standard_input(store)
    if config.source.startswith("file://"):
        return _local(unquote(urlsplit(config.source).path), store, config)
    if "://" in config.source:
        return list_objects(config.source, config.files)
    return _local(config.source, store, config)


def _local(source: str, store: DatasetStore, config: DatasetConfig) -> Listing:
    path = Path(source)
    if path.is_file():
        return _named([path])
    if path.is_dir():
        listing = list_folder(path, config.files, stores=store.folder.parent)
        if not listing.candidates:
            raise _nothing_to_read(path, listing.left_out)
        return listing
    return _matching(source, config)


def _matching(source: str, config: DatasetConfig) -> Listing:
    paths = sorted(Path(each) for each in glob.glob(source, recursive=True))  # noqa: PTH207
    paths = [path for path in paths if path.is_file()]
    if not paths:
        raise _nothing_matches(Path(source))
    fixed = _fixed_folder(Path(source))
    rules = Rules(config.files)
    reasons = [rules.reason_chosen(path.relative_to(fixed).as_posix()) for path in paths]
    wanted = [path for path, reason in zip(paths, reasons, strict=True) if not reason]
    if not wanted:
        count = f"{len(paths):,} file{'' if len(paths) == 1 else 's'}"
        raise SourceError(f"of {count} that match {source} none is read: the first is {reasons[0]}")
    left_out = [
        LeftOut(name=path.relative_to(fixed).as_posix(), reason=reason)
        for path, reason in zip(paths, reasons, strict=True)
        if reason
    ]
    return _named(wanted, left_out)


def _named(paths: list[Path], left_out: list[LeftOut] | None = None) -> Listing:
    names = names_below(map(str, paths))
    candidates = [_candidate(path, name) for path, name in zip(paths, names, strict=True)]
    return Listing(candidates=tuple(candidates), left_out=summarised(left_out or []))


def _candidate(path: Path, name: str) -> Candidate:
    try:
        return local_candidate(path, name)
    except OSError as error:
        raise unreadable(path, error) from error


def _fixed_folder(path: Path) -> Path:
    """The folder of a glob, up to its first part with a wildcard."""
    folder = path.parent
    while "**" in folder.parts or glob.has_magic(str(folder)):
        folder = folder.parent
    return folder


def _nothing_to_read(folder: Path, left_out: tuple[LeftOut, ...]) -> SourceError:
    if not left_out:
        return SourceError(f"no file to read in {folder}; {_contents(folder, '*.csv')}")
    shown = "; ".join(f"{each.name}: {each.reason}" for each in left_out[:_SHOWN])
    more = f"; and {len(left_out) - _SHOWN} more" if len(left_out) > _SHOWN else ""
    return SourceError(f"no file to read in {folder}; left out are {shown}{more}")


def _nothing_matches(path: Path) -> SourceError:
    folder = _fixed_folder(path)
    if not folder.is_dir():
        existing = next(parent for parent in folder.parents if parent.is_dir())
        return SourceError(f"no file matches {path}: there is no folder {folder}; {_contents(existing, folder.name)}")
    return SourceError(f"no file matches {path}; {_contents(folder, path.name)}")


def _contents(folder: Path, wanted: str) -> str:
    """What is in `folder`, the names most like `wanted` first."""
    try:
        names = sorted(entry.name for entry in folder.iterdir() if not entry.name.startswith("."))
    except OSError as error:
        return f"{folder} cannot be read: {error.strerror}"
    if not names:
        return f"{folder} is empty"
    close = difflib.get_close_matches(wanted, names, n=_SHOWN, cutoff=0.4)
    shown = (close + [name for name in names if name not in close])[:_SHOWN]
    more = f" and {len(names) - len(shown)} more" if len(names) > len(shown) else ""
    return f"{folder} holds {', '.join(shown)}{more}"
