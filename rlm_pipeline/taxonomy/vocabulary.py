"""Fiscal years from which on a coded column uses other values: a recoding, which must not be read as trends."""

from collections.abc import Iterable

import numpy as np

from rlm_pipeline.taxonomy.counts import leaves
from rlm_pipeline.taxonomy.document import Dimension

MAXIMUM_OVERLAP = 0.05
"""Shares before and after a year that overlap (sum of the smaller of both) by at most this have no values in common."""

_VALUES_NAMED = 3


def changed_in(dimension: Dimension, years: Iterable[str]) -> str | None:
    """The first year in which a categorical dimension is answered with other values than before, if there is one.

    `dimension` is filled with counts and `years` are in order of time; years without an answer do not count.
    """
    if dimension.kind != "categorical":
        return None
    named: tuple[str, ...] = tuple(years)
    counts = np.array([[leaf.by_partition.get(year, 0) for year in named] for leaf in leaves(dimension)], dtype=float)
    answered = np.flatnonzero(counts.sum(axis=0)) if counts.size else np.array([], dtype=int)
    for at in map(int, answered[1:]):
        before, after = counts[:, :at].sum(axis=1), counts[:, at:].sum(axis=1)
        if np.minimum(before / before.sum(), after / after.sum()).sum() <= MAXIMUM_OVERLAP:
            return named[at]
    return None


def values_around(dimension: Dimension, year: str) -> tuple[str, str]:
    """The most frequent values before `year` and from it on, as two short lists in words."""

    def listed(later: bool) -> str:
        counts = {
            leaf.name: sum(count for each, count in leaf.by_partition.items() if (each >= year) == later)
            for leaf in leaves(dimension)
        }
        ranked = sorted((name for name in counts if counts[name]), key=lambda name: (-counts[name], name))
        return ", ".join(f"“{name}”" for name in ranked[:_VALUES_NAMED])

    return listed(later=False), listed(later=True)
