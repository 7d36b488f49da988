"""Where a piece is in its source: its lines, characters and bytes, from where its records are."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from rlm_pipeline.chunking.piece import Piece, Record
from rlm_pipeline.errors import InvariantError
from rlm_pipeline.sources.redaction.texts import growth, source_place

_WITHOUT_MARK = {"utf-8-sig": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}
_MARKS = {"utf-8-sig": 3, "utf-16": 2, "utf-32": 4}


class Located(NamedTuple):
    """A record, the last line of its range where that is not shown as it is, and its bytes.

    Where placeholders stand for personal data, a text is longer or shorter than its range. Chunkers are then given
    places in the source as it is shown: the record is `moved` so many characters, and `replaced` is what was.
    """

    record: Record
    line_end: int
    byte_start: int
    byte_end: int
    moved: int = 0
    replaced: Sequence[int] = ()

    @property
    def char_start(self) -> int:
        """Where the record begins in its source."""
        return self.record.start - self.moved

    @property
    def char_end(self) -> int:
        """Where its range ends there."""
        return self.record.end - self.moved - growth(self.replaced)

    def char_of(self, place: int) -> int:
        """The character of the source for a place in the source as it is shown, within the record."""
        return self.char_start + source_place(place - self.record.start, self.replaced)


class Range(NamedTuple):
    """Lines from 1, inclusive; characters of the decoded, bytes of the decompressed source, half-open."""

    line_start: int
    line_end: int
    char_start: int
    char_end: int
    byte_start: int
    byte_end: int


class Ranges:
    """The ranges of one source's pieces, which come in the order of the records that pass through `follow`.

    What is remembered is what passed since the last piece. Of a rendered record every part has the record's range.
    `encoding` is that of the manifest. In a source of which some bytes are of another encoding, a part of a record may
    have more bytes than are its own: the record's.
    """

    def __init__(self, encoding: str, *, verbatim: bool) -> None:
        self._verbatim = verbatim
        self._passed: deque[Located] = deque()
        self._end, self._line = -1, 1
        self._bytes = _ByteOffsets(encoding)

    def follow(self, located: Iterable[Located]) -> Iterator[Record]:
        """The records, remembered as they pass."""
        for each in located:
            self._passed.append(each)
            yield each.record

    def of(self, piece: Piece) -> Range:
        """The range of the next piece.

        Raises:
            InvariantError: a chunker gave a piece of records that did not pass, or not in their order.

        """
        passed = self._passed
        while passed and passed[0].record.row < piece.row_start:
            passed.popleft()
        last = next((each for each in passed if each.record.row == piece.row_end), None)
        if last is None or passed[0].record.row != piece.row_start:
            raise InvariantError(f"a piece of rows {piece.row_start}-{piece.row_end} is not of the records; report it")
        return self._shown_as_it_is(piece, passed[0], last) if self._verbatim else _rendered(passed[0], last)

    def _shown_as_it_is(self, piece: Piece, first: Located, last: Located) -> Range:
        line = self._line if piece.start == self._end else _line_at(piece.start, first.record)
        breaks = line_ends(piece.text)
        self._end, self._line = piece.end, line + breaks
        begins = piece.start == first.record.start
        return Range(
            line_start=first.record.line if begins else line,
            line_end=max(line, line + breaks - piece.text.endswith(("\n", "\r"))),
            char_start=first.char_of(piece.start),
            char_end=last.char_of(piece.end),
            byte_start=self._bytes.at(first, piece.start, otherwise=first.byte_start),
            byte_end=self._bytes.at(last, piece.end, otherwise=last.byte_end),
        )


def _rendered(first: Located, last: Located) -> Range:
    return Range(
        line_start=first.record.line,
        line_end=max(first.record.line, last.line_end),
        char_start=first.record.start,
        char_end=last.record.end,
        byte_start=first.byte_start,
        byte_end=last.byte_end,
    )


def line_ends(text: str) -> int:
    r"""How many physical lines end in a text, by \n, \r\n or \r."""
    ends = text.count("\n")
    return ends + text.count("\r") - text.count("\r\n") if "\r" in text else ends


def _line_at(char: int, record: Record) -> int:
    """The line of a character of a record's range, which begins with the source or where the record does."""
    first = 1 if record.start == 0 else record.line
    return first + line_ends(record.text[: char - record.start])


class _ByteOffsets:
    """Bytes at characters of records, each record's in ascending order."""

    def __init__(self, encoding: str) -> None:
        name = encoding.split(" ", maxsplit=1)[0]
        self._codec, self._mark = _WITHOUT_MARK.get(name, name), _MARKS.get(name, 0)
        self._row, self._char, self._byte = -1, 0, -1

    def at(self, located: Located, char: int, *, otherwise: int) -> int:
        """The byte where a character of the record's range begins; `otherwise` where its bytes cannot be counted."""
        record = located.record
        if char == record.start:
            return located.byte_start
        if char == record.end:
            return located.byte_end
        if record.row != self._row:
            self._row, self._char, self._byte = record.row, record.start, self._first_byte(located)
        if self._byte < 0:
            return otherwise
        if char < self._char:
            self._char, self._byte = record.start, self._first_byte(located)
        passed = record.text[self._char - record.start : char - record.start]
        self._char, self._byte = char, self._byte + len(passed.encode(self._codec))
        return self._byte

    def _first_byte(self, located: Located) -> int:
        """Where the text begins behind a byte order mark, -1 where encoding it does not give the bytes it is from."""
        if located.replaced:
            return -1
        try:
            length = len(located.record.text.encode(self._codec))
        except UnicodeEncodeError:
            return -1
        mark = located.byte_end - located.byte_start - length
        return located.byte_start + mark if mark == 0 or (located.byte_start == 0 and mark == self._mark) else -1
