"""Where the records of one source start, noted while they are read, and then found in its text.

A record starts on a physical line, some characters into it. What is noted is kept in a temporary file, so that memory
does not grow with the records. The source's text is then gone through once more, block by block.
"""

import tempfile
from array import array
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt

from rlm_pipeline.sources.stretches import Places, Stretch, line_starts

ELSEWHERE, STORED, ASIDE = 0, 1, 2
"""What became of a record: it is in another partition, was stored, or was set aside."""

_KINDS = 4  # a line and a kind are one number
_KEPT_IN_MEMORY = 16 << 20  # bytes of the temporary file
_NOTED = 1 << 16  # records written at a time
_LOOKED_AT = 4096  # records looked for at a time
_WORD = np.dtype(np.int64).itemsize


class Noted(NamedTuple):
    """Consecutive records of a source: their rows, lines, characters of the line before them, and kinds."""

    rows: Places
    lines: Places
    columns: Places
    kinds: Places

    def part(self, start: int, stop: int) -> "Noted":
        """Those from `start` to `stop`."""
        rows, lines, columns, kinds = (each[start:stop] for each in self)
        return Noted(rows, lines, columns, kinds)


class Found(NamedTuple):
    """Records that begin in a stretch: where, in characters and bytes of the source, and in the stretch's UTF-8."""

    noted: Noted
    chars: Places
    bytes: Places
    places: Places


