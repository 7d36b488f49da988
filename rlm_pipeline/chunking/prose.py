"""Prose and markup cut by its headings: a section whole if it fits, else at paragraphs, else at sentences.

Small sections of one parent share a piece, chapters that have something to say do not. A heading goes with what follows
it, and so does a paragraph that ends in a colon. A long table is cut between its rows, a list between its items, code
between its lines.
"""

from collections.abc import Iterable, Iterator

from rlm_pipeline.chunking.blocks import texts_of
from rlm_pipeline.chunking.boundaries import CHAPTER, grouped
from rlm_pipeline.chunking.fragments import NEVER, WHOLE, Fragment, pieces_of, taken_apart
from rlm_pipeline.chunking.outline import JOIN, Outline
from rlm_pipeline.chunking.piece import Piece, Record
from rlm_pipeline.configuration import Chunking

_AFTER_COLON = WHOLE + 5


def pieces(records: Iterable[Record], chunking: Chunking) -> Iterator[Piece]:
    """Cut a source's blocks, which have the cells `heading` (the path, A > B) and `block` (the kind)."""
    fragments = _fragments(records, chunking.size)
    return pieces_of(grouped(fragments, chunking.size), Outline().describe)


def _fragments(records: Iterable[Record], size: int) -> Iterator[Fragment]:
    grades = _Grades()
    for record in records:
        grade = grades.before(record)
        yield from taken_apart(record, texts_of(record, size), grade)


class _Grades:
    """The grades of the boundaries before the blocks of an outline."""

    def __init__(self) -> None:
        self._path = ""
        self._highest = 0  # headings of the highest level: one of them is the title of all
        self._heading_depth = 0  # of the block before, if that is a heading
        self._after_colon = False

    def before(self, record: Record) -> int:
        """The grade of the boundary before the next block."""
        path = record.cells.get("heading", "")
        is_heading = record.cells.get("block") == "heading"
        depth = path.count(JOIN) + 1 if is_heading else _common(self._path, path) + 1
        grade = _AFTER_COLON if self._after_colon else WHOLE
        if is_heading or path != self._path:
            self._highest += depth == 1
            grade = CHAPTER if depth == 1 or (depth == 2 and self._highest < 2) else depth
        if self._heading_depth and (not is_heading or depth > self._heading_depth):
            grade = NEVER
        self._path = path
        self._heading_depth = depth if is_heading else 0
        self._after_colon = record.text[-200:].rstrip().endswith((":", "\uff1a"))
        return grade


def _common(path: str, other: str) -> int:
    """How many titles the two paths begin with alike."""
    count = 0
    for title, same in zip(path.split(JOIN), other.split(JOIN), strict=False):
        if title != same or not title:
            break
        count += 1
    return count
