"""Agreement of found categories with known ones, from their table of counts, with bootstrap intervals.

Every figure is a function of the contingency table alone, shape (known categories, found categories), so a resample of
the records is a multinomial draw of its cells: intervals cost the same whatever the number of records.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rlm_pipeline.taxonomy.counts import wilson_interval

Counts = NDArray[np.int64]

RESAMPLES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A figure and its 95 % interval: percentile bootstrap, of a plain share Wilson's."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How well found categories agree with known ones over `records` records.

    `ami` is adjusted mutual information (Vinh et al. 2010, arithmetic mean), `ari` the adjusted Rand index (Hubert and
    Arabie 1985), `v_measure` Rosenberg and Hirschberg 2007, `matched_accuracy` the share of records in the pairs of
    the best one-to-one matching of found to known categories.
    """

    records: int
    known_categories: int
    found_categories: int
    ami: Estimate
    ari: Estimate
    v_measure: Estimate
    matched_accuracy: Estimate


def agreement(table: Counts, *, resamples: int = RESAMPLES, seed: int = 0) -> Agreement:
    """The agreement that a contingency table (known categories, found categories) of record counts shows.

    The values are exact. In the resamples alone, the mutual information expected by chance is that of the whole table,
    scaled to the categories that the resample holds: it is 99 % of the cost of an AMI and moves the interval by less
    than its own width's hundredth.

    Raises:
        ValueError: the table counts no record.

    """
    table = _occupied(table)
    if not table.size:
        raise ValueError("an agreement needs at least one record with both a known and a found category")
    by_chance = expected_mutual_information(table)
    value = _figures(table, by_chance)
    cells, records = table.ravel(), int(table.sum())
    rng = np.random.default_rng(seed)
    drawn = np.empty((resamples, len(value)))
    for resample in range(resamples):
        counts = _occupied(rng.multinomial(records, cells / records).reshape(table.shape))
        drawn[resample] = _figures(counts, by_chance * _freedom(counts) / max(_freedom(table), 1))
    # Resampled tables show more dependence than the sample by chance; the mean of that excess is taken out again
    # (Efron and Tibshirani 1993, chapter 10), or the interval could miss the figure it is about.
    low, high = np.minimum(np.percentile(drawn, [2.5, 97.5], axis=0) + value - drawn.mean(axis=0), 1.0)
    estimates = [
        Estimate(value=figure, low=float(bottom), high=float(top))
        for figure, bottom, top in zip(value, low, high, strict=True)
    ]
    return Agreement(
        records=records,
        known_categories=table.shape[0],
        found_categories=table.shape[1],
        ami=estimates[0],
        ari=estimates[1],
        v_measure=estimates[2],
        matched_accuracy=estimates[3],
    )


def share_of(records: int, of: int) -> Estimate:
    """A share of `of` > 0 records, and its 95 % interval of Wilson 1927."""
    low, high = wilson_interval(records, of)
    return Estimate(value=records / of, low=low, high=high)


def quick_ami(table: Counts) -> float:
    """Adjusted mutual information with the large-sample mean (r - 1)(c - 1) / 2n for what chance gives; 0 if empty.

    Within 0.01 of the exact figure where there are 100 records a category; good for ranking many tables.
    """
    table = _occupied(table)
    return _figures_of_information(table, _freedom(table) / (2 * table.sum()))[0] if table.size else 0.0


def matching(table: Counts) -> list[tuple[int, int]]:
    """The one-to-one pairs (known, found) that share the most records (Hungarian method); pairs share at least one."""
    from scipy.optimize import linear_sum_assignment

    known, found = linear_sum_assignment(table, maximize=True)
    return [(row, column) for row, column in zip(known.tolist(), found.tolist(), strict=True) if table[row, column] > 0]


def expected_mutual_information(table: Counts) -> float:
    """Mutual information in nats of random categories with the sums of `table` (Vinh et al. 2010, equation 24a)."""
    from sklearn.metrics.cluster import expected_mutual_information as of_contingency

    return float(of_contingency(table, int(table.sum())))


def _figures(table: Counts, by_chance: float) -> tuple[float, float, float, float]:
    """AMI, ARI, V-measure and matched accuracy."""
    ami, v_measure = _figures_of_information(table, by_chance)
    matched = sum(int(table[pair]) for pair in matching(table)) / int(table.sum())
    return ami, adjusted_rand_index(table), v_measure, matched


def _figures_of_information(table: Counts, by_chance: float) -> tuple[float, float]:
    """AMI and V-measure. Two partitions of one category each agree perfectly."""
    if table.shape == (1, 1):
        return 1.0, 1.0
    of_known, of_found = _entropy(table.sum(axis=1)), _entropy(table.sum(axis=0))
    shared = max(of_known + of_found - _entropy(table.ravel()), 0.0)
    mean = (of_known + of_found) / 2
    room = mean - by_chance
    # Where chance alone explains everything (all categories of one record), the ratio is 0/0; sklearn guards it alike.
    tiny = float(np.finfo(np.float64).eps)
    room = min(room, -tiny) if room < 0 else max(room, tiny)
    return (shared - by_chance) / room, shared / mean


def adjusted_rand_index(table: Counts) -> float:
    """The adjusted Rand index of a table; 1 for two partitions of one category each, or of single records each."""
    pairs, together = _pairs(np.asarray([table.sum()])), _pairs(table.ravel())
    of_known, of_found = _pairs(table.sum(axis=1)), _pairs(table.sum(axis=0))
    by_chance = of_known * of_found / pairs if pairs else 0.0
    room = (of_known + of_found) / 2 - by_chance
    return (together - by_chance) / room if room else 1.0


def _occupied(table: Counts) -> Counts:
    occupied: Counts = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    return occupied


def _freedom(table: Counts) -> int:
    rows, columns = table.shape
    return int((rows - 1) * (columns - 1))


def _pairs(counts: Counts) -> float:
    sizes = counts.astype(np.float64)
    return float((sizes * (sizes - 1) / 2).sum())


def _entropy(counts: Counts) -> float:
    """Entropy in nats."""
    shares = counts[counts > 0] / counts.sum()
    return float(-(shares * np.log(shares)).sum())
