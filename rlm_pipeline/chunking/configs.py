"""Configuration cut by its keys: a key with all that is below it whole if it fits, else by the keys below, and so on.

Small neighbours share a piece. Items of a list stay whole, and comments stay with the key below them. A long value is
cut between its lines. Whoever reads a piece that begins below a key is given the lines of the keys above it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice

from rlm_pipeline.chunking.boundaries import grouped
from rlm_pipeline.chunking.config_keys import (
    components,
    in_common,
    is_aside,
    joined,
    lines_of,
    opened_by,
    with_their_lines,
)  # fmt: skip
from rlm_pipeline.chunking.fragments import INSIDE, NEVER, WHOLE, Fragment, pieces_of, taken_apart, whole
from rlm_pipeline.chunking.piece import Piece, Record
from rlm_pipeline.chunking.splitting import split
from rlm_pipeline.configuration import Chunking

_LONGEST_PLACE = 200
_LONGEST_LINE = 200
_LINES_ABOVE = 200
_LOOKED_AT = 1 << 14


def pieces(records: Iterable[Record], chunking: Chunking) -> Iterator[Piece]:
    """Cut the values of a YAML, TOML or INI file, which have the cell `key`, their path."""
    fragments = _fragments(with_their_lines(iter(records)), chunking.size)
    return pieces_of(grouped(fragments, chunking.size), _Parents().describe)


def _fragments(records: Iterable[tuple[Record | None, Record]], size: int) -> Iterator[Fragment]:
    before: tuple[str, ...] = ()
    whole_line = True
    for above, record in records:
        parts = components(record.cells.get("key", ""))
        grade = min(in_common(before, parts), WHOLE - 1) if whole_line else NEVER
        if above is None:
            yield from _cut(record, size, grade)
        elif len(above.text) + len(record.text) <= size:
            text = above.text + record.text
            both = replace(record, text=text, start=above.start, line=above.line)
            yield whole(both, grade)._replace(row=above.row)
        else:
            yield from (fragment._replace(begun=0) for fragment in _cut(above, size, grade))
            yield from _cut(record, size, NEVER)
        before, whole_line = parts, record.text.endswith(("\n", "\r"))


def _cut(record: Record, size: int, grade: int) -> Iterator[Fragment]:
    texts = split(record.text, size) if len(record.text) > size else (record.text,)
    return taken_apart(record, ((text, INSIDE) for text in texts), grade)


class _Parents:
    """The lines of the keys that are open where a piece begins, with the paths of these keys."""

    def __init__(self) -> None:
        self._open: list[tuple[tuple[str, ...], str]] = []

    def describe(self, fragments: Sequence[Fragment]) -> tuple[str, str]:
        """The place and the context of the next piece."""
        first = fragments[0]
        parts = components(first.record.cells.get("key", ""))
        above = [line for path, line in self._open if len(path) < len(parts) and path == parts[: len(path)]]
        if first.offset:
            above += [line for line in _first_lines(first.record) if not _opens_more(line, parts)][:1]
        paths = []
        for fragment in fragments:
            paths.append(components(fragment.record.cells.get("key", "")))
            if fragment.offset == 0:
                self._enter(fragment.record, paths[-1])
        return _place([path for path in paths if path]), "".join(line.rstrip()[:_LONGEST_LINE] + "\n" for line in above)

    def _enter(self, record: Record, parts: tuple[str, ...]) -> None:
        while self._open and self._open[-1][0] != parts[: len(self._open[-1][0])]:
            self._open.pop()
        for line in _first_lines(record):
            if not _opens_more(line, parts):
                self._enter_item(line, parts)
                return
            self._open.append((parts[: opened_by(line, parts)], line))

    def _enter_item(self, line: str, parts: tuple[str, ...]) -> None:
        """The first value of a list's item stands for the item."""
        places = [place for place, part in enumerate(parts) if part[1:-1].isdigit()]
        if line.lstrip().startswith("- ") and places:
            self._open.append((parts[: places[-1] + 1], line))


def _first_lines(record: Record) -> Iterator[str]:
    """The lines a record's text begins with, comments aside."""
    lines = islice(lines_of(record.text[:_LOOKED_AT]), _LINES_ABOVE)
    return (line for line in lines if not is_aside(line))


def _opens_more(line: str, parts: tuple[str, ...]) -> bool:
    """Whether a line opens a key that the value at this path is below, and is not its own."""
    return 0 < opened_by(line, parts) < len(parts)


def _place(paths: Sequence[tuple[str, ...]]) -> str:
    """The path that all keys begin with; of several items of a list, or keys of the highest level, first and last."""
    if not paths:
        return ""
    first = paths[0]
    common = min(in_common(first, path) for path in paths)
    is_list = len(first) > common and first[common][1:-1].isdigit()
    if common == len(first) or (common and not is_list):
        place = joined(first[:common])
    else:
        below = list(dict.fromkeys(path[: common + 1] for path in paths))
        place = " … ".join(joined(path) for path in (below[:1] if len(below) == 1 else (below[0], below[-1])))
    return place if len(place) <= _LONGEST_PLACE else "…" + place[1 - _LONGEST_PLACE :]
