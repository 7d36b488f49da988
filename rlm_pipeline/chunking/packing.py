"""Whole records packed into pieces of bounded size, and long records cut; exact rows, lines and character ranges."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rlm_pipeline.chunking.splitting import split

SEPARATOR = "\n\n"
"""What follows every record in the rendered text of its source."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One record as a reader sees it, without the separator; `place` is what its place in the source is called."""

    row: int
    line: int
    text: str
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """What one chunk holds: `text` is characters `start` to `start + len(text)` of the source's rendered text.

    `records` is how many records begin in it: 0 for all but the first part of a cut record. It can be less than the
    range of rows, where rows between belong to another partition or were set aside. `part` numbers the parts of a cut
    record from 1; it is 0 for whole ones.
    """

    row_start: int
    row_end: int
    line_start: int
    line_end: int
    start: int
    scope: str
    text: str
    records: int
    part: int = 0


def pack(records: Iterable[Record], size: int) -> Iterator[Piece]:
    """Pack one source's records in order; the texts of the pieces, joined, are its rendered text.

    Each piece takes records until the next would pass `size` characters. A record that is longer, with its separator,
    than `size` is cut and has pieces of its own.
    """
    waiting: list[Record] = []
    start = length = 0
    for record in records:
        needed = len(record.text) + len(SEPARATOR)
        if waiting and length + needed > size:
            yield _whole(waiting, start)
            start, length, waiting = start + length, 0, []
        if needed > size:
            yield from _parts(record, start, size)
            start += needed
        else:
            waiting.append(record)
            length += needed
    if waiting:
        yield _whole(waiting, start)


def _whole(records: list[Record], start: int) -> Piece:
    first, last = records[0], records[-1]
    return Piece(
        row_start=first.row,
        row_end=last.row,
        line_start=min(record.line for record in records),  # what is beside a JSON file's records comes last
        line_end=max(record.line for record in records),
        start=start,
        scope=_scope(records, f"row {first.row}" if first is last else f"rows {first.row}-{last.row}"),
        text="".join(record.text + SEPARATOR for record in records),
        records=len(records),
    )


def _parts(record: Record, start: int, size: int) -> Iterator[Piece]:
    for number, text in enumerate(split(record.text + SEPARATOR, size), 1):
        yield Piece(
            row_start=record.row,
            row_end=record.row,
            line_start=record.line,
            line_end=record.line,
            start=start,
            scope=_scope([record], f"row {record.row} part {number}"),
            text=text,
            records=int(number == 1),
            part=number,
        )
        start += len(text)


def _scope(records: list[Record], rows: str) -> str:
    """The rows, behind the place that all records have, or the first and the last."""
    places = list(dict.fromkeys(record.place for record in records if record.place))
    if not places:
        return rows
    return f"{places[0] if len(places) == 1 else f'{places[0]} … {places[-1]}'}, {rows}"
