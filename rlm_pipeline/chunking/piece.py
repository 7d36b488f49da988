"""What every chunker takes and gives: the records of one source, in order, and the pieces they are cut into.

A chunker is a generator function `(records, chunking) -> pieces`. It streams: what it holds is bounded by the size of
a chunk and of the longest record. Its pieces come in the order of the source, each holds records that are next to each
other there, and every character of every record's text is in exactly one piece.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from rlm_pipeline.configuration import Chunking


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One record as a reader sees it, at characters `start` to `end` of its source.

    Of a type that is shown as it is (log, prose, configuration, code) `text` is these characters, verbatim: with the
    line ends and blank lines up to the next record. Of a type that is rendered it is the rendered record with the
    separator behind it. `place` is what its place in the source is called. `cells` are the record's own columns by
    name, without those that are ignored and those that hold its text.
    """

    row: int
    line: int
    start: int
    end: int
    text: str
    place: str = ""
    cells: Mapping[str, str] = field(default_factory=dict)


class Piece(NamedTuple):
    """What one chunk holds.

    Joined, the texts of a source's pieces are the texts of its records. `start` to `end` are the characters of the
    source it comes from: exactly its text where that is verbatim; the whole record for each part of a rendered record
    that is cut. `records` is how many records begin in it: 0 for all but the first part of a cut record. It can be
    less than the range of rows, where rows between belong to another partition or were set aside. `part` numbers the
    parts of a cut record from 1; it is 0 for whole ones. `place` names where in the source it is, empty where that has
    no name. `context` is what its reader needs besides, such as imports and the line of the enclosing class.
    """

    row_start: int
    row_end: int
    line_start: int
    start: int
    end: int
    text: str
    records: int
    part: int = 0
    place: str = ""
    context: str = ""


Chunker = Callable[[Iterable[Record], Chunking], Iterator[Piece]]
