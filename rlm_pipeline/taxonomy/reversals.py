"""Whether what goes together over all records also does inside each partition, or the other way (Simpson's paradox).

What goes together is a score for every cell of a table, its excess over independence: (observed - expected) / expected.
Inside a partition the scores of its records are summed and set against what independence there gives: the score test of
linear-by-linear association (Agresti, Categorical Data Analysis, 2013, section 8.4) with scores of cells instead of
rows and columns. For two by two levels it is, added up over partitions, the statistic of Cochran, Mantel and Haenszel.
Far below zero, the same answers go apart. A partition is judged by the scores of the others, so that it does not speak
for itself.
"""

from dataclasses import dataclass

import numpy as np

from rlm_pipeline.taxonomy.crosstabs import Counts, Floats, expected

CLEARLY = -3.0
"""Standard deviations below which a relation goes the other way: seldom by chance, even over many partitions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reversals:
    """Where a relation goes the other way: in `partitions` (positions) and, with `inside`, over all of them together.

    Together means each seen by itself and then added up, not all records in one table.
    """

    partitions: tuple[int, ...]
    inside: bool


def reversals(counts: Counts) -> Reversals:
    """The reversals of a table (partitions, rows, columns) of records.

    A partition reverses the relation if it goes against the others, and all records together go with these.
    """
    table = counts.sum(axis=0)
    of_others = [_scores(table - part) for part in counts]
    apart = [_deviation(*_excess(part, scores)) <= CLEARLY for part, scores in zip(counts, of_others, strict=True)]
    inside = np.sum([_excess(part, _scores(table)) for part in counts], axis=0)
    return Reversals(
        partitions=tuple(at for at, scores in enumerate(of_others) if apart[at] and _excess(table, scores)[0] > 0),
        inside=_deviation(*inside) <= CLEARLY,
    )


def _scores(table: Counts) -> Floats:
    if not table.any():
        return np.zeros(table.shape)
    e = expected(table)
    scores: Floats = np.divide(table - e, e, out=np.zeros_like(e), where=e > 0)
    return scores


def _excess(table: Counts, scores: Floats) -> tuple[float, float]:
    """The sum of scores over independence in one partition, and its variance given the margins."""
    n = int(table.sum())
    if n < 2:
        return 0.0, 0.0
    e = expected(table)
    row, column = table.sum(axis=1) / n, table.sum(axis=0) / n
    # Scores that rows or columns alone account for say nothing about what goes together here.
    own = scores - (scores @ column)[:, None] - (row @ scores)[None, :] + row @ scores @ column
    return float(((table - e) * scores).sum()), float((e * own**2).sum()) * n / (n - 1)


def _deviation(excess: float, variance: float) -> float:
    return float(excess / np.sqrt(variance)) if variance > 0 else 0.0
