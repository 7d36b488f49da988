"""Conflicts: parts of the records that say different things about one column or scope, both sides shown.

Parts are the batches of a partition, or the partitions of a dataset. A difference is reported when it is both large and
significant (chi-square over all parts, Welch's z for means; Benjamini-Hochberg over all columns compared). Which side
is right is not decided here.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from rlm_pipeline import fingerprint
from rlm_pipeline.analysis.observation import quotable, shown
from rlm_pipeline.profiling import associations
from rlm_pipeline.synthesis.document import (
    Citation,
    ColumnFindings,
    Conflict,
    NumericSummary,
    ScopeFindings,
    Side,
)

Between = Literal["batches", "partitions"]

SMALLEST_MOVE: Mapping[Between, float] = {"batches": 0.2, "partitions": 0.1}
"""A value's share must differ by this much between two parts; batches are smaller and differ more by chance."""

SMALLEST_MEAN_DIFFERENCE = 0.5
"""Difference of two means in pooled standard deviations (Cohen's d, a medium effect)."""

FALSE_DISCOVERY_RATE = 0.01
FEWEST_RECORDS = 30
"""Parts with fewer records of the column are not compared."""

MOST_BETWEEN_BATCHES = 30
MOST_BETWEEN_PARTITIONS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one part of the records says about a column: value -> records, and records to cite."""

    where: str
    counts: Mapping[str, int]
    citations: tuple[Citation, ...]

    @property
    def n(self) -> int:
        """Records of the part that have a value."""
        return sum(self.counts.values())

    @property
    def dominant(self) -> str:
        """The most frequent value, the first by name of equals."""
        return min(self.counts, key=lambda value: (-self.counts[value], value))

    def citing(self, value: str) -> tuple[Citation, ...]:
        """A record with the value if one is known, else any record of the part."""
        quote = quotable(value)
        return (*(each for each in self.citations if each.quote == quote), *self.citations)[:1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The p value of one column's comparison, and its conflict if the difference is large enough to matter."""

    p: float
    conflict: Conflict | None


def compare(column: str, parts: Iterable[Part], *, between: Between) -> Comparison | None:
    """Compare a column's distributions; None where fewer than two parts have enough records or values."""
    large = [part for part in parts if part.n >= FEWEST_RECORDS]
    values = sorted({value for part in large for value in part.counts})
    if len(large) < 2 or len(values) < 2:
        return None
    table = np.array([[part.counts.get(value, 0) for value in values] for part in large])
    shares = table / table.sum(axis=1, keepdims=True)
    # Rounded, so that of two values that moved equally the first by name is reported.
    moves = (shares.max(axis=0) - shares.min(axis=0)).round(9)
    most = int(moves.argmax())
    p = float(associations.cramers_v_corrected(table).p)
    if moves[most] < SMALLEST_MOVE[between]:
        return Comparison(p=p, conflict=None)
    high, low = large[int(shares[:, most].argmax())], large[int(shares[:, most].argmin())]
    effect = round(float(moves[most]), 6)
    return Comparison(p=p, conflict=_of_shares(column, values[most], high, low, between=between, effect=effect))


def compare_means(column: ColumnFindings) -> Comparison | None:
    """Compare the means of the partitions with the largest and the smallest mean; None where there are not two."""
    large = {where: each for where, each in column.numbers_by_partition.items() if each.n >= FEWEST_RECORDS}
    if len(large) < 2:
        return None
    high = max(sorted(large), key=lambda where: large[where].mean)
    low = min(sorted(large), key=lambda where: large[where].mean)
    above, below = large[high], large[low]
    difference = above.mean - below.mean
    # Both deviations are scaled first: the square of a very large one would leave the range of floats.
    pooled = math.hypot(above.standard_deviation / math.sqrt(2), below.standard_deviation / math.sqrt(2))
    error = math.hypot(above.standard_deviation / math.sqrt(above.n), below.standard_deviation / math.sqrt(below.n))
    if not error:
        return None
    p = math.erfc(difference / error / math.sqrt(2))
    if difference < SMALLEST_MEAN_DIFFERENCE * pooled:
        return Comparison(p=p, conflict=None)
    return Comparison(p=p, conflict=_of_means(column, high, low, effect=round(difference / pooled, 6)))


