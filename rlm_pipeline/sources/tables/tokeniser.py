"""Physical lines to records: the csv module, strict first, so that a bad record never takes its neighbours with it.

What is a record is decided here for every reader. A blank line is none. A record is set aside when it has more or fewer
cells than the header, when a cell or line is too large, or when its quoting cannot be what was meant:

- A quote that swallows following lines (the csv module then ends in an error, or in a record of which some inner line
  is a whole record by itself) costs the line it opens on; reading goes on at the next physical line.
- A stray quote inside one line that still gives the header's width is read as the csv module reads it leniently.
"""

import csv
import itertools
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from rlm_pipeline.sources.encodings import LINE_LIMIT

CELL_LIMIT = 1 << 24
"""Characters of the largest cell; a larger one sets its record aside."""

SWALLOWING = "unclosed quote: it swallows the lines after it"

_RECORD_LINES = 100_000  # a record over more lines is an unclosed quote
_TELLING_WIDTH = 8  # prose inside a cell seldom has 7 delimiters in one line; in narrower tables it may


class Record(NamedTuple):
    """One record: its first physical line, its cells (None when set aside, with the reason and its lines)."""

    line: int
    cells: list[str] | None
    reason: str
    lines: tuple[str, ...]  # only of a record that is set aside
    span: int  # physical lines
    size: int  # characters
    lenient: bool = False  # a stray quote was read as the csv module reads it


class _LineTooLong(csv.Error):
    """A physical line was cut at LINE_LIMIT."""


class _Feed:
    """Physical lines for a csv reader; those of the record under way are kept, to be read again if need be."""

    __slots__ = ("_again", "_lines", "taken")

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._again: deque[str] = deque()
        self.taken: list[str] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self.taken) >= _RECORD_LINES:
            raise StopIteration
        line = self._again.popleft() if self._again else next(self._lines)
        self.taken.append(line)
        if len(line) >= LINE_LIMIT:
            raise _LineTooLong
        return line

    def keep_first(self) -> None:
        """Give every line but the first back."""
        self._again.extendleft(reversed(self.taken[1:]))
        del self.taken[1:]


def tokenise(lines: Iterator[str], delimiter: str, width: int | None = None, first_line: int = 1) -> Iterator[Record]:
    """The records of `lines`, of which the first is physical line `first_line`; None as width takes any width."""
    csv.field_size_limit(CELL_LIMIT)
    feed = _Feed(lines)
    reader = csv.reader(feed, delimiter=delimiter, strict=True)
    taken = feed.taken
    line = first_line
    while True:
        cells: list[str] | None
        reason, lenient = "", False
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            cells, reason = _settle_error(feed, delimiter, error)
            lenient = cells is not None
        if cells is None or not _is_blank(cells, taken, width):
            if cells is not None and width is not None:
                reason = _fault(feed, cells, delimiter, width)
            size = sum(map(len, taken))
            if reason:
                yield Record(line, None, reason, tuple(taken), len(taken), size)
            else:
                yield Record(line, cells, "", (), len(taken), size, lenient)
        line += len(taken)
        taken.clear()


def is_well_quoted(line: str, delimiter: str) -> bool:
    """Whether every quote in a record opens a cell, closes one, or is half of a doubled quote inside one."""
    parts = line.rstrip("\r\n").split('"')
    if len(parts) % 2 == 0 or (len(parts) > 1 and not _ends_cell(parts[0], delimiter, -1)):
        return False
    if len(parts) > 1 and not _ends_cell(parts[-1], delimiter, 0):
        return False
    between = set(parts[2:-1:2])
    return all(not part or (part[0] == delimiter and part[-1] == delimiter) for part in between)


def _ends_cell(part: str, delimiter: str, place: int) -> bool:
    return not part or part[place] == delimiter


def _is_blank(cells: list[str], taken: list[str], width: int | None) -> bool:
    return not cells or (len(cells) == 1 and width != 1 and not any(map(str.strip, taken)))


def _settle_error(feed: _Feed, delimiter: str, error: csv.Error) -> tuple[list[str] | None, str]:
    """Cells if one line can be read leniently, else the reason; only the first line is spent."""
    if len(feed.taken) > 1:
        feed.keep_first()
        return None, SWALLOWING
    if isinstance(error, _LineTooLong):
        return None, f"line longer than {LINE_LIMIT:,} characters"
    if "field larger" in str(error):
        return None, f"cell larger than {CELL_LIMIT:,} characters"
    cells = _leniently(feed.taken[0], delimiter)
    return (None, "unclosed quote") if cells is None else (cells, "")


def _leniently(line: str, delimiter: str) -> list[str] | None:
    """The cells of one physical line, or None when a quote is still open at its end or a cell is too large."""
    try:
        cells = next(csv.reader([line.rstrip("\r\n") + "\n"], delimiter=delimiter), [])
    except csv.Error:
        return None
    return None if cells and cells[-1].endswith("\n") else cells


def _fault(feed: _Feed, cells: list[str], delimiter: str, width: int) -> str:
    """Why parsed cells are no record of `width` cells, or empty; lines that a stray quote swallowed are given back."""
    ragged = len(cells) != width
    if len(feed.taken) > 1 and width > 1:
        suspect = ragged or width >= _TELLING_WIDTH or not is_well_quoted("".join(feed.taken), delimiter)
        if suspect and any(_is_whole(line, delimiter, width) for line in itertools.islice(feed.taken, 1, None)):
            feed.keep_first()
            return SWALLOWING
    return f"ragged: {len(cells)} cells where {width} are expected" if ragged else ""


def _is_whole(line: str, delimiter: str, width: int) -> bool:
    if line.count(delimiter) < width - 1 or not is_well_quoted(line, delimiter):
        return False
    return len(next(csv.reader([line], delimiter=delimiter), [])) == width
