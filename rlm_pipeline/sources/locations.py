"""Which files a dataset's `source` means: one file, a folder, or a glob; and the names they are cited by."""

import difflib
import glob
from collections import Counter
from pathlib import Path

from rlm_pipeline.errors import SourceError
from rlm_pipeline.model import SourceFile

_TABLE_SUFFIXES = (".csv", ".tsv", ".tab", ".txt")
_SHOWN = 8


def find_files(source: str) -> tuple[SourceFile, ...]:
    """The files `source` means, sorted by path; a folder means the csv, tsv, tab, txt and gz files directly in it.

    A file is named by its base name; where two files share one, all are named by their path below their common folder,
    with `/` written as `__`.

    Raises:
        SourceError: nothing matches; says where it was looked for and what is there.

    """
    path = Path(source)
    if path.is_file():
        paths = [path]
    elif path.is_dir():
        paths = [entry for entry in path.iterdir() if entry.is_file() and _holds_a_table(entry)]
    else:
        paths = [entry for entry in map(Path, glob.glob(source, recursive=True)) if entry.is_file()]  # noqa: PTH207
    if not paths:
        raise _nothing_matches(path)
    return _named(sorted(paths))


def _holds_a_table(path: Path) -> bool:
    if path.name.startswith("."):
        return False
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] == ".gz":
        return len(suffixes) == 1 or suffixes[-2] in _TABLE_SUFFIXES
    return bool(suffixes) and suffixes[-1] in _TABLE_SUFFIXES


def _named(paths: list[Path]) -> tuple[SourceFile, ...]:
    names = [path.name for path in paths]
    if len(set(names)) < len(names):
        shared = _common_folder(paths)
        names = ["__".join(path.relative_to(shared).parts) for path in paths]
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise SourceError(f"two files would both be cited as {twice[0]}; rename one of them")
    return tuple(SourceFile(name=name, path=path) for name, path in zip(names, paths, strict=True))


def _common_folder(paths: list[Path]) -> Path:
    first = paths[0].parent
    return next(folder for folder in (first, *first.parents) if all(path.is_relative_to(folder) for path in paths))


def _nothing_matches(path: Path) -> SourceError:
    folder = path if path.is_dir() else path.parent
    while "**" in folder.parts or glob.has_magic(str(folder)):
        folder = folder.parent
    if not folder.is_dir():
        existing = next(parent for parent in folder.parents if parent.is_dir())
        return SourceError(f"no file matches {path}: there is no folder {folder}; {_contents(existing, folder.name)}")
    if folder == path:
        return SourceError(f"no csv, tsv, txt or gz file in {path}; {_contents(folder, '*.csv')}")
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
