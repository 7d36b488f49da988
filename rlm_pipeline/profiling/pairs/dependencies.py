"""Functional dependencies: columns whose value decides another column's value, all but a few records aside.

The error g3 is the share of records that would have to go for the dependency to hold without exception (Kivinen and
Mannila, 1995). A column that is nearly always one value depends on everything by that measure; lambda = 1 - g3 / g3 of
the most frequent value alone (Goodman and Kruskal, 1954) is the share of its variation that the other column explains.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rlm_pipeline.profiling.pairs.sampled import Coded, Codes, trimmed
from rlm_pipeline.store import DatasetStore

MOST_ERROR = 0.001
LEAST_LAMBDA = 0.99
ROWS_PER_KEY = 5
"""Fewer records per value of the deciding column prove nothing: a column of distinct values decides every other."""
LEAST_SHARE = 0.5
"""Of the deciding column's records, those in which the other is filled too."""
LEAST_OFF_MODE = 30
"""Records off the most frequent value of the decided column: below, chance decides it too."""
MOST_DETERMINANTS = 400
"""Deciding columns looked at, those with the most values first: more values leave less to chance."""

_FIRST_ROWS = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependency:
    """`source` decides `target` in `n` records but for the share `error` (g3); `explained` is lambda, 0..1.

    `off_mode` of the records do not have the target's most frequent value.
    """

    source: str
    target: str
    n: int
    off_mode: int
    error: float
    explained: float

    @property
    def holds(self) -> bool:
        """Whether it is one, by the thresholds above."""
        enough = self.off_mode >= LEAST_OFF_MODE
        return enough and self.error <= MOST_ERROR and self.explained >= LEAST_LAMBDA


def proposed(columns: Sequence[Coded]) -> Iterator[Dependency]:
    """Dependencies that hold in the rows that the columns' codes are of; where those are all rows, they hold."""
    deciding = [each for each in columns if each.values >= 2 and each.values * ROWS_PER_KEY <= each.filled]
    deciding = sorted(deciding, key=lambda each: -each.values)[:MOST_DETERMINANTS]
    # Every record out of line can bring a value of its own.
    stray = MOST_ERROR * max((len(each.codes) for each in columns), default=0)
    most = max((each.values for each in deciding), default=0) + stray
    decided = [each for each in columns if 2 <= each.values <= most and each.off_mode >= LEAST_OFF_MODE]
    if not deciding or not decided:
        return
    # One byte tells most values apart; two that it does not only leave a pair to be looked at more closely.
    others = np.stack([(each.codes % 255 + 1).astype(np.uint8) for each in decided], axis=1)
    allowed = np.array([2 * min(MOST_ERROR * len(others), (1 - LEAST_LAMBDA) * each.off_mode) for each in decided])
    for source in deciding:
        order = _order(source)
        order = order[np.searchsorted(source.codes[order], 0) :]
        places = _unbroken(source.codes, order[:_FIRST_ROWS], others, allowed)
        places = places[_unbroken(source.codes, order, others[:, places], allowed[places])]
        for target in (decided[place] for place in places):
            fits = target.values <= source.values + stray and target.column != source.column
            if fits and (found := _of_codes(source, target)).holds:
                yield found


def _order(source: Coded) -> NDArray[np.int64]:
    # Numbers of two bytes are sorted five times as fast as wider ones.
    few = source.values < np.iinfo(np.int16).max
    return np.argsort(source.codes.astype(np.int16) if few else source.codes, kind="stable")


def _unbroken(
    key: Codes, order: NDArray[np.int64], others: NDArray[np.uint8], allowed: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Places of the columns that hardly ever change between neighbouring rows of one key.

    One record out of line breaks at most two of the pairs of neighbours, so that no dependency is missed.
    """
    ordered = others[order]
    same_key = (key[order][1:] == key[order][:-1])[:, None]
    filled = (ordered[1:] > 0) & (ordered[:-1] > 0)
    breaks = ((ordered[1:] != ordered[:-1]) & filled & same_key).sum(axis=0, dtype=np.uint32)
    return np.flatnonzero(breaks <= allowed)


def _of_codes(source: Coded, target: Coded) -> Dependency:
    a, b = source.codes, target.codes
    both = (a >= 0) & (b >= 0)
    n = int(both.sum())
    if n < LEAST_SHARE * source.filled:
        return Dependency(source=source.column, target=target.column, n=n, off_mode=0, error=1.0, explained=0.0)
    pairs, counts = np.unique(a[both].astype(np.int64) * target.values + b[both], return_counts=True)
    largest = np.zeros(source.values, dtype=np.int64)
    np.maximum.at(largest, pairs // target.values, counts)
    return _dependency(source.column, target.column, n, int(largest.sum()), int(np.bincount(b[both]).max()))


def _dependency(source: str, target: str, n: int, kept: int, mode: int) -> Dependency:
    error, off_mode = 1 - kept / n, n - mode
    explained = 1 - error * n / off_mode if off_mode else 0.0
    return Dependency(source=source, target=target, n=n, off_mode=off_mode, error=error, explained=explained)


def settled(store: DatasetStore, partition: str, pairs: Sequence[tuple[str, str]]) -> list[Dependency]:
    """The pairs that hold over all records of a partition, each counted exactly in one streamed pass."""
    found = []
    for source, target in pairs:
        a, b = pl.col(source), pl.col(target)
        records = store.scan_records(partition).select(trimmed(source), trimmed(target))
        joint = records.drop_nulls().group_by(a, b).len()
        kept = joint.group_by(a).agg(pl.col("len").max()).select(pl.col("len").sum().alias("kept"))
        mode = joint.group_by(b).agg(pl.col("len").sum()).select(pl.col("len").max().alias("mode"))
        total = joint.select(pl.col("len").sum().alias("n"))
        counts = pl.collect_all([total, kept, mode, records.select(a.count().alias("filled"))], engine="streaming")
        n, largest, most, filled = (int(each.item() or 0) for each in counts)
        if n and n >= LEAST_SHARE * filled:
            dependency = _dependency(source, target, n, largest, most)
            found += [dependency] if dependency.holds else []
    return found
