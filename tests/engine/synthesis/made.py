"""Findings of small partitions, made without stages, for the laws of addition."""

import numpy as np
from hypothesis import strategies as st

from rlm_pipeline.analysis import sums
from rlm_pipeline.synthesis import addition, citing
from rlm_pipeline.synthesis.document import (
    Citation,
    ColumnFindings,
    MergedFindings,
    NumericSummary,
    PairFindings,
    Totals,
)

PARTITIONS = ("FY2010", "FY2011", "FY2012")
COLUMNS = ("amount", "queue", "status")
VALUES = ("closed", "open", "pending")

counts = st.dictionaries(st.sampled_from(VALUES), st.integers(1, 400), max_size=3)
numbers = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=6) | st.just([])


def cite(partition, row, quote):
    return Citation(
        partition=partition,
        source=f"{partition}.csv",
        row=row,
        line=row + 1,
        chunk_id=f"{row:016d}",
        quote=quote,
        verified=True,
    )


def column(name, partition, distribution, values=(), rows=(1,)):
    summary = NumericSummary.of(sums.of(np.array(values))) if len(values) else None
    return ColumnFindings(
        column=name,
        findings={"distribution": 1},
        distribution=dict(sorted(distribution.items())),
        distribution_by_partition={partition: dict(sorted(distribution.items()))} if distribution else {},
        missing=3,
        missing_by_partition={partition: 3},
        numbers=summary,
        numbers_by_partition={partition: summary} if summary else {},
        outliers=len(values) % 2,
        shapes={"A+": len(values)} if len(values) else {},
        citations=citing.ordered(cite(partition, row, next(iter(distribution), "x")) for row in rows),
    )


def pair(partition, joint):
    table = tuple((left, right, records) for (left, right), records in sorted(joint.items()))
    measured = addition.strength(table)
    return PairFindings(
        left="queue",
        right="status",
        findings=1,
        effect=measured.effect,
        n=measured.n,
        table=table,
        by_partition={partition: measured},
        citations=(cite(partition, 1, "open"),),
    )


@st.composite
def parts(draw):
    """What one partition, or some batches of one, could say."""
    partition = draw(st.sampled_from(PARTITIONS))
    names = draw(st.lists(st.sampled_from(COLUMNS), unique=True))
    cells = st.tuples(st.sampled_from(VALUES), st.sampled_from(VALUES))
    joint = draw(st.dictionaries(cells, st.integers(1, 200), min_size=1, max_size=6))
    return MergedFindings(
        dataset="desk",
        partitions={partition: Totals(records=draw(st.integers(0, 500)), batches=1, findings=len(names))},
        columns=tuple(
            column(name, partition, draw(counts), draw(numbers), draw(st.lists(st.integers(1, 9), max_size=4)))
            for name in sorted(names)
        ),
        pairs=(pair(partition, joint),) if draw(st.booleans()) else (),
        themes=(),
        conflicts=(),
    )
