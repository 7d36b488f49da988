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
from rlm_pipeline.sources.recognition import PLAIN_QUOTING, Quoting
from rlm_pipeline.sources.tables.quoting import cells_of_line, is_well_quoted, prepared, reader_over

CELL_LIMIT = 1 << 24
"""Characters of the largest cell; a larger one sets its record aside."""

SWALLOWING = "unclosed quote: it swallows the lines after it"

_RECORD_LINES = 100_000  # a record over more lines is an unclosed quote
FEW_LINES = 20
"""Lines of a record at most, once so many were swallowed that each is read again and again."""

_SPARE = 10_000_000
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
    stray: bool = False  # some quote neither opens nor closes a cell; only looked for without a width


class _LineTooLong(csv.Error):
    """A physical line was cut at LINE_LIMIT."""


class Feed:
    """Physical lines for a csv reader; those of the record under way are kept, to be read again if need be.

    `line` is the number of the physical line the next record starts on; `again` holds lines that were given back.
    `spare` is how many lines that a record swallowed may still be read again before records are kept short.
    """

    __slots__ = ("_most_lines", "_quoting", "again", "delimiter", "line", "lines", "spare", "taken")

    def __init__(
        self, lines: Iterator[str], delimiter: str, quoting: Quoting, first_line: int, *, spare: int = _SPARE
    ) -> None:
        self.lines = lines
        self.delimiter = delimiter
        self._quoting = quoting
        self.again: deque[str] = deque()
        self.taken: list[str] = []
        self.line = first_line
        self.spare = spare
        self._most_lines = _RECORD_LINES

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self.taken) >= self._most_lines:
            raise StopIteration
        line = self.again.popleft() if self.again else next(self.lines)
        self.taken.append(line)
        if len(line) >= LINE_LIMIT:
            raise _LineTooLong
        return prepared(line, self.delimiter, self._quoting) if self._quoting.escape else line

    def give_back(self, keep: int) -> None:
        """Give every line but the first `keep` back."""
        self.again.extendleft(reversed(self.taken[keep:]))
        del self.taken[keep:]

    def give_back_swallowed(self) -> None:
        """Give every line but the first back."""
        self.spare -= len(self.taken) - 1
        if self.spare < 0:
            self._most_lines = FEW_LINES
        self.give_back(1)

    def done(self) -> None:
        """End the record under way."""
        self.line += len(self.taken)
        self.taken.clear()


def tokenise(
    lines: Iterator[str],
    delimiter: str,
    width: int | None = None,
    first_line: int = 1,
    quoting: Quoting = PLAIN_QUOTING,
) -> Iterator[Record]:
    """The records of `lines`, of which the first is physical line `first_line`; None as width takes any width."""
    return records_of(Feed(lines, delimiter, quoting, first_line), width, quoting)


def records_of(feed: Feed, width: int | None, quoting: Quoting) -> Iterator[Record]:
    """The records of a feed, from where it stands whenever one is asked for."""
    csv.field_size_limit(CELL_LIMIT)
    reader = reader_over(feed, feed.delimiter, quoting, strict=True)
    taken = feed.taken
    while True:
        cells: list[str] | None
        reason, lenient = "", False
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            cells, reason = _settle_error(feed, quoting, error)
            lenient = cells is not None
        if cells is not None and _is_blank(cells, taken, width):
            feed.done()
            continue
        if cells is not None and width is not None:
            reason = _fault(feed, cells, quoting, width)
        stray = width is None and not is_well_quoted("".join(taken), feed.delimiter, quoting)
        size = sum(map(len, taken))
        if reason:
            record = Record(feed.line, None, reason, tuple(taken), len(taken), size)
        else:
            record = Record(feed.line, cells, "", (), len(taken), size, lenient, stray)
        feed.done()
        yield record


def _is_blank(cells: list[str], taken: list[str], width: int | None) -> bool:
    return not cells or (len(cells) == 1 and width != 1 and not any(map(str.strip, taken)))


def _settle_error(feed: Feed, quoting: Quoting, error: csv.Error) -> tuple[list[str] | None, str]:
    """Cells if one line can be read leniently, else the reason; only the first line is spent."""
    if len(feed.taken) > 1:
        feed.give_back_swallowed()
        return None, SWALLOWING
    if isinstance(error, _LineTooLong):
        return None, f"line longer than {LINE_LIMIT:,} characters"
    if "field larger" in str(error):
        return None, f"cell larger than {CELL_LIMIT:,} characters"
    cells = _leniently(feed.taken[0], feed.delimiter, quoting)
    return (None, "unclosed quote") if cells is None else (cells, "")


def _leniently(line: str, delimiter: str, quoting: Quoting) -> list[str] | None:
    """The cells of one physical line, or None when a quote is still open at its end or a cell is too large."""
    try:
        cells = cells_of_line(line.rstrip("\r\n") + "\n", delimiter, quoting)
    except csv.Error:
        return None
    return None if cells and cells[-1].endswith("\n") else cells


def _fault(feed: Feed, cells: list[str], quoting: Quoting, width: int) -> str:
    """Why parsed cells are no record of `width` cells, or empty; lines that a stray quote swallowed are given back."""
    ragged = len(cells) != width
    if len(feed.taken) > 1 and width > 1:
        text = "".join(feed.taken)
        suspect = ragged or width >= _TELLING_WIDTH or not is_well_quoted(text, feed.delimiter, quoting)
        if suspect and holds_a_record(feed.taken, feed.delimiter, quoting, width):
            feed.give_back_swallowed()
            return SWALLOWING
    return f"ragged: {len(cells)} cells where {width} are expected" if ragged else ""


def holds_a_record(lines: list[str], delimiter: str, quoting: Quoting, width: int) -> bool:
    """Whether some line after the first is a whole record by itself."""
    return any(_is_whole(line, delimiter, quoting, width) for line in itertools.islice(lines, 1, None))


def _is_whole(line: str, delimiter: str, quoting: Quoting, width: int) -> bool:
    if line.count(delimiter) < width - 1 or not is_well_quoted(line, delimiter, quoting):
        return False
    return len(cells_of_line(line, delimiter, quoting)) == width
