"""Where a column stands among its neighbours: between which columns that two partitions share, and how far along."""

import bisect
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

BESIDE, BETWEEN = 0.5, 0.6
"""How much it tells that two columns stand right beside the same column; that they lie between the same two, at most
(less where more lie there on one side). Both together tell `BESIDE + (1 - BESIDE) * BETWEEN`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A column's place in its header: the shared columns around it, and its rank among the `size` between them."""

    before: int | None
    after: int | None
    rank: int
    size: int


def places(columns: Sequence[int], shared: AbstractSet[int]) -> dict[int, Place]:
    """The place of every column that is not shared.

    Args:
        columns: a partition's columns in order, each the number that it has in every partition.
        shared: the numbers of those that another partition has too.

    """
    anchors = [at for at, column in enumerate(columns) if column in shared]
    found = {}
    for at, column in enumerate(columns):
        if column in shared:
            continue
        next_anchor = bisect.bisect(anchors, at)
        start = anchors[next_anchor - 1] if next_anchor else -1
        end = anchors[next_anchor] if next_anchor < len(anchors) else len(columns)
        found[column] = Place(
            before=columns[start] if start >= 0 else None,
            after=columns[end] if end < len(columns) else None,
            rank=at - start - 1,
            size=end - start - 1,
        )
    return found


def likeness(one: Place, other: Place) -> float:
    """How far two columns of different partitions stand in the same place, 0..1."""
    follows = one.before == other.before and one.rank == other.rank == 0
    precedes = one.after == other.after and one.size - one.rank == other.size - other.rank == 1
    if follows and precedes:
        return 1.0
    between = 0.0
    if (one.before, one.after) == (other.before, other.after):
        between = BETWEEN * min(one.size, other.size) / max(one.size, other.size)
        if one.size == other.size:
            between = 1.0 if one.rank == other.rank else BETWEEN * (1 - abs(one.rank - other.rank) / one.size)
    beside = BESIDE if follows or precedes else 0.0
    return beside + (1 - beside) * between
