"""Where a run of whole stretches of code ends, so that a chunk holds what belongs together.

After Zhang et al., cAST: Enhancing code retrieval-augmented generation with structural chunking via abstract syntax
trees (arXiv 2506.15655): what fits is whole, neighbours of one level are put together. A border is chosen by what is
beside it, not by how much has been filled, so that an inserted function moves the borders near it only.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from rlm_pipeline.chunking.code_outline import Container
from rlm_pipeline.chunking.piece import Record

LEAST = 8
"""The share of a chunk, one in so many, that code has at least which is put apart from other code beside it."""

_BANNER = re.compile(r"\s*(?:#|//|/\*|--|%)[^\n]*[-=*#~/]{5,}")
_BLANK_LINES = re.compile(r"(?:[^\S\n]*\n)+\Z")
_MOST_BLANK_LINES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A record and what it is in; `visible` is the length of its text without the white space at its end."""

    record: Record
    within: tuple[Container, ...]
    visible: int
    name: str


def count_of(units: Sequence[Unit], size: int, *, carried: int, is_end: bool) -> int:
    """How many of `units` the next chunk takes, at least one.

    It has `carried` characters already. With `is_end` there is nothing after the units; without, they have so many
    characters that those after the first chunk's cannot matter.
    """
    least = size // LEAST
    ends = [carried + end for end in accumulate(len(unit.record.text) for unit in units)]
    total = ends[-1]
    shown = [end - len(unit.record.text) + unit.visible for end, unit in zip(ends, units, strict=True)]
    borders = [count for count in range(1, len(units)) if shown[count - 1] <= size]
    allowed = [count for count in borders if not _is_inside_whole(units, count, size)]
    apart = [
        count
        for count in allowed
        if shown[count - 1] >= least
        and _parts_level(units, count, size)
        and not (is_end and total - ends[count - 1] < least)
    ]
    if apart:
        return min(apart, key=lambda count: (_shared(units, count), count))
    if is_end and total <= size:
        return len(units)
    enough = [
        count for count in allowed if shown[count - 1] >= size / 2 and not (is_end and total - ends[count - 1] < least)
    ]
    if enough:
        return max(enough, key=lambda count: _strength(units, count))
    return max(allowed or borders or [1])


def _shared(units: Sequence[Unit], count: int) -> int:
    """How many classes and their like go on over the border before units[count]."""
    before, after = units[count - 1].within, units[count].within
    return sum(one is other for one, other in zip(before, after, strict=False))


def _is_inside_whole(units: Sequence[Unit], count: int, size: int) -> bool:
    return any(each.length <= size for each in units[count].within[: _shared(units, count)])


def _parts_level(units: Sequence[Unit], count: int, size: int) -> bool:
    """Whether something begins or ends there that is too long for a chunk."""
    before, after, shared = units[count - 1], units[count], _shared(units, count)
    return (
        after.visible > size
        or any(each.length > size for each in before.within[shared:])
        or any(each.length > size for each in after.within[shared:])
    )


def _strength(units: Sequence[Unit], count: int) -> tuple[int, ...]:
    before, after, shared = units[count - 1], units[count], _shared(units, count)
    is_marked = len(before.within) != shared or len(after.within) != shared
    is_marked = is_marked or _BANNER.match(after.record.text) is not None
    blank = _BLANK_LINES.search(before.record.text[before.visible :])
    blank_lines = min(_MOST_BLANK_LINES, blank[0].count("\n") if blank else 0)
    return (-shared, is_marked, blank_lines, not _belong_together(before, after), after.visible, count)


def _belong_together(before: Unit, after: Unit) -> bool:
    """Whether one of two neighbours names the other, as a function does that calls its helper."""
    return (len(after.name) > 1 and after.name in before.record.text) or (
        len(before.name) > 1 and before.name in after.record.text
    )
