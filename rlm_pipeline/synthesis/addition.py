"""Adding up what several parts say: associative and commutative, so any order and any grouping gives the same."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from operator import add
from typing import TypeVar

import numpy as np

from rlm_pipeline.analysis.sums import Sums
from rlm_pipeline.profiling import associations
from rlm_pipeline.synthesis import citing
from rlm_pipeline.synthesis.document import (
    ColumnFindings,
    NumericSummary,
    PairFindings,
    Strength,
    Totals,
)

Table = tuple[tuple[str, str, int], ...]
T = TypeVar("T")


def totals(parts: Iterable[Mapping[str, Totals]]) -> dict[str, Totals]:
    """Totals by partition."""
    grouped: dict[str, list[Totals]] = {}
    for part in parts:
        for partition, each in part.items():
            grouped.setdefault(partition, []).append(each)
    return {
        partition: Totals(
            records=sum(each.records for each in group),
            batches=sum(each.batches for each in group),
            findings=sum(each.findings for each in group),
            duplicates=sum(each.duplicates for each in group),
            by_specialists=sum(each.by_specialists for each in group),
            by_models=sum(each.by_models for each in group),
        )
        for partition, group in sorted(grouped.items())
    }


def columns(found: Iterable[ColumnFindings]) -> tuple[ColumnFindings, ...]:
    """One entry per column, by name."""
    grouped: dict[str, list[ColumnFindings]] = {}
    for each in found:
        grouped.setdefault(each.column, []).append(each)
    return tuple(_column(group) for _, group in sorted(grouped.items()))


def pairs(found: Iterable[PairFindings]) -> tuple[PairFindings, ...]:
    """One entry per pair of columns, by their names."""
    grouped: dict[tuple[str, str], list[PairFindings]] = {}
    for each in found:
        grouped.setdefault((each.left, each.right), []).append(each)
    return tuple(_pair(group) for _, group in sorted(grouped.items()))


def counts(found: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Counts added key by key, keys in order."""
    total: Counter[str] = Counter()
    for each in found:
        total.update(each)
    return dict(sorted(total.items()))


def strength(table: Table) -> Strength:
    """Bias-corrected Cramér's V of joint counts, and how many records they are."""
    left = {category: place for place, category in enumerate(sorted({row[0] for row in table}))}
    right = {category: place for place, category in enumerate(sorted({row[1] for row in table}))}
    dense = np.zeros((len(left), len(right)), dtype=np.int64)
    for first, second, records in table:
        dense[left[first], right[second]] += records
    measured = associations.cramers_v_corrected(dense)
    return Strength(effect=round(float(measured.v), 6), n=int(measured.n))


def _column(group: Sequence[ColumnFindings]) -> ColumnFindings:
    if len(group) == 1:
        return group[0]
    numbers = _by_partition(each.numbers_by_partition for each in group)
    summed = {partition: reduce(add, (each.sums for each in found)) for partition, found in numbers.items()}
    distributions = _by_partition(each.distribution_by_partition for each in group)
    return ColumnFindings(
        column=group[0].column,
        findings=counts(each.findings for each in group),
        distribution=counts(each.distribution for each in group),
        distribution_by_partition={partition: counts(found) for partition, found in distributions.items()},
        missing=sum(each.missing for each in group),
        missing_by_partition=counts(each.missing_by_partition for each in group),
        departures=sum(each.departures for each in group),
        numbers=_summary(tuple(summed.values())),
        numbers_by_partition={partition: NumericSummary.of(sums) for partition, sums in summed.items()},
        outliers=sum(each.outliers for each in group),
        shapes=counts(each.shapes for each in group),
        citations=citing.ordered(citation for each in group for citation in each.citations),
    )


def _pair(group: Sequence[PairFindings]) -> PairFindings:
    if len(group) == 1:
        return group[0]
    joint: Counter[tuple[str, str]] = Counter()
    for each in group:
        joint.update({(left, right): records for left, right, records in each.table})
    table = tuple((left, right, records) for (left, right), records in sorted(joint.items()))
    measured = strength(table)
    by_partition = _by_partition(each.by_partition for each in group)
    return PairFindings(
        left=group[0].left,
        right=group[0].right,
        findings=sum(each.findings for each in group),
        effect=measured.effect,
        n=measured.n,
        table=table,
        # Every batch of a partition carries the strength over the whole partition: equal, unless the batches differ.
        by_partition={
            where: max(found, key=lambda each: (each.n, each.effect)) for where, found in by_partition.items()
        },
        citations=citing.ordered(citation for each in group for citation in each.citations),
    )


def _summary(sums: tuple[Sums, ...]) -> NumericSummary | None:
    return NumericSummary.of(reduce(add, sums)) if sums else None


def _by_partition(found: Iterable[Mapping[str, T]]) -> dict[str, list[T]]:
    grouped: dict[str, list[T]] = {}
    for each in found:
        for partition, value in each.items():
            grouped.setdefault(partition, []).append(value)
    return dict(sorted(grouped.items()))
