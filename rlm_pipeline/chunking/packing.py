"""Whole records packed into pieces of bounded size that survive edits; a longer record is cut by a rule of its kind.

Filling every piece to the brim would let one inserted record move every boundary behind it. Here a piece ends, of the
records that could end it in the last 28 % of what fits, after the one whose text has the smallest rank, a number
that hangs on nothing else. So boundaries find back to the old ones soon after an insertion. (After the local minima of
Bjørner, Blass and Gurevich, Content-dependent chunking for differential compression, J. Comput. Syst. Sci. 76, 2010.)
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil

from rlm_pipeline.chunking.piece import Piece
from rlm_pipeline.chunking.ranges import Range
from rlm_pipeline.chunking.record_batches import PLACED, RecordBatch
from rlm_pipeline.chunking.rendering import RecordLines, Rendered, rendered
from rlm_pipeline.chunking.splitting import split

LEAST_FILL = 0.72
"""A piece ends in what is beyond this share of the size, unless no record ends there."""

HALF_FULL = 0.5
"""Where records are so long that only one ends there, the one before it is chosen from too, beyond this share."""

Placed = tuple[Piece, Range]
"""A piece and where it is in its source."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One of the parts of a cut record; joined, their texts are its text. One without a place has the record's."""

    text: str
    place: str = ""
    context: str = ""


Cut = Callable[[RecordLines, int], Iterator[Part]]
"""How a record that is longer than a size is cut into parts of at most that size."""


def anywhere(record: RecordLines, size: int) -> Iterator[Part]:
    """Cut at paragraphs, lines, sentences, words."""
    return (Part(text=text) for text in split(record.text, size))


def pack(batches: Iterable[RecordBatch], size: int, cut: Cut = anywhere) -> Iterator[Placed]:
    """Pack one source's records in order; the texts of the pieces, joined, are theirs.

    A record that is longer than `size` is cut with `cut` and has pieces of its own. A record that lies before the one
    that precedes it (what is beside the records of a JSON file comes last) begins a piece. Two batches are held.
    """
    held: RecordBatch | None = None
    for batch in batches:
        held = batch.behind((yield from _packed(held, size, cut, complete=False))) if held else batch
    if held is not None:
        yield from _packed(held, size, cut, complete=True)


def _packed(batch: RecordBatch, size: int, cut: Cut, *, complete: bool) -> Generator[Placed, None, RecordBatch]:
    """The pieces of a batch; returns the records that are left to be packed with what follows."""
    shown = rendered(batch.cells, batch.names, batch.where.height)
    at = _Places(*(batch.where[name].to_list() for name in PLACED))
    done = 0
    for first, end in ends(shown, at.char_start, size, complete=complete):
        where = at.range(first, end)
        if end - first == 1 and shown.char_at[end] - shown.char_at[first] > size:
            yield from ((piece, where) for piece in _parts(at, first, cut(shown.lines(first), size)))
        else:
            yield _whole(at, first, end, shown.text(first, end)), where
        done = end
    return batch.since(done)


def ends(shown: Rendered, char_starts: Sequence[int], size: int, *, complete: bool) -> Iterator[tuple[int, int]]:
    """The records, from the first to before the second, of each piece, or of one record that is to be cut.

    Unless the records are `complete`, the last ones, which fit a piece, are left.
    """
    at: list[int] = shown.char_at.tolist()
    records = len(at) - 1
    jumps = [place for place, (before, after) in enumerate(pairwise(char_starts), 1) if after < before]
    first = 0
    while first < records:
        end = bisect_right(at, at[first] + size, lo=first) - 1
        jump = bisect_right(jumps, first)
        if jump < len(jumps) and jumps[jump] <= end:
            end = jumps[jump]
        elif end == first:
            end = first + 1
        elif end == records:
            if not complete:
                return
        elif at[end + 1] - at[end] <= size:
            end = _best_end(shown, at, first, end, size)
        yield first, end
        first = end


def _best_end(shown: Rendered, at: Sequence[int], first: int, end: int, size: int) -> int:
    """Where the next piece ends, of records that fit `size` together."""
    least = bisect_left(at, at[first] + ceil(LEAST_FILL * size), lo=first)
    if least > end:
        return end
    if least == end and at[end - 1] - at[first] >= HALF_FULL * size:
        least = end - 1
    best, found = shown.rank(end - 1), end
    for place in range(end - 1, max(least, first + 1) - 1, -1):
        rank = shown.rank(place - 1)
        if rank < best:  # of equal ones the last: the piece is fuller
            best, found = rank, place
    return found


@dataclass(frozen=True, slots=True)
class _Places:
    """Where records are: a list for each of `PLACED`."""

    row: list[int]
    line: list[int]
    char_start: list[int]
    char_end: list[int]
    byte_start: list[int]
    byte_end: list[int]
    line_end: list[int]
    place: list[str]

    def range(self, first: int, end: int) -> Range:
        """The range of the records `first` to before `end`."""
        last, line = end - 1, self.line[first]
        return Range(
            line_start=line,
            line_end=max(line, self.line_end[last]),
            char_start=self.char_start[first],
            char_end=self.char_end[last],
            byte_start=self.byte_start[first],
            byte_end=self.byte_end[last],
        )


def _whole(at: _Places, first: int, end: int, text: str) -> Piece:
    places = list(dict.fromkeys(place for place in at.place[first:end] if place))
    return Piece(
        row_start=at.row[first],
        row_end=at.row[end - 1],
        line_start=at.line[first],
        start=at.char_start[first],
        end=at.char_end[end - 1],
        text=text,
        records=end - first,
        place="".join(places) if len(places) < 2 else f"{places[0]} … {places[-1]}",
    )


def _parts(at: _Places, record: int, parts: Iterable[Part]) -> Iterator[Piece]:
    for number, part in enumerate(parts, 1):
        yield Piece(
            row_start=at.row[record],
            row_end=at.row[record],
            line_start=at.line[record],
            start=at.char_start[record],
            end=at.char_end[record],
            text=part.text,
            records=int(number == 1),
            part=number,
            place=part.place or at.place[record],
            context=part.context,
        )
