"""Pairs of categories, one from each of two related dimensions, that share more records than independence gives."""

import math
from collections.abc import Iterable, Sequence

import numpy as np

from rlm_pipeline.profiling.associations import benjamini_hochberg
from rlm_pipeline.taxonomy.crosstabs import Cell, Crosstab, cells
from rlm_pipeline.taxonomy.document import Relationship
from rlm_pipeline.taxonomy.variables import Variable

MAXIMUM_Q = 0.01
MINIMUM_LIFT = 1.2
MAXIMUM_PAIRS = 30
MAXIMUM_PAIRS_PER_TABLE = 5
LIFT = "lift"


def find(tables: Iterable[tuple[Variable, Variable, Crosstab]], partitions: Sequence[str]) -> tuple[Relationship, ...]:
    """The pairs that stand out most, by adjusted residual: at most five a table and `MAXIMUM_PAIRS` in all.

    A pair needs a Benjamini-Hochberg q of at most `MAXIMUM_Q` over all cells in excess (two-sided normal p of
    the adjusted residual) and a lift of at least `MINIMUM_LIFT`.
    """
    tested = [
        (source, target, cell, crosstab.n)
        for source, target, crosstab in tables
        for cell in cells(crosstab, minimum_residual=0.0)
    ]
    if not tested:
        return ()
    q_values = benjamini_hochberg(np.array([_p(cell) for _, _, cell, _ in tested]))
    found = [
        (cell.residual, _relationship(source, target, cell, partitions, n=n, q=float(q)), (source.id, target.id))
        for (source, target, cell, n), q in zip(tested, q_values, strict=True)
        if q <= MAXIMUM_Q and cell.lift >= MINIMUM_LIFT
    ]
    found.sort(key=lambda each: (-each[0], each[2], each[1].source, each[1].target))
    taken: dict[tuple[str, str], int] = {}
    kept = []
    for _, relationship, table in found:
        taken[table] = taken.get(table, 0) + 1
        if taken[table] <= MAXIMUM_PAIRS_PER_TABLE:
            kept.append(relationship)
    return tuple(kept[:MAXIMUM_PAIRS])


def _p(cell: Cell) -> float:
    return math.erfc(cell.residual / math.sqrt(2))


def _relationship(
    source: Variable, target: Variable, cell: Cell, partitions: Sequence[str], *, n: int, q: float
) -> Relationship:
    names = source.levels[cell.row], target.levels[cell.column]
    return Relationship(
        kind="co_occurrence",
        source=source.level_ids[cell.row],
        target=target.level_ids[cell.column],
        source_name=f"{source.name}: {names[0]}",
        target_name=f"{target.name}: {names[1]}",
        effect=round(cell.lift, 4),
        effect_name=LIFT,
        interval=(round(cell.interval[0], 4), round(cell.interval[1], 4)),
        p=_p(cell),
        q=q,
        n=n,
        effect_within=round(cell.observed / cell.expected_within, 4),
        reverses_in=tuple(partitions[at] for at in cell.rarer_in),
        reverses_inside=cell.observed < cell.expected_within,
        strongest=(cell_text(*names, cell),),
    )


def cell_text(row: str, column: str, cell: Cell) -> str:
    """One cell as people read it."""
    return f"{row} with {column}: {cell.observed:,} records, {cell.expected:,.0f} expected ({cell.lift:.1f} times)"
