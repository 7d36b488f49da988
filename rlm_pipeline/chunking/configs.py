"""Configuration cut by its keys: a key with all that is below it whole if it fits, else by the keys below, and so on.

Small neighbours share a piece. Items of a list stay whole, and comments stay with the key below them. A long value is
cut between its lines. Whoever reads a piece that begins below a key is given the lines of the keys above it.
"""

from collections.abc import Iterable, Iterator, Sequence

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
from rlm_pipeline.chunking.fragments import INSIDE, NEVER, WHOLE, Fragment, pieces_of, taken_apart
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


def _fragments(records: Iterable[Record], size: int) -> Iterator[Fragment]:
    before: tuple[str, ...] = ()
    whole_line = True
    for record in records:
        parts = components(record.cells.get("key", ""))
        grade = min(in_common(before, parts), WHOLE - 1) if whole_line else NEVER
        texts = split(record.text, size) if len(record.text) > size else (record.text,)
        yield from taken_apart(record, ((text, INSIDE) for text in texts), grade)
        before, whole_line = parts, record.text.endswith(("\n", "\r"))


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
            above += [line for line in _lines_above(first.record) if not is_aside(line)][:1]
        paths = []
        for fragment in fragments:
            paths.append(components(fragment.record.cells.get("key", "")))
            if fragment.offset == 0:
                self._enter(fragment.record, paths[-1])
        return _place([path for path in paths if path]), "".join(line.rstrip()[:_LONGEST_LINE] + "\n" for line in above)

    def _enter(self, record: Record, parts: tuple[str, ...]) -> None:
        while self._open and self._open[-1][0] != parts[: len(self._open[-1][0])]:
            self._open.pop()
        for line in _lines_above(record):
            if is_aside(line):
                continue
            count = opened_by(line, parts)
            if not count or count == len(parts):
                self._enter_item(line, parts)
                return
            self._open.append((parts[:count], line))

    def _enter_item(self, line: str, parts: tuple[str, ...]) -> None:
        """The first value of a list's item stands for the item."""
        places = [place for place, part in enumerate(parts) if part[1:-1].isdigit()]
        if line.lstrip().startswith("- ") and places:
            self._open.append((parts[: places[-1] + 1], line))


def _lines_above(record: Record) -> Iterator[str]:
    """The lines a record's text begins with."""
    for count, line in enumerate(lines_of(record.text[:_LOOKED_AT])):
        if count == _LINES_ABOVE:
            return
        yield line


def _place(paths: Sequence[tuple[str, ...]]) -> str:
    """What all keys are below, and the first and last keys there."""
    if not paths:
        return ""
    first, last = paths[0], paths[-1]
    common = min((in_common(first, path) for path in paths), default=0)
    ends = [joined(path[: common + 1]) for path in (first, last)]
    place = ends[0] if len(paths) == 1 or ends[0] == ends[1] else f"{ends[0]} … {ends[1]}"
    if len(paths) == 1:
        place = joined(first)
    return place if len(place) <= _LONGEST_PLACE else "…" + place[1 - _LONGEST_PLACE :]