class Positions:
    """The positions of one source's records in the order of their rows, which count from 1; a context manager.

    They are in the order of the source; with `has_beside` the last may stand before all others, as what is beside a
    JSON document's records does.
    """

    def __init__(self, *, has_beside: bool = False) -> None:
        self._has_beside = has_beside
        self._file = tempfile.SpooledTemporaryFile(max_size=_KEPT_IN_MEMORY)  # noqa: SIM115 - closed by __exit__
        self._marks = array("q")
        self._columns = array("q")
        self._written = 0

    def add(self, line: int, kind: int, column: int = 0) -> None:
        """Note the next record."""
        self._marks.append(line * _KINDS + kind)
        self._columns.append(column)
        if len(self._marks) > _NOTED:
            self._write(len(self._marks) - 2)

    def add_many(self, lines: npt.NDArray[np.int64], kinds: npt.NDArray[np.int64]) -> None:
        """Note the next records, which start at the start of their lines."""
        self._marks.frombytes((lines * _KINDS + kinds).tobytes())
        self._columns.frombytes(bytes(_WORD * len(lines)))
        if len(self._marks) > _NOTED:
            self._write(len(self._marks) - 2)

    def _write(self, count: int) -> None:
        """Write all but the last two, which tell whether the last stands before the others."""
        has_columns = any(self._columns[:count])
        self._file.write(array("q", [count, has_columns]).tobytes())
        self._file.write(self._marks[:count].tobytes())
        if has_columns:
            self._file.write(self._columns[:count].tobytes())
        del self._marks[:count], self._columns[:count]
        self._written += count

    @property
    def count(self) -> int:
        """Records noted."""
        return self._written + len(self._marks)

    @property
    def beside(self) -> int:
        """The row of the last record if it stands before all others, else 0; known when all are noted."""
        kept = [(mark // _KINDS, column) for mark, column in zip(self._marks, self._columns, strict=True)]
        return self.count if self._has_beside and len(kept) > 1 and kept[-1] < kept[-2] else 0

    def in_order(self) -> Iterator[Noted]:
        """All records in the order of the source; to be gone through once, after the last was noted."""
        marks, columns = (np.array(each, dtype=np.int64) for each in (self._marks, self._columns))
        last = _noted(self._written + 1, marks, columns)
        if self.beside:
            yield last.part(len(marks) - 1, len(marks))
            last = last.part(0, len(marks) - 1)
        self._file.seek(0)
        row = 1
        while head := self._file.read(2 * _WORD):
            count, has_columns = np.frombuffer(head, np.int64).tolist()
            marks = np.frombuffer(self._file.read(count * _WORD), np.int64)
            size = count * _WORD if has_columns else 0
            columns = np.frombuffer(self._file.read(size), np.int64) if size else np.zeros(count, np.int64)
            yield _noted(row, marks, columns)
            row += count
        yield last

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


def _noted(first_row: int, marks: Places, columns: Places) -> Noted:
    rows = np.arange(first_row, first_row + len(marks))
    return Noted(rows, marks // _KINDS, columns, marks % _KINDS)


class _Cursor:
    """The records that have not been found yet."""

    def __init__(self, noted: Iterable[Noted]) -> None:
        self._noted = iter(noted)
        self._held: Noted | None = None
        self._at = 0

    def window(self) -> Noted | None:
        """The next few of them; None when there are no more."""
        while self._held is None or self._at >= len(self._held.rows):
            self._held, self._at = next(self._noted, None), 0
            if self._held is None:
                return None
        return self._held.part(self._at, self._at + _LOOKED_AT)

    def advance(self, count: int) -> None:
        """Step over records that were found."""
        self._at += count


class _Lines:
    """The starts of the lines in one stretch: number, characters before it in the source, place in the UTF-8."""

    def __init__(self, first: int, starts: Places, chars: Places, open_line: int) -> None:
        self.next = first + len(starts)
        self._first = first
        self._places = starts
        # The line that the stretch begins on may hold records too.
        self.chars = np.concatenate([np.array([open_line], np.int64), chars])

    def target(self, noted: Noted, end: int) -> tuple[Places, int, bool]:
        """Where records begin, in characters; how many of them before `end`; whether each starts a line of these."""
        index = np.maximum(noted.lines - self._first + 1, 0)
        known = index < len(self.chars)
        target = self.chars[np.minimum(index, len(self.chars) - 1)] + noted.columns
        fits = known & (target < end)
        count = len(fits) if fits.all() else int(fits.argmin())
        direct = not noted.columns[:count].any() and bool(index[:count].all())
        return target[:count], count, direct

    def places(self, lines: Places) -> Places:
        """Where these lines start."""
        return self._places[lines - self._first]


def found_in(stretches: Iterable[Stretch], positions: Iterable[Noted]) -> Iterator[tuple[Stretch, Found]]:
    """Every stretch of a source, with the records that begin in it; positions in the order of the source.

    A record that is noted to start before the one above it starts where that does, and one beyond the source's end, or
    on its last line without a character of it, ends the source: it comes with a last stretch that is empty.
    """
    cursor = _Cursor(positions)
    chars = size = open_line = last = 0
    line, after_return = 1, False
    for stretch in stretches:
        size += stretch.mark
        starts = line_starts(stretch.utf8, after_return=after_return)
        if line == 1:
            starts = np.concatenate([np.zeros(1, np.int64), starts])
        lines = _Lines(line, starts, chars + stretch.chars_before(starts), open_line)
        found: list[Found] = []
        while (noted := cursor.window()) is not None:
            target, count, direct = lines.target(noted, chars + stretch.chars)
            if count:
                one = _located(stretch, lines, noted.part(0, count), target, (chars, size, last), direct=direct)
                last = int(one.chars[-1])
                found.append(one)
                cursor.advance(count)
            if count < len(noted.rows):
                break
        yield stretch, _joined(found)
        open_line, line = int(lines.chars[-1]), lines.next
        after_return = stretch.utf8.endswith(b"\r")
        chars += stretch.chars
        size += stretch.bytes
    while (noted := cursor.window()) is not None:
        cursor.advance(len(noted.rows))
        ends = np.zeros(len(noted.rows), np.int64)
        yield Stretch(b""), Found(noted, ends + chars, ends + size, ends)


def _located(
    stretch: Stretch, lines: _Lines, noted: Noted, target: Places, before: tuple[int, int, int], *, direct: bool
) -> Found:
    chars, size, last = before
    floor = max(chars, last)
    if int(target[0]) < floor or (np.diff(target) < 0).any():
        target, direct = np.maximum.accumulate(np.maximum(target, floor)), False
    local = target - chars
    places = lines.places(noted.lines) if direct else stretch.places_of(local)
    return Found(noted, target, size + stretch.bytes_before(local, places), places)


def _joined(found: list[Found]) -> Found:
    if len(found) == 1:
        return found[0]
    if not found:
        none = np.zeros(0, np.int64)
        return Found(Noted(none, none, none, none), none, none, none)
    noted = Noted(*(np.concatenate(each) for each in zip(*(one.noted for one in found), strict=True)))
    others = (np.concatenate(each) for each in zip(*(one[1:] for one in found), strict=True))
    return Found(noted, *others)
