"""What goes together: dimensions with each other and with columns, over the records that answer both.

A pair is published when, both over all records and within partitions, the Benjamini-Hochberg q over all pairs tested
is at most `MAXIMUM_Q` and the bias-corrected Cramér's V at least `MINIMUM_EFFECT` (`crosstabs` has the formulas).
On planted columns these two conditions kept 94 % of the true pairs and no false one, where q alone let 1 % through.
A pair whose one side all but determines the other is published as a dependency, measured by Theil's U.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np

from rlm_pipeline.profiling.associations import benjamini_hochberg, cramers_v_corrected, theil_u
from rlm_pipeline.taxonomy import co_occurrence
from rlm_pipeline.taxonomy.co_occurrence import cell_text
from rlm_pipeline.taxonomy.crosstabs import (
    Cell,
    Counts,
    Crosstab,
    Strength,
    cells,
    cross,
    strength,
    uncertainty_interval,
)
from rlm_pipeline.taxonomy.document import Relationship
from rlm_pipeline.taxonomy.reversals import reversals
from rlm_pipeline.taxonomy.variables import Records, Variable

MAXIMUM_Q = 0.01
MINIMUM_EFFECT = 0.05
MINIMUM_DEPENDENCY = 0.9
DEPENDENCY_LEAD = 0.2
"""A dependency explains at least this much more one way than the other; equal ways are one thing said twice."""

MINIMUM_RECORDS = 100
"""Records that answer both, below which a pair, or one partition of it, is not measured."""

CRAMERS_V = "bias-corrected Cramér's V"
THEILS_U = "Theil's U"
_DIGITS = 4
_STRONGEST_CELLS = 5
_CLEAR_RESIDUAL = 3.0  # standard deviations a cell stands out by before it is worth reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two variables that passed, and how strongly; `q` is the larger of the two q values."""

    source: Variable
    target: Variable
    strength: Strength
    q: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Related:
    """A relationship of two variables, with the cell that exceeds independence most (in the order of `pair`)."""

    relationship: Relationship
    pair: Pair
    leading: Cell | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Related pairs of variables, dependencies first and then by effect, and co-occurring categories."""

    related: tuple[Related, ...]
    co_occurring: tuple[Relationship, ...]

    @property
    def relationships(self) -> tuple[Relationship, ...]:
        """All of them, as published."""
        return (*(each.relationship for each in self.related), *self.co_occurring)


def find(dimensions: Sequence[Variable], columns: Sequence[Variable], records: Records) -> Found:
    """Every relationship among the dimensions and between them and the columns."""
    tables = _Tables(codes=records.partition_codes(), partitions=records.partitions)
    pairs = _pairs(dimensions, columns, tables)
    related = [_related(pair, tables.of(pair.source, pair.target), records.partitions) for pair in pairs]
    related.sort(
        key=lambda each: (
            each.relationship.kind != "dependency",
            -each.relationship.effect,
            each.relationship.source,
            each.relationship.target,
        )
    )
    together = co_occurrence.find(
        ((pair.source, pair.target, tables.of(pair.source, pair.target)) for pair in pairs if pair.target.is_dimension),
        records.partitions,
    )
    return Found(related=tuple(related), co_occurring=together)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Tables:
    """Makes the table of a pair anew each time: it takes half a millisecond, keeping thousands takes gigabytes."""

    codes: Counts
    partitions: tuple[str, ...]

    def of(self, source: Variable, target: Variable) -> Crosstab:
        table = self.tested(source, target)
        if table is None:
            raise ValueError(f"{source.id} and {target.id} have no table")
        return table

    def tested(self, source: Variable, target: Variable) -> Crosstab | None:
        table = cross(source, target, self.codes, len(self.partitions))
        return table if table is not None and table.n >= MINIMUM_RECORDS else None


def _pairs(dimensions: Sequence[Variable], columns: Sequence[Variable], tables: _Tables) -> list[Pair]:
    pairs = [*combinations(dimensions, 2), *product(dimensions, columns)]
    tested = [
        (source, target, strength(table))
        for source, target in pairs
        if (table := tables.tested(source, target)) is not None
    ]
    if not tested:
        return []
    over_all = benjamini_hochberg(np.array([each.p for _, _, each in tested]))
    within = benjamini_hochberg(np.array([each.p_within for _, _, each in tested]))
    q_values = np.maximum(over_all, within)
    return [
        Pair(source=source, target=target, strength=each, q=float(q))
        for (source, target, each), q in zip(tested, q_values, strict=True)
        if q <= MAXIMUM_Q and min(each.effect, each.effect_within) >= MINIMUM_EFFECT
    ]


def _related(pair: Pair, crosstab: Crosstab, partitions: tuple[str, ...]) -> Related:
    source, target = pair.source, pair.target
    forward, backward = pair.strength.row_tells_column, pair.strength.column_tells_row
    dependent = max(forward, backward) >= MINIMUM_DEPENDENCY and abs(forward - backward) >= DEPENDENCY_LEAD
    leading = cells(crosstab, minimum_residual=_CLEAR_RESIDUAL)
    strongest = tuple(_strongest(pair, leading, partitions))
    if dependent and backward > forward:
        source, target = target, source
        crosstab = Crosstab(counts=crosstab.counts.transpose(0, 2, 1), rows=crosstab.columns, columns=crosstab.rows)
    interval = uncertainty_interval(crosstab.table) if dependent else pair.strength.interval
    reversed_ = reversals(crosstab.counts)
    relationship = Relationship(
        kind="dependency" if dependent else "association",
        source=source.id,
        target=target.id,
        source_name=source.name,
        target_name=target.name,
        effect=round(max(forward, backward) if dependent else pair.strength.effect, _DIGITS),
        effect_name=f"{THEILS_U} of the target given the source" if dependent else CRAMERS_V,
        interval=(round(interval[0], _DIGITS), round(interval[1], _DIGITS)),
        p=pair.strength.p,
        q=pair.q,
        n=pair.strength.n,
        by_partition=dict(_by_partition(crosstab, partitions, dependent=dependent)),
        effect_within=None if dependent else round(pair.strength.effect_within, _DIGITS),
        reverses_in=tuple(partitions[at] for at in reversed_.partitions),
        reverses_inside=reversed_.inside,
        strongest=strongest,
    )
    return Related(relationship=relationship, pair=pair, leading=leading[0] if leading else None)


def _by_partition(crosstab: Crosstab, partitions: tuple[str, ...], *, dependent: bool) -> Iterator[tuple[str, float]]:
    effects = theil_u(crosstab.counts)[1] if dependent else cramers_v_corrected(crosstab.counts).v
    for partition, counts, effect in zip(partitions, crosstab.counts, effects, strict=True):
        two_levels = min(np.count_nonzero(counts.sum(axis=0)), np.count_nonzero(counts.sum(axis=1))) >= 2
        if counts.sum() >= MINIMUM_RECORDS and two_levels:
            yield partition, round(float(effect), _DIGITS)


def _strongest(pair: Pair, leading: Sequence[Cell], partitions: Sequence[str]) -> Iterator[str]:
    for cell in leading[:_STRONGEST_CELLS]:
        yield cell_text(pair.source.levels[cell.row], pair.target.levels[cell.column], cell)
    for cell in leading[:1]:
        names = f"{pair.source.levels[cell.row]} with {pair.target.levels[cell.column]}"
        if cell.observed < cell.expected_within:
            yield f"{names} reverses within partitions: {cell.expected_within:,.0f} records expected there"
        if cell.rarer_in and len(partitions) > 1:
            yield f"{names} is rarer than expected in {', '.join(partitions[at] for at in cell.rarer_in)}"
