"""What happened to a column over the partitions: renamed, added, dropped, retyped, recoded, reordered."""

import bisect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from rlm_pipeline.profiling.history import Profile
from rlm_pipeline.profiling.matching.frequencies import recoding

SURELY_RECODED = 0.9
"""Values written anew are the same values where their frequencies are this much alike."""
MOST_MOVED = 0.5
"""Where a larger share of the columns moved, the whole order is new, and no column is said to have moved."""

Kind = Literal["renamed", "added", "dropped", "retyped", "recoded", "reordered"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change, at the first partition that differs (of a dropped column: its last), `before` and `after` it."""

    kind: Kind
    partition: str
    before: str
    after: str
    confidence: float
    evidence: str


def recodings(rows: Mapping[str, Profile]) -> Iterator[Change]:
    """Where a column's values are written in another way, but as often as before (`rows`: its profiles in order)."""
    for (former, before), (partition, after) in pairwise(rows.items()):
        if "categorical" not in (before["kind"], after["kind"]):
            continue
        found = recoding(before, after)
        if found is not None and found.alike >= SURELY_RECODED:
            evidence = f"most values differ from those of {former}, their frequencies are {found.alike:.2f} alike"
            first = found.pairs[0]
            yield Change(
                kind="recoded", partition=partition, before=first[0], after=first[1],
                confidence=round(found.alike, 4), evidence=f"{evidence}: {found}",
            )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves:
    """Columns that moved against the others: by partition how many, and the changes by column (index)."""

    counts: dict[str, int]
    changes: dict[int, list[Change]]


def moves(orders: Mapping[str, Sequence[int]], names: Sequence[str]) -> Moves:
    """Compare the order of columns (by index into `names`) in neighbouring partitions.

    The fewest columns are said to have moved: those outside a longest sequence that kept its order.
    """
    counts: dict[str, int] = {}
    changes: dict[int, list[Change]] = {}
    for (former, before), (partition, after) in pairwise(orders.items()):
        there = set(after)
        rank = {column: place for place, column in enumerate(column for column in before if column in there)}
        shared = [column for column in after if column in rank]
        kept = _longest_rising([rank[column] for column in shared])
        moved = [column for column in shared if rank[column] not in kept]
        if not moved:
            continue
        counts[partition] = len(moved)
        if len(moved) > MOST_MOVED * len(shared):
            continue
        for column in moved:
            sides = _left_of(column, before, names), _left_of(column, after, names)
            changes.setdefault(column, []).append(
                Change(
                    kind="reordered", partition=partition, before=sides[0], after=sides[1], confidence=1.0,
                    evidence=f"stood {sides[0]} in {former}, now {sides[1]}",
                )
            )  # fmt: skip
    return Moves(counts=counts, changes=changes)


def _left_of(column: int, order: Sequence[int], names: Sequence[str]) -> str:
    place = order.index(column)
    return f"after {names[order[place - 1]]!r}" if place else "first"


def _longest_rising(ranks: Sequence[int]) -> set[int]:
    tails: list[int] = []
    previous: dict[int, int | None] = {}
    for rank in ranks:
        place = bisect.bisect_left(tails, rank)
        previous[rank] = tails[place - 1] if place else None
        tails[place : place + 1] = [rank]
    kept: set[int] = set()
    last = tails[-1] if tails else None
    while last is not None:
        kept.add(last)
        last = previous[last]
    return kept
