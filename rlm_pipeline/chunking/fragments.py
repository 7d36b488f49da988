"""Records taken apart where a piece may end, and pieces put together from what lies next to each other."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from rlm_pipeline.chunking.piece import Piece, Record
from rlm_pipeline.sources.prose.block import count_ends

WHOLE = 50
"""The grade of a boundary between records that nothing sets apart; below it are those of an outline, by depth."""

INSIDE = 60
"""The grade of a boundary between the items, rows, lines or sentences of one record."""

FORCED = 70
"""The grade of a boundary within what should not be cut, but is longer than a piece."""

NEVER = 99
"""The grade of a boundary that is none: what lies before it goes with what follows."""


class Fragment(NamedTuple):
    """A stretch of a record's text that no piece ends in, and how well one ends before it: the lower the better.

    `offset` is where it begins in the record's text, `line` the physical line it begins on. `begun` is how many records
    begin with it: more than one where others without text stand before it. `row` is the record whose range it begins
    in: the one before, where lines above a record are shown with it.
    """

    record: Record
    offset: int
    text: str
    line: int
    grade: int
    begun: int
    row: int


Describe = Callable[[Sequence[Fragment]], tuple[str, str]]
"""The place and the context of the piece that fragments are; called once for each piece, in order."""


def whole(record: Record, grade: int = WHOLE) -> Fragment:
    """A record as one fragment."""
    return Fragment(record, 0, record.text, record.line, grade, 1, record.row)


def taken_apart(record: Record, texts: Iterable[tuple[str, int]], grade: int) -> Iterator[Fragment]:
    """A record as fragments of these texts and grades, which joined are its text; `grade` is that of the first."""
    offset, line, verbatim = 0, record.line, is_verbatim(record)
    for text, own in texts:
        yield Fragment(record, offset, text, line, own if offset else grade, int(offset == 0), record.row)
        offset += len(text)
        line += count_ends(text) if verbatim else 0


def append(fragments: list[Fragment], fragment: Fragment) -> None:
    """Append a fragment; of records in a row that have no text, as all but the last on a line, the first stays."""
    last = fragments[-1] if fragments else None
    if last is not None and not last.text and not fragment.text:
        fragments[-1] = last._replace(begun=last.begun + fragment.begun)
    else:
        fragments.append(fragment)


def is_verbatim(record: Record) -> bool:
    """Whether the record is shown as it is in its source, rather than rendered."""
    return len(record.text) == record.end - record.start


def are_apart(before: Record, after: Record) -> bool:
    """Whether text of the source lies between two records, which belongs elsewhere, or they are not in its order."""
    if is_verbatim(before) and is_verbatim(after):
        return before.end != after.start
    return after.start < before.start


def pieces_of(groups: Iterable[Sequence[Fragment]], describe: Describe) -> Iterator[Piece]:
    """The piece that each group of fragments is."""
    cut_row = part = 0
    for group in groups:
        first, last = group[0], group[-1]
        goes_on = first.offset > 0
        is_cut = last.offset + len(last.text) < len(last.record.text)
        if not (goes_on and first.record.row == cut_row):
            part = int(goes_on)
        part += goes_on
        if is_cut and (last.record.row != first.record.row or not goes_on):
            part = 1
        cut_row = last.record.row
        place, context = describe(group)
        yield Piece(
            row_start=first.row,
            row_end=last.record.row,
            line_start=first.line,
            start=first.record.start + (first.offset if is_verbatim(first.record) else 0),
            end=last.record.start + last.offset + len(last.text) if is_verbatim(last.record) else last.record.end,
            text="".join([fragment.text for fragment in group]),
            records=sum([fragment.begun for fragment in group]),
            part=part if goes_on or is_cut else 0,
            place=place,
            context=context,
        )
