"""Whole records packed into pieces of bounded size that survive edits; a longer record is cut by a rule of its kind.

Filling every piece to the brim would let one inserted record move every boundary behind it. Here a piece ends, of the
records that could end it in the last 28 % of what fits, after the one whose text has the smallest rank, a number
that hangs on nothing else. So boundaries find back to the old ones soon after an insertion. (After the local minima of
Bjørner, Blass and Gurevich, Content-dependent chunking for differential compression, J. Comput. Syst. Sci. 76, 2010.)
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from rlm_pipeline import fingerprint
from rlm_pipeline.chunking.piece import Chunker, Piece, Record
from rlm_pipeline.chunking.splitting import split
from rlm_pipeline.configuration import Chunking

SEPARATOR = "\n\n"
"""What follows every record that is rendered."""

LEAST_FILL = 0.72
"""A piece ends in what is beyond this share of the size, unless no record ends there."""

HALF_FULL = 0.5
"""Where records are so long that only one ends there, the one before it is chosen from too, beyond this share."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One of the parts of a cut record; joined, their texts are the record's."""

    text: str
    place: str = ""
    context: str = ""


Cut = Callable[[Record, int], Iterator[Part]]
"""How a record that is longer than a size is cut into parts of at most that size."""


def anywhere(record: Record, size: int) -> Iterator[Part]:
    """Cut at paragraphs, lines, sentences, words."""
    return (Part(text=text, place=record.place) for text in split(record.text, size))


def packer(cut: Cut = anywhere) -> Chunker:
    """The chunker that packs whole records, and cuts longer ones with `cut`."""

    def pieces(records: Iterable[Record], chunking: Chunking) -> Iterator[Piece]:
        return pack(records, chunking.size, cut)

    return pieces


def pack(records: Iterable[Record], size: int, cut: Cut = anywhere) -> Iterator[Piece]:
    """Pack one source's records in order; the texts of the pieces, joined, are theirs.

    A record that is longer than `size` is cut and has pieces of its own. A record that lies before the one that
    precedes it (what is beside the records of a JSON file comes last) begins a piece.
    """
    waiting: list[Record] = []
    length = 0
    for record in records:
        needed = len(record.text)
        if waiting and record.start < waiting[-1].start:
            yield _whole(waiting)
            length, waiting = 0, []
        while waiting and length + needed > size:
            count = len(waiting) if needed > size else _best_end(waiting, size)
            yield _whole(waiting[:count])
            del waiting[:count]
            length = sum(len(each.text) for each in waiting)
        if needed > size:
            yield from _parts(record, size, cut)
        else:
            waiting.append(record)
            length += needed
    if waiting:
        yield _whole(waiting)


def _best_end(waiting: list[Record], size: int) -> int:
    """How many of the records, which fit `size` together, the next piece takes."""
    least = LEAST_FILL * size
    best, count, length = 0, len(waiting), sum(len(record.text) for record in waiting)
    for place in range(len(waiting), 0, -1):
        second = place == len(waiting) - 1 and length >= HALF_FULL * size
        if length < least and not second:
            break
        rank = fingerprint.rank(waiting[place - 1].text)
        if place == len(waiting) or rank < best:  # of equal ones the last: the piece is fuller
            best, count = rank, place
        length -= len(waiting[place - 1].text)
    return count


def _whole(records: list[Record]) -> Piece:
    first, last = records[0], records[-1]
    return Piece(
        row_start=first.row,
        row_end=last.row,
        line_start=first.line,
        start=first.start,
        end=last.end,
        place=_place(records),
        text="".join([record.text for record in records]),
        records=len(records),
    )


def _place(records: list[Record]) -> str:
    """The place that all records have, or the first and the last."""
    places = list(dict.fromkeys(record.place for record in records if record.place))
    if len(places) < 2:
        return "".join(places)
    return f"{places[0]} … {places[-1]}"


def _parts(record: Record, size: int, cut: Cut) -> Iterator[Piece]:
    for number, part in enumerate(cut(record, size), 1):
        yield Piece(
            row_start=record.row,
            row_end=record.row,
            line_start=record.line,
            start=record.start,
            end=record.end,
            text=part.text,
            records=int(number == 1),
            part=number,
            place=part.place,
            context=part.context,
        )