def significant(comparisons: Sequence[Comparison], *, most: int) -> tuple[Conflict, ...]:
    """The conflicts that hold over all comparisons made, largest first, at most `most`."""
    q = associations.benjamini_hochberg([comparison.p for comparison in comparisons])
    held = [
        comparison.conflict.model_copy(update={"q": float(rate)})
        for comparison, rate in zip(comparisons, q, strict=True)
        if comparison.conflict and rate <= FALSE_DISCOVERY_RATE
    ]
    return ordered(held)[:most]


def between_partitions(columns: Iterable[ColumnFindings]) -> tuple[Conflict, ...]:
    """The conflicts between the partitions of merged columns."""
    found: list[Comparison | None] = []
    for column in columns:
        parts = _by_partition(column)
        found += [compare(column.column, parts, between="partitions"), compare_means(column)]
    return significant([each for each in found if each], most=MOST_BETWEEN_PARTITIONS)


def of_specialists(specialists: Iterable[ScopeFindings]) -> tuple[Conflict, ...]:
    """The conflicts between the partitions of what specialists counted."""
    by_label = {f"{each.scope} ({each.analyst} {each.type})": each for each in specialists}
    compared = (compare(label, _by_partition(each), between="partitions") for label, each in by_label.items())
    found = significant([each for each in compared if each], most=MOST_BETWEEN_PARTITIONS)
    return tuple(_at_scope(conflict, by_label[conflict.scope]) for conflict in found)


def _at_scope(conflict: Conflict, found: ScopeFindings) -> Conflict:
    identity = fingerprint.short("conflict", found.id, conflict.id)
    return conflict.model_copy(update={"id": identity, "analyst": found.analyst, "scope": found.scope})


def _by_partition(found: ColumnFindings | ScopeFindings) -> list[Part]:
    return [
        Part(where=where, counts=counts, citations=_of_partition(found, where))
        for where, counts in sorted(found.distribution_by_partition.items())
    ]


def ordered(conflicts: Iterable[Conflict]) -> tuple[Conflict, ...]:
    """Largest difference first, each conflict once."""
    unique = {conflict.id: conflict for conflict in conflicts}
    return tuple(sorted(unique.values(), key=lambda each: (-each.effect, each.scope, each.kind, each.id)))


def _of_partition(found: ColumnFindings | ScopeFindings, where: str) -> tuple[Citation, ...]:
    return tuple(citation for citation in found.citations if citation.partition == where)


def _of_shares(column: str, value: str, high: Part, low: Part, *, between: Between, effect: float) -> Conflict:
    kind: Literal["dominant_value", "shift"] = "shift" if high.dominant == low.dominant else "dominant_value"
    sides = tuple(
        Side(where=part.where, shows=_shows(part, value), n=part.n, citations=part.citing(cited))
        for part, cited in ((high, value), (low, low.dominant))
    )
    return Conflict(
        id=fingerprint.short("conflict", kind, between, column, high.where, low.where),
        kind=kind,
        between=between,
        scope=column,
        summary=f"{column}: {high.where} has {sides[0].shows}, {low.where} has {sides[1].shows}",
        effect=effect,
        q=1.0,
        sides=(sides[0], sides[1]),
    )


def _shows(part: Part, value: str) -> str:
    shares = {each: 100 * part.counts.get(each, 0) / part.n for each in (value, part.dominant)}
    said = f"{shown(value)} in {shares[value]:.1f} %"
    return (
        said if value == part.dominant else f"{said} and mostly {shown(part.dominant)} ({shares[part.dominant]:.1f} %)"
    )


def _of_means(column: ColumnFindings, high: str, low: str, *, effect: float) -> Conflict:
    sides = tuple(
        Side(where=where, shows=_mean(numbers), n=numbers.n, citations=_of_partition(column, where)[:1])
        for where, numbers in ((each, column.numbers_by_partition[each]) for each in (high, low))
    )
    return Conflict(
        id=fingerprint.short("conflict", "mean", "partitions", column.column, high, low),
        kind="mean",
        between="partitions",
        scope=column.column,
        summary=f"{column.column}: {high} has a {sides[0].shows}, {low} a {sides[1].shows}",
        effect=effect,
        q=1.0,
        sides=(sides[0], sides[1]),
    )


def _mean(numbers: NumericSummary) -> str:
    return f"mean of {numbers.mean:.6g} (standard deviation {numbers.standard_deviation:.6g})"
