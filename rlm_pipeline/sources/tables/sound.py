"""A table's records as text that any parser reads the same way, or, one by one, as the csv module settles them.

Most records of most files are sound: their quotes open and close cells and nothing else, and they have the header's
number of cells. That much is seen without splitting them into cells, which leaves the splitting to a faster parser.
Everything else goes through the tokeniser. Header rows repeated among the records are set aside.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from rlm_pipeline.sources.encodings import physical_lines
from rlm_pipeline.sources.recognition import PLAIN_QUOTING, Detected
from rlm_pipeline.sources.tables.headers import bare
from rlm_pipeline.sources.tables.quoting import cells_of_line, is_well_quoted, sound_width
from rlm_pipeline.sources.tables.tokeniser import CELL_LIMIT, Feed, Record, holds_a_record, records_of

REPEATED_HEADER = "repeated header"

_RECORD_LINES = 1000  # a record over more lines is left to the tokeniser
_TELLING_WIDTH = 8  # as in the tokeniser
_RUN_LINES = 512  # looked at together where none has a quote
_RUN_WIDTH = 200  # of the widest table in which that pays
_ENDS = frozenset({"\n", "\r\n", "\r"})


class Sound(NamedTuple):
    """One record: the physical line it starts on, and its text, or what the tokeniser made of it.

    With `more`, the text is of that many records more, each on one line.
    """

    line: int
    text: str
    record: Record | None
    more: int = 0


def records_in(path: Path, detected: Detected) -> Iterator[Record]:
    """The records of a table in order, each with its cells or the reason to set it aside.

    Raises:
        SourceError: the file cannot be read.

    """
    for line, text, record, _ in sound_records(path, detected, runs=False):
        if record is not None:
            yield record
        else:
            yield Record(line, cells_of_text(text, detected.delimiter), "", (), 0, len(text))


def cells_of_text(text: str, delimiter: str) -> list[str]:
    """The cells of a sound record."""
    return next(csv.reader([text], delimiter=delimiter))


def cells_of_texts(texts: Iterable[str], delimiter: str) -> list[list[str]]:
    """The cells of sound records."""
    lines = (line for text in texts for line in io.StringIO(text, newline=""))
    return list(csv.reader(lines, delimiter=delimiter))


def sound_records(path: Path, detected: Detected, *, runs: bool = True) -> Iterator[Sound]:
    """The records of a table in order; with `runs`, many at once where that is as safe.

    Raises:
        SourceError: the file cannot be read.

    """
    lines = islice(physical_lines(path, detected.encoding), detected.data_line - 1, None)
    feed = Feed(lines, detected.delimiter, detected.quoting, detected.data_line)
    settled = records_of(feed, len(detected.header), detected.quoting)
    plain, width = detected.quoting == PLAIN_QUOTING, len(detected.header)
    headers = _Headers(detected)
    runs = runs and plain and 1 < width <= _RUN_WIDTH
    while True:
        line = feed.line
        if runs and not feed.again:
            text = _next_run(feed, width, headers)
            if text:
                yield Sound(line, text, None, feed.line - line - 1)
                continue
        text = _next_sound(feed, width) if plain else ""
        if text:
            if headers.may_be(text) and headers.is_repeated(cells_of_text(text, detected.delimiter)):
                yield Sound(line, "", Record(line, None, REPEATED_HEADER, (text,), feed.line - line, len(text)))
            else:
                yield Sound(line, text, None)
            continue
        record = next(settled, None)
        if record is None:
            return
        yield Sound(record.line, "", headers.checked(record))


class _Headers:
    """The header's rows, to be known again."""

    def __init__(self, detected: Detected) -> None:
        self._rows = [bare(row) for row in detected.labels]
        self._detected = detected
        # Doubled quotes aside, a label stands in the text as it is: the longest piece of one tells rows apart cheaply.
        probes = [max((part for cell in row for part in cell.split('"')), key=len) for row in self._rows]
        self._probe = probes[0] if probes else None
        self._more = probes[1:]

    def may_be(self, text: str) -> bool:
        """Whether a sound record's text has what one of the header's rows has; false for nearly all others."""
        if self._probe is None:
            return False
        return self._probe in text or any(probe in text for probe in self._more)

    def is_repeated(self, cells: Sequence[str]) -> bool:
        """Whether a record is one of the header's rows."""
        return bare(cells) in self._rows

    def checked(self, record: Record) -> Record:
        """The record, set aside if it is one of the header's rows."""
        if not self._rows:
            return record
        cells, text = record.cells, "".join(record.lines)
        if cells is None and record.span <= _RECORD_LINES and len(text) < CELL_LIMIT:
            cells = cells_of_line(text, self._detected.delimiter, self._detected.quoting)
        if cells is None or not self.is_repeated(cells):
            return record
        lines = record.lines or (self._detected.delimiter.join(cells),)
        return record._replace(cells=None, reason=REPEATED_HEADER, lines=lines)


def _next_run(feed: Feed, width: int, headers: _Headers) -> str:
    """The next lines if each is a record without quotes, else nothing, and the feed stands where it stood."""
    lines = list(islice(feed.lines, _RUN_LINES))
    text = "".join(lines)
    counts = [line.count(feed.delimiter) for line in lines]
    whole = counts.count(width - 1) == len(lines) and len(text) < CELL_LIMIT
    if not whole or '"' in text or headers.may_be(text):
        feed.again.extend(lines)
        return ""
    feed.line += len(lines)
    return text


def _next_sound(feed: Feed, width: int) -> str:
    """The next record if it is sound, else nothing, and the feed stands where it stood."""
    again, taken = feed.again, feed.taken
    line = again.popleft() if again else next(feed.lines, "")
    if not line:
        return ""
    if len(line) < CELL_LIMIT:
        if '"' not in line:
            if line.count(feed.delimiter) == width - 1 and (width > 1 or line not in _ENDS):
                feed.line += 1
                return line
        else:
            text = _quoted(feed, line, width)
            if text:
                return text
            return ""
    taken.append(line)
    feed.give_back(0)
    return ""


def _quoted(feed: Feed, line: str, width: int) -> str:
    """The record that starts with `line`, in which there are quotes, if it is sound, else nothing."""
    taken = feed.taken
    taken.append(line)
    quotes, size = line.count('"'), len(line)
    if quotes % 2 and not is_well_quoted(line.rstrip("\r\n") + '"', feed.delimiter):
        feed.give_back(0)
        return ""
    while quotes % 2:
        line = feed.again.popleft() if feed.again else next(feed.lines, "")
        if line:
            taken.append(line)
        quotes += line.count('"')
        size += len(line)
        if not line or len(taken) > _RECORD_LINES or size >= CELL_LIMIT:
            feed.give_back(0)
            return ""
    text = taken[0] if len(taken) == 1 else "".join(taken)
    if sound_width(text, feed.delimiter) != width or (
        len(taken) > 1 and width >= _TELLING_WIDTH and holds_a_record(taken, feed.delimiter, PLAIN_QUOTING, width)
    ):
        feed.give_back(0)
        return ""
    feed.done()
    return text
