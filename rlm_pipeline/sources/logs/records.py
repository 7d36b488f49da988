"""A log's lines put together into records: a line with a header, and the lines up to the next one that belong to it.

In a file with headers every line without one belongs to the record above: stack traces, wrapped text, blank lines. In
a file without any, each line is a record, but for lines that are indented or go on with a stack trace. Blank lines
above the first record are no record. A record longer than `RECORD_LIMIT` characters is cut before the line that would
make it so, and what follows is a further record without a header.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from rlm_pipeline.sources.encodings import LINE_LIMIT
from rlm_pipeline.sources.logs.header import Header, Layout
from rlm_pipeline.sources.logs.layout import CONTINUATION

RECORD_LIMIT = 1 << 20
"""Characters of a record of several lines; one line may be longer."""

NO_HEADER = Header(end=0, timestamp="", level=None, component=None)


class Record(NamedTuple):
    """One record: its first line's number, its text without the last line's end, its header, and what it is not.

    `cut` is True for what follows a cut; `broken` for a line too long to be read whole, of which `text` is the start.
    """

    line: int
    text: str
    header: Header
    cut: bool = False
    broken: bool = False

    @property
    def headline(self) -> str:
        """The message as far as it stands on the first line."""
        end = self.text.find("\n", self.header.end)
        line = self.text[self.header.end :] if end < 0 else self.text[self.header.end : end]
        return line.partition("\r")[0]


def records(lines: Iterable[str], layouts: Sequence[Layout]) -> Iterator[Record]:
    """The records of a log's physical lines, which have their ends."""
    parts: list[str] = []
    size = first = 0
    header, cut = NO_HEADER, False
    for number, line in enumerate(lines, 1):
        found = _header(line, layouts)
        too_long = len(line) >= LINE_LIMIT
        goes_on = found is None and not too_long and (bool(layouts) or CONTINUATION.match(line) is not None)
        if goes_on and not parts and not line.strip():
            continue
        if goes_on and parts and size + len(line) <= RECORD_LIMIT:
            parts.append(line)
            size += len(line)
            continue
        if parts:
            yield _record(first, parts, header, cut=cut)
        if too_long:
            yield Record(number, line, NO_HEADER, broken=True)
            parts = []
            continue
        header, cut = found or NO_HEADER, goes_on and bool(parts)
        parts, size, first = [line], len(line), number
    if parts:
        yield _record(first, parts, header, cut=cut)


def _header(line: str, layouts: Sequence[Layout]) -> Header | None:
    for layout in layouts:
        header = layout.header(line)
        if header is not None:
            return header
    return None


def _record(line: int, parts: list[str], header: Header, *, cut: bool) -> Record:
    text = "".join(parts) if len(parts) > 1 else parts[0]
    end = 2 if text.endswith("\r\n") else int(text.endswith(("\n", "\r")))
    return Record(line, text[: len(text) - end], header, cut)
