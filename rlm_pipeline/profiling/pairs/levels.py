"""Every column as a few levels: the values of a category, the quarters of a quantity; what pairs are crossed by."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

MOST_LEVELS = 16
"""Values of a category that count by themselves; the rest are one level more."""
MOST_COLUMNS = 300
"""Columns compared with each other, the most informative; their number is squared in time and memory."""
LEAST_OFF_MODE = 30
OFF_MODE_SHARE = 0.0005
"""A column with fewer records than both off its most frequent value is near-constant and compared with nothing."""

_QUANTITIES = frozenset({"integer", "number"})
_CATEGORIES = frozenset({"categorical"})

Profile = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """One column's levels: `values` of a category (with `rest` for all others), or `cuts` between parts of a quantity.

    `entropy` is that of the levels over all records, in bits: what crossing this column can tell.
    """

    column: str
    values: tuple[str, ...] = ()
    rest: bool = False
    cuts: tuple[float, ...] = ()
    missing: tuple[str, ...] = ()
    entropy: float = 0.0

    @property
    def count(self) -> int:
        """How many levels there are."""
        return len(self.values) + self.rest if self.values else len(self.cuts) + 1

    def code(self, number: pl.Expr) -> pl.Expr:
        """The level of each record, from 0, null where it has none: Int32, named as the column."""
        cell = pl.col(self.column)
        if self.values:
            codes = pl.Series(range(len(self.values)), dtype=pl.Int32)
            other = pl.lit(len(self.values) if self.rest else None, pl.Int32)
            known = cell.str.strip_chars().replace_strict(pl.Series(self.values, dtype=pl.String), codes, default=other)
            level = pl.when(cell.is_not_null()).then(known)
        else:
            above = [(number > cut).cast(pl.Int32) for cut in self.cuts]
            level = pl.when(number.is_not_null()).then(pl.sum_horizontal(above))
        if self.missing:
            level = pl.when(~cell.is_in(list(self.missing))).then(level)
        return level.cast(pl.Int32).alias(self.column)


def of_profile(profile: Mapping[str, Profile]) -> tuple[list[Levels], list[str]]:
    """The columns to compare, most informative first, and the names of those beyond the bound."""
    found = [levels for name, row in profile.items() if (levels := _levels(name, row)) is not None]
    found.sort(key=lambda levels: (-levels.entropy, levels.column))
    return found[:MOST_COLUMNS], [levels.column for levels in found[MOST_COLUMNS:]]


def _levels(name: str, row: Profile) -> Levels | None:
    missing = tuple(each["value"] for each in row.get("null_like") or ())
    if row["kind"] in _QUANTITIES:
        cuts = tuple(sorted({row["q25"], row["median"], row["q75"]} - {None, row["maximum"]}))
        return Levels(column=name, cuts=cuts, missing=missing, entropy=2 * _filled(row)) if cuts else None
    if row["kind"] not in _CATEGORIES:
        return None
    counts: Counter[str] = Counter()
    for pair in row["value_counts"]:
        if pair["value"] not in missing:
            counts[pair["value"].strip()] += pair["count"]
    # Levels this large leave no cell that expects less than one record, where chi-square means nothing.
    least = math.sqrt(row["records"])
    kept = {value: count for value, count in counts.most_common(MOST_LEVELS) if count >= least}
    total = row["non_null"] - sum(each["count"] for each in row.get("null_like") or ())
    others = total - sum(kept.values())
    rest = others >= least
    shares = [count / row["records"] for count in [*kept.values(), *([others] if rest else [])]]
    enough = max(LEAST_OFF_MODE, OFF_MODE_SHARE * row["records"])
    if len(shares) < 2 or sum(shares) * row["records"] - max(kept.values(), default=0) < enough:
        return None
    entropy = -sum(share * math.log2(share) for share in shares)
    return Levels(column=name, values=tuple(kept), rest=rest, missing=missing, entropy=entropy)


def _filled(row: Profile) -> float:
    return float(row["non_null"] / row["records"]) if row["records"] else 0.0


def together(levels: Sequence[Levels], most: int) -> list[Levels]:
    """As many of `levels`, in order, as have at most `most` levels in all."""
    kept, total = [], 0
    for each in levels:
        if total + each.count <= most:
            kept.append(each)
            total += each.count
    return kept
