"""Which known categories were found as which: matched one to one, and where the records that do not fit went."""

from collections.abc import Mapping
from dataclasses import dataclass

from rlm_pipeline.evaluation.known_records import PairCounts
from rlm_pipeline.evaluation.metrics import Counts, matching

NAMED = 20
"""Confusions that are named, the largest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A known category, and the found one it shares most with, one to one over all; `found` is "" where none is left.

    `records` are those of the known category, `found_records` those of the found one, `shared` those of both.
    """

    known: str
    found: str
    records: int
    found_records: int
    shared: int

    @property
    def recovered(self) -> float:
        """Share of the known category's records that the found one holds."""
        return self.shared / self.records

    @property
    def precision(self) -> float:
        """Share of the found category's records that are of the known one."""
        return self.shared / self.found_records if self.found_records else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Confusion:
    """Records of a known category in a found one that is not its match.

    `taken_for` is the known category whose match it is; "" where it is the match of none: then the known category has
    been divided, or its records were left to `other`.
    """

    known: str
    found: str
    taken_for: str
    records: int
    share: float  # of the known category's records


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Confusions:
    """A table of counts ordered for reading: matched pairs on the diagonal, the largest known category first.

    `table` is (known categories, found categories) in the order of `known` and `found`; found categories without a
    match come last. `matches` are in the order of `known`; `largest` are off the diagonal, most records first.
    """

    known: tuple[str, ...]
    found: tuple[str, ...]
    table: Counts
    matches: tuple[Match, ...]
    largest: tuple[Confusion, ...]


def confusions(pairs: PairCounts, names: Mapping[str, str]) -> Confusions:
    """Order the counts; `names` are the names of found categories by id. Ties are ordered by name."""
    partner = dict(matching(pairs.table)) if pairs.table.size else {}
    sizes, found_sizes = pairs.table.sum(axis=1), pairs.table.sum(axis=0)
    rows = sorted(range(len(pairs.known)), key=lambda row: (row not in partner, -sizes[row], pairs.known[row]))
    matched = [partner[row] for row in rows if row in partner]
    rest = sorted(
        set(range(len(pairs.found))) - set(matched), key=lambda column: (-found_sizes[column], pairs.found[column])
    )
    columns = [*matched, *rest]
    known = tuple(pairs.known[row] for row in rows)
    found = tuple(names.get(pairs.found[column], pairs.found[column]) for column in columns)
    table = pairs.table[rows][:, columns]
    return Confusions(
        known=known,
        found=found,
        table=table,
        matches=tuple(_match(known, found, table, at, len(matched)) for at in range(len(known))),
        largest=_largest(known, found, table, len(matched)),
    )


def _match(known: tuple[str, ...], found: tuple[str, ...], table: Counts, at: int, matched: int) -> Match:
    has_match = at < matched
    return Match(
        known=known[at],
        found=found[at] if has_match else "",
        records=int(table[at].sum()),
        found_records=int(table[:, at].sum()) if has_match else 0,
        shared=int(table[at, at]) if has_match else 0,
    )


def _largest(known: tuple[str, ...], found: tuple[str, ...], table: Counts, matched: int) -> tuple[Confusion, ...]:
    cells = [
        (int(table[row, column]), row, column)
        for row, column in zip(*(each.tolist() for each in table.nonzero()), strict=True)
        if row != column or row >= matched
    ]
    cells.sort(key=lambda cell: (-cell[0], cell[1], cell[2]))
    return tuple(
        Confusion(
            known=known[row],
            found=found[column],
            taken_for=known[column] if column < matched else "",
            records=records,
            share=records / int(table[row].sum()),
        )
        for records, row, column in cells[:NAMED]
    )
