"""What a source was found to mean before anything is read: candidates with their state, and what is left out."""

import itertools
import os
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from rlm_pipeline.errors import SourceError
from rlm_pipeline.model import LeftOut

_ESCAPED = {"Cc", "Cs", "Zl", "Zp"}  # controls, bytes that are no UTF-8, line and paragraph separators
_MOST_LISTED = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One file that may be read: the name it would be cited by, where it is, and its state.

    `state` is equal for as long as the content is; an empty one says nothing, and the content must be read to know.
    """

    name: str
    path: Path
    bytes: int
    state: str
    uri: str = ""

    @property
    def origin(self) -> str:
        """What the file is remembered by."""
        return self.uri or str(self.path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The candidates of a source in the order they are read, and what is left out.

    `root` is the folder (or prefix) that names are relative to. With `strict`, the source names its files, and one
    that cannot be read is an error; else it is left out.
    """

    candidates: tuple[Candidate, ...]
    left_out: tuple[LeftOut, ...] = ()
    strict: bool = True


def local_candidate(path: Path, name: str) -> Candidate:
    """A file of this machine.

    Raises:
        OSError: it is gone or cannot be looked at.

    """
    state = path.stat()
    return Candidate(name=name, path=path, bytes=state.st_size, state=local_state(state))


def local_state(state: os.stat_result) -> str:
    """The state of a local file: its size and modification time (ns)."""
    return f"{state.st_size} {state.st_mtime_ns}"


def printable(name: str) -> str:
    """`name` as it can be cited: line breaks, controls and bytes that are not UTF-8 as backslash escapes."""
    if name.isascii() and name.isprintable():
        return name
    return "".join(_escaped(each) if unicodedata.category(each) in _ESCAPED else each for each in name)


def _escaped(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")


def names_below(paths: Iterable[str], *, separator: str = "/") -> list[str]:
    """The names of files by their full paths: base names, or paths below their common folder where two share one.

    Raises:
        SourceError: two files would be cited alike.

    """
    split = [[part for part in path.split(separator) if part] for path in paths]
    names = [parts[-1] for parts in split]
    if len(set(names)) < len(names):
        first, last = min(split)[:-1], max(split)[:-1]
        alike = (a == b for a, b in zip(first, last, strict=False))
        shared = sum(1 for _ in itertools.takewhile(bool, alike))
        names = ["/".join(parts[shared:]) for parts in split]
    cited = [printable(name) for name in names]
    twice = [name for name, count in Counter(cited).items() if count > 1]
    if twice:
        raise SourceError(f"two files would both be cited as {twice[0]}; rename one of them")
    return cited


def summarised(left_out: Iterable[LeftOut]) -> tuple[LeftOut, ...]:
    """Many files of one folder that are left out for one reason as one entry with their number; sorted by name."""
    groups: dict[tuple[str, str], list[LeftOut]] = {}
    for each in left_out:
        folder = each.name.rpartition("/")[0]
        groups.setdefault((folder, each.reason), []).append(each)
    entries = []
    for (folder, reason), members in groups.items():
        if len(members) > _MOST_LISTED:
            entries.append(LeftOut(name=f"{folder}/" if folder else "./", reason=f"{len(members):,} files: {reason}"))
        else:
            entries += members
    return tuple(sorted(entries, key=lambda each: (each.name, each.reason)))
